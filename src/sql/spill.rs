//! Where a query writes aside what it cannot hold.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use datafusion::common::{Result, exec_err};
use datafusion::error::DataFusionError;
use datafusion::execution::disk_manager::{DiskManager, DiskManagerMode};
use datafusion::execution::spill_file::{SpillFile, TempFileFactory};

use crate::limits;
use crate::store::Scratch;

/// A folder that is made when a query first writes, and removed when the session ends, whatever
/// queries that were stopped still hold of it.
pub(super) struct Spill {
    parent: PathBuf,
    state: Mutex<State>,
}

enum State {
    Unused,
    Open { folder: Scratch, files: Arc<DiskManager> },
    Closed,
}

/// In `parent`, or in the system's folder for temporary files; what killed processes left there is
/// removed first, once for each folder.
pub(super) fn among(parent: Option<&Path>) -> Arc<Spill> {
    static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let parent = parent.map_or_else(std::env::temp_dir, Path::to_owned);
    if SWEPT.lock().is_ok_and(|mut swept| swept.insert(parent.clone())) {
        Scratch::sweep(&parent);
    }
    Arc::new(Spill { parent, state: Mutex::new(State::Unused) })
}

impl Spill {
    /// Removes the folder; nothing can be written after this.
    pub fn close(&self) {
        if let Ok(mut state) = self.state.lock()
            && let State::Open { folder, .. } = std::mem::replace(&mut *state, State::Closed)
        {
            folder.remove();
        }
    }

    fn files(&self) -> Result<Arc<DiskManager>> {
        let Ok(mut state) = self.state.lock() else {
            return exec_err!("a query failed while it made its folder");
        };
        match &*state {
            State::Open { files, .. } => Ok(Arc::clone(files)),
            State::Closed => exec_err!("the session has ended"),
            State::Unused => {
                let outside = |e| DataFusionError::External(Box::new(e));
                let folder = Scratch::new(&self.parent).map_err(outside)?;
                let files = DiskManager::builder()
                    .with_mode(DiskManagerMode::Directories(vec![folder.path().to_owned()]))
                    .with_max_temp_directory_size(limits::SQL_SPILL_BYTES_MAX)
                    .build()?;
                let files = Arc::new(files);
                *state = State::Open { folder, files: Arc::clone(&files) };
                Ok(files)
            }
        }
    }
}

impl TempFileFactory for Spill {
    fn create_temp_file(&self, description: &str) -> Result<Arc<dyn SpillFile>> {
        self.files()?.create_tmp_file(description)
    }
}
