//! Patches to libtorch tensors and back; the only room that hands memory to libtorch.
//!
//! In: patches and blocks of one layer, in their stored integers. Out: one tensor a role, `[b, c,
//! h, w]`, normalised on its device as the study does. Promises: a batch is one contiguous copy;
//! uint16, which tch lacks, travels as its bits in int16; a program without a GPU never opens the
//! GPU's libraries. Refuses: patches of another layer or size than the stack's, outputs that are
//! not numbers.

mod batch;
mod block;
mod calls;
mod cuda;
mod device;
mod fault;
mod heap;
mod lane;
mod normalise;
#[cfg(test)]
mod reference;
mod role;

pub use batch::{Batch, Stack};
pub use block::from_block;
pub use device::{limit_threads, pick_device, search_kernels};
pub use heap::keep_heap;
pub use lane::Lane;
pub use normalise::{denormalise_s2, normalise, scale};
#[cfg(test)]
pub(crate) use reference::read_tensors;
pub use role::role_layer;
