//! Opening libtorch's CUDA half at run time.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::sync::OnceLock;

/// Loads `libtorch_cuda.so` once, before the first question about GPUs; the loader's text if it
/// cannot.
///
/// The program does not link it, so that it starts where the GPU's libraries are absent. libtorch
/// asks for its CUDA hooks once and remembers the answer: whoever asks first without this call
/// stays on the CPU.
pub(super) fn load() -> Result<(), String> {
    static LOADED: OnceLock<Result<(), String>> = OnceLock::new();
    LOADED.get_or_init(open).clone()
}

fn open() -> Result<(), String> {
    let name = c"libtorch_cuda.so";
    // SAFETY: `name` is a constant NUL-terminated string. Loading runs the library's initialisers,
    // which only register kernels with the libtorch that is already in the process. The handle is
    // never closed.
    let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
    if !handle.is_null() {
        return Ok(());
    }
    // SAFETY: `dlerror` returns NULL or a NUL-terminated string that lives until this thread's next
    // call of the loader; it is copied at once.
    let text = unsafe {
        let text = libc::dlerror();
        if text.is_null() {
            return Err("the loader gives no reason".to_owned());
        }
        CStr::from_ptr(text).to_string_lossy().into_owned()
    };
    Err(text)
}
