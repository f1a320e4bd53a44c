//! What libtorch says when it fails.

use tch::TchError;

use crate::error::{Error, Kind};

impl From<TchError> for Error {
    /// Memory becomes [`Kind::OutOfMemory`]; the rest is a fault of ours, since sizes are checked
    /// before.
    fn from(fault: TchError) -> Self {
        let text = fault.to_string();
        // libtorch adds a C++ stack below its first line.
        let first = text.lines().next().unwrap_or_default().to_owned();
        // cuDNN, which finds no engine where none has room to work in, and cuBLAS say it in words of their own.
        let memory = [
            "out of memory",
            "can't allocate memory",
            "not enough memory",
            "status_alloc_failed",
            "unable to find an engine",
        ];
        if memory.iter().any(|m| text.to_lowercase().contains(m)) {
            return Self::new(Kind::OutOfMemory, format!("libtorch has no memory left: {first}"))
                .hint("ask for a smaller batch, a smaller tile or a narrower network");
        }
        Self::internal(format!("libtorch failed: {first}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_gpu_is_no_fault_of_ours() {
        let said =
            "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has\nException raised from";
        let error = Error::from(TchError::Torch(said.into())).context("going backward");
        assert_eq!(error.kind(), Kind::OutOfMemory);
        assert!(error.to_string().contains("Tried to allocate 2.00 GiB"), "{error}");
        assert!(!error.to_string().contains("Exception"), "{error}");
        assert!(error.next_step().is_some_and(|hint| hint.contains("smaller batch")));
        let engine = "FIND was unable to find an engine to execute this computation";
        assert_eq!(Error::from(TchError::Torch(engine.into())).kind(), Kind::OutOfMemory);
        assert_eq!(Error::from(TchError::Shape("2".into())).kind(), Kind::Internal);
    }
}
