//! Bytes at rest: durable publishing, claims on folders, safe names, memory maps, protobuf's wire format.
//!
//! In: bytes and names. Out: files that are whole or absent. Promises: a file under its public name
//! is complete and synced. Refuses: names that leave their root. Cost: one rename and two syncs a
//! file.

#[cfg(feature = "gdal")]
mod claim;
mod digest;
mod map;
mod masked;
mod memory;
mod name;
mod publish;
#[cfg(test)]
mod reference;
mod scratch;
mod text;
pub(crate) mod wire;

#[cfg(feature = "gdal")]
pub use claim::Claim;
#[cfg(feature = "torch")]
pub use digest::digest;
pub(crate) use digest::hash;
pub use map::Map;
pub(crate) use masked::masked;
pub use memory::{memory_bytes, peak_bytes, resident_bytes};
pub use name::check_name;
pub use publish::{Pending, PendingFolder, probe, publish};
#[cfg(test)]
pub(crate) use reference::reference;
pub use scratch::Scratch;
pub use text::{read_json, read_text, write_json};
