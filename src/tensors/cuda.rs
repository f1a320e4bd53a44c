//! Opening libtorch's CUDA half at run time.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_void};
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

/// A function of the libraries that [`load`] opened, or of those that they opened; the loader's text
/// if there is none. Never null.
pub(super) fn symbol(name: &CStr) -> Result<*mut c_void, String> {
    // SAFETY: `name` is NUL-terminated; the libraries are never closed, so the address stays valid.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    match found.is_null() {
        true => Err(reason()),
        false => Ok(found),
    }
}

fn open() -> Result<(), String> {
    let name = c"libtorch_cuda.so";
    // SAFETY: `name` is a constant NUL-terminated string. Loading runs the library's initialisers,
    // which only register kernels with the libtorch that is already in the process. The handle is
    // never closed.
    let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
    match handle.is_null() {
        true => Err(reason()),
        false => Ok(()),
    }
}

/// Why the loader's last call failed.
fn reason() -> String {
    // SAFETY: `dlerror` returns NULL or a NUL-terminated string that lives until this thread's next
    // call of the loader; it is copied at once.
    unsafe {
        let text = libc::dlerror();
        if text.is_null() {
            return "the loader gives no reason".to_owned();
        }
        CStr::from_ptr(text).to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_is_found_or_missed_by_name() {
        assert!(symbol(c"dlsym").is_ok());
        let text = symbol(c"no_such_function_of_cuda").unwrap_err();
        assert!(text.contains("no_such_function_of_cuda"), "{text}");
    }
}
