//! A way to the GPU beside the stream that computes.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_uint, c_void};
use std::mem::transmute;
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};

use tch::{Device, Tensor};

use super::cuda;
use crate::error::{Error, Result};

type Address = *mut c_void;
type Make = unsafe extern "C" fn(*mut *mut c_void, c_uint) -> c_int;
type Record = unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int;
type Take = unsafe extern "C" fn(*mut c_void) -> c_int;
type Ask = unsafe extern "C" fn(i32, *mut *mut c_void) -> i32;
type Enter = unsafe extern "C" fn(*mut c_void, i32, *mut *mut c_void) -> i32;

/// What a lane calls: the CUDA runtime and libtorch's stable interface, both in C. All answer 0 when
/// they did their work.
#[derive(Clone, Copy)]
struct Calls {
    /// `cudaStreamCreateWithFlags(stream, flags)`, on the device that is current.
    new_stream: Make,
    /// `cudaEventCreateWithFlags(event, flags)`, on the device that is current.
    new_event: Make,
    /// `cudaEventRecord(event, stream)`
    record: Record,
    /// `cudaEventSynchronize(event)`; an event that was never recorded is over.
    wait: Take,
    /// `aoti_torch_get_current_cuda_stream(device, stream)`
    current: Ask,
    /// `aoti_torch_create_cuda_guard(device, guard)`
    on_device: Ask,
    /// `aoti_torch_delete_cuda_guard(guard)`
    off_device: Take,
    /// `aoti_torch_create_cuda_stream_guard(stream, device, guard)`
    on_stream: Enter,
    /// `aoti_torch_delete_cuda_stream_guard(guard)`
    off_stream: Take,
}

/// A stream does not wait for the default one (`cudaStreamNonBlocking`).
const APART: c_uint = 1;
/// An event keeps no time (`cudaEventDisableTiming`).
const NO_TIME: c_uint = 2;
/// Who waits for an event sleeps meanwhile (`cudaEventBlockingSync`).
const ASLEEP: c_uint = 1;

impl Calls {
    fn find() -> std::result::Result<Self, String> {
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

/// Copies to a GPU on a stream of their own, from pinned memory, while the default stream computes.
///
/// The caching allocator gives memory back to the stream that it was taken on, without asking whether another stream still reads
/// it. So only stored integers are carried here, they are read by the thread that carries, and that says so
/// ([`Lane::read`]): the next copies wait until those reads are over.
pub struct Lane {
    calls: Calls,
    device: Device,
    index: i32,
    stream: *mut c_void,
    last_read: *mut c_void,
}

// SAFETY: streams and events of CUDA may be used from any thread; a lane is used by one at a time.
unsafe impl Send for Lane {}

/// Streams and events, by GPU, that no lane uses now. The allocator keeps memory for a stream, which a
/// stream that is gone would take with it; so the next lane takes over what the last one leaves.
static FREE: Mutex<Vec<(i32, usize, usize)>> = Mutex::new(Vec::new());

fn taken(index: i32) -> Option<(*mut c_void, *mut c_void)> {
    let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    let at = free.iter().position(|one| one.0 == index)?;
    let (_, stream, event) = free.swap_remove(at);
    Some((stream as *mut c_void, event as *mut c_void))
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        free.push((self.index, self.stream as usize, self.last_read as usize));
    }
}

/// Takes a guard back, also when work failed.
struct Guard {
    handle: *mut c_void,
    off: Take,
}

impl Guard {
    fn device(calls: &Calls, index: i32) -> Result<Self> {
        let mut handle = null_mut();
        // SAFETY: the pointer is to a local, which the call fills where it answers 0.
        done("make a GPU current", unsafe { (calls.on_device)(index, &mut handle) })?;
        Ok(Self { handle, off: calls.off_device })
    }

    fn stream(calls: &Calls, stream: *mut c_void, index: i32) -> Result<Self> {
        let mut handle = null_mut();
        // SAFETY: as above; the stream is one of the GPU `index` that lives on.
        done("make a stream current", unsafe { (calls.on_stream)(stream, index, &mut handle) })?;
        Ok(Self { handle, off: calls.off_stream })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: `handle` came from the function that `off` belongs to, and is given back once. Both run on one thread:
        // a guard does not leave the function that made it.
        unsafe { (self.off)(self.handle) };
    }
}

impl Lane {
    /// A lane to this device. `None` for the CPU, which is where everything lies, and where the
    /// libraries lack what a lane calls: plain copies work there.
    pub fn open(device: Device) -> Result<Option<Self>> {
        let Device::Cuda(index) = device else { return Ok(None) };
        match Calls::find() {
            Ok(calls) => Self::with(calls, device, index).map(Some),
            Err(_) => Ok(None),
        }
    }

    fn with(calls: Calls, device: Device, index: usize) -> Result<Self> {
        let index = i32::try_from(index)
            .map_err(|_| Error::invalid(format!("there is no GPU number {index}")))?;
        if let Some((stream, last_read)) = taken(index) {
            return Ok(Self { calls, device, index, stream, last_read });
        }
        let (mut stream, mut last_read) = (null_mut(), null_mut());
        let _guard = Guard::device(&calls, index)?;
        // SAFETY: every pointer is to a local of the type that the call writes.
        unsafe {
            done("make a stream", (calls.new_stream)(&mut stream, APART))?;
            done("make an event", (calls.new_event)(&mut last_read, NO_TIME | ASLEEP))?;
        }
        Ok(Self { calls, device, index, stream, last_read })
    }

    /// Waits until what was carried before has been read. To be called before the first
    /// [`Lane::carry`] of a batch.
    pub fn ready(&self) -> Result<()> {
        // SAFETY: the event is that of `with`.
        done("wait for the last batch", unsafe { (self.calls.wait)(self.last_read) })
    }

    /// A copy on the GPU, whole when this returns. Work of the default stream goes on meanwhile.
    pub fn carry(&self, stored: &Tensor) -> Result<Tensor> {
        let pinned = match self.device.is_cuda() {
            // Without a look whether it is pinned already, of which libtorch warns at every call.
            true => stored.f_internal_pin_memory(self.device)?,
            false => stored.shallow_clone(),
        };
        let _guard = Guard::stream(&self.calls, self.stream, self.index)?;
        // Allocated and copied on this stream, for which alone it waits.
        Ok(pinned.f_to_device(self.device)?)
    }

    /// Says that all reads of what was carried have been asked for, by this thread, on the stream
    /// that is current.
    pub fn read(&self) -> Result<()> {
        let mut stream = null_mut();
        // The default stream is a null pointer, and that of the GPU which is current.
        let _guard = Guard::device(&self.calls, self.index)?;
        // SAFETY: the pointer is to a local; the event is that of `with`, the stream one that libtorch names.
        unsafe {
            done("find the stream", (self.calls.current)(self.index, &mut stream))?;
            done("mark the stream", (self.calls.record)(self.last_read, stream))
        }
    }
}

fn done(what: &str, code: i32) -> Result<()> {
    match code {
        0 => Ok(()),
        _ => Err(Error::internal(format!("CUDA could not {what} (error {code})"))
            .hint("see whether the GPU is free with nvidia-smi, or use --device cpu")),
    }
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
