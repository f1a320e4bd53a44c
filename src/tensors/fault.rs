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
        let memory = ["out of memory", "can't allocate memory", "not enough memory"];
        if memory.iter().any(|m| text.to_lowercase().contains(m)) {
            return Self::new(Kind::OutOfMemory, format!("libtorch has no memory left: {first}"))
                .hint("ask for a smaller batch, a smaller tile or a narrower network");
        }
        Self::internal(format!("libtorch failed: {first}"))
    }
}
