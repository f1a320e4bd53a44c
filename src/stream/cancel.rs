//! The word to stop.

use super::sync::{Arc, AtomicBool, Ordering};
use crate::error::{Error, Kind, Result};

/// A shared flag; clone it freely.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks everything that holds this flag to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether a stop was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// An error if a stop was asked for.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() {
            return Err(Error::new(Kind::Cancelled, "stopped at your request"));
        }
        Ok(())
    }
}
