//! Patches to libtorch tensors and back; the only room that hands memory to libtorch.
//!
//! In: patches of several roles. Out: one tensor a role, `[b, c, h, w]`, normalised as the study does.

mod batch;
mod device;
mod normalise;

pub use batch::{Batch, Stack};
pub use device::pick_device;
pub use normalise::{denormalise_s2, normalise};
