//! A way to the GPU beside the stream that computes.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};

use tch::{Device, Tensor};

use super::calls::{APART, ASLEEP, Calls, Guard, NO_TIME, done};
use crate::error::{Error, Result};

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

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
