//! What copies on a stream of their own call: the CUDA runtime and libtorch's stable interface, both
//! in C.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_uint, c_void};
use std::mem::transmute;
use std::ptr::null_mut;

use super::cuda;
use crate::error::{Error, Result};

type Address = *mut c_void;
type Make = unsafe extern "C" fn(*mut *mut c_void, c_uint) -> c_int;
type Record = unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int;
type Take = unsafe extern "C" fn(*mut c_void) -> c_int;
type Ask = unsafe extern "C" fn(i32, *mut *mut c_void) -> i32;
type Enter = unsafe extern "C" fn(*mut c_void, i32, *mut *mut c_void) -> i32;

/// The calls. All answer 0 when they did their work.
#[derive(Clone, Copy)]
pub(super) struct Calls {
    /// `cudaStreamCreateWithFlags(stream, flags)`, on the device that is current.
    pub(super) new_stream: Make,
    /// `cudaEventCreateWithFlags(event, flags)`, on the device that is current.
    pub(super) new_event: Make,
    /// `cudaEventRecord(event, stream)`
    pub(super) record: Record,
    /// `cudaEventSynchronize(event)`; an event that was never recorded is over.
    pub(super) wait: Take,
    /// `aoti_torch_get_current_cuda_stream(device, stream)`
    pub(super) current: Ask,
    /// `aoti_torch_create_cuda_guard(device, guard)`
    pub(super) on_device: Ask,
    /// `aoti_torch_delete_cuda_guard(guard)`
    pub(super) off_device: Take,
    /// `aoti_torch_create_cuda_stream_guard(stream, device, guard)`
    pub(super) on_stream: Enter,
    /// `aoti_torch_delete_cuda_stream_guard(guard)`
    pub(super) off_stream: Take,
}

/// A stream does not wait for the default one (`cudaStreamNonBlocking`).
pub(super) const APART: c_uint = 1;
/// An event keeps no time (`cudaEventDisableTiming`).
pub(super) const NO_TIME: c_uint = 2;
/// Who waits for an event sleeps meanwhile (`cudaEventBlockingSync`).
pub(super) const ASLEEP: c_uint = 1;

impl Calls {
    /// The loader's text if one is not there.
    pub(super) fn find() -> std::result::Result<Self, String> {
        cuda::load()?;
        // SAFETY: each symbol is a C function of the type that its field has, as the headers of CUDA 12 and 13
        // (cuda_runtime_api.h) and of libtorch (aoti_torch/c/shim.h) declare them; `symbol` never gives a null pointer.
        unsafe {
            Ok(Self {
                new_stream: transmute::<Address, Make>(cuda::symbol(c"cudaStreamCreateWithFlags")?),
                new_event: transmute::<Address, Make>(cuda::symbol(c"cudaEventCreateWithFlags")?),
                record: transmute::<Address, Record>(cuda::symbol(c"cudaEventRecord")?),
                wait: transmute::<Address, Take>(cuda::symbol(c"cudaEventSynchronize")?),
                current: transmute::<Address, Ask>(cuda::symbol(
                    c"aoti_torch_get_current_cuda_stream",
                )?),
                on_device: transmute::<Address, Ask>(cuda::symbol(
                    c"aoti_torch_create_cuda_guard",
                )?),
                off_device: transmute::<Address, Take>(cuda::symbol(
                    c"aoti_torch_delete_cuda_guard",
                )?),
                on_stream: transmute::<Address, Enter>(cuda::symbol(
                    c"aoti_torch_create_cuda_stream_guard",
                )?),
                off_stream: transmute::<Address, Take>(cuda::symbol(
                    c"aoti_torch_delete_cuda_stream_guard",
                )?),
            })
        }
    }
}

/// Takes a guard back, also when work failed.
pub(super) struct Guard {
    handle: *mut c_void,
    off: Take,
}

impl Guard {
    /// Makes a GPU current.
    pub(super) fn device(calls: &Calls, index: i32) -> Result<Self> {
        let mut handle = null_mut();
        // SAFETY: the pointer is to a local, which the call fills where it answers 0.
        done("make a GPU current", unsafe { (calls.on_device)(index, &mut handle) })?;
        Ok(Self { handle, off: calls.off_device })
    }

    /// Makes a stream and its GPU current.
    pub(super) fn stream(calls: &Calls, stream: *mut c_void, index: i32) -> Result<Self> {
        let mut handle = null_mut();
        // SAFETY: as above; `Lane`, the only caller, gives the stream that it made on the GPU `index`, which is never destroyed.
        done("make a stream current", unsafe { (calls.on_stream)(stream, index, &mut handle) })?;
        Ok(Self { handle, off: calls.off_stream })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: `handle` came from the function that `off` belongs to, and is given back once. Both run on one thread:
        // a guard holds a raw pointer, so it is not `Send`.
        unsafe { (self.off)(self.handle) };
    }
}

/// An error where a call did not do its work.
pub(super) fn done(what: &str, code: i32) -> Result<()> {
    match code {
        0 => Ok(()),
        _ => Err(Error::internal(format!("CUDA could not {what} (error {code})"))
            .hint("see whether the GPU is free with nvidia-smi, or use --device cpu")),
    }
}
