//! A folder for what need not outlive the process.
//!
//! It is removed when its owner is done. A process that was killed leaves it behind; the next one
//! removes it, since nobody holds its lock any more.
#![allow(clippy::disallowed_methods)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::{Result, While};

/// What the names of these folders begin with; the number of the process and a few letters follow.
const PREFIX: &str = "eclaircie-scratch-";
/// The file whose lock the owner holds.
const LOCK: &str = "lock";
/// Times that a folder is emptied: somebody may still write into it for a moment.
const ATTEMPTS: usize = 20;

/// The folders of this process, for an end that runs no destructors.
static LIVE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A folder of this process; removed when dropped.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    _lock: File,
}

impl Scratch {
    /// Makes a folder in `parent` that this user alone can read.
    pub fn new(parent: &Path) -> Result<Self> {
        let doing = || format!("making a folder for a while in {}", parent.display());
        // It gets its name when its lock is held: nobody can take it for one that was left behind.
        let hidden = format!(".{PREFIX}{}-", std::process::id());
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let made = builder.prefix(&hidden).tempdir_in(parent).during(doing)?;
        let lock = File::create_new(made.path().join(LOCK)).during(doing)?;
        lock.lock().during(doing)?;
        let name = made.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let path = parent.join(name.trim_start_matches('.'));
        live().push(path.clone());
        fs::rename(made.path(), &path).during(doing)?;
        let _ = made.keep();
        Ok(Self { path, _lock: lock })
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the folder with all that is in it.
    pub fn remove(&self) {
        remove(&self.path);
        live().retain(|path| *path != self.path);
    }

    /// Removes the folders of this process, for those who leave without destructors.
    pub fn remove_all() {
        // Not taken off the list: a thread that still works may be making one.
        live().iter().for_each(|path| remove(path));
    }

    /// Removes the folders in `parent` whose process is gone.
    pub fn sweep(parent: &Path) {
        let Ok(entries) = fs::read_dir(parent) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let ours = name.to_str().is_some_and(is_name);
            // Not through a link that somebody laid here.
            if ours && entry.file_type().is_ok_and(|t| t.is_dir()) {
                let path = entry.path();
                let lock = File::open(path.join(LOCK));
                if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
                    remove(&path);
                }
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.remove();
    }
}

fn live() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `eclaircie-scratch-1234-aB3dE6`.
fn is_name(name: &str) -> bool {
    let parts = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(process, letters)| {
        let number = |c: char| c.is_ascii_digit();
        let letter = |c: char| c.is_ascii_alphanumeric();
        !process.is_empty() && process.chars().all(number) && letters.chars().all(letter)
    })
}

/// A failure to tidy up must not hide why the process ends, and the next one tries again.
fn remove(folder: &Path) {
    for _ in 0..ATTEMPTS {
        let Ok(entries) = fs::read_dir(folder) else { return };
        let mut left = 0;
        for entry in entries.flatten().filter(|e| e.file_name() != LOCK) {
            let path = entry.path();
            let is_folder = entry.file_type().is_ok_and(|t| t.is_dir());
            let gone = if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            left += usize::from(gone.is_err());
        }
        // The lock goes last: a folder without it is never swept.
        if left == 0 {
            let _ = fs::remove_file(folder.join(LOCK));
            if fs::remove_dir(folder).is_ok() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_folder_is_there_while_it_is_held_and_gone_with_all_that_is_in_it() {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(parent.path()).unwrap();
        fs::create_dir(scratch.path().join("deep")).unwrap();
        fs::write(scratch.path().join("deep/file"), b"x").unwrap();
        assert!(is_name(&names(parent.path())[0]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(scratch.path()).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{mode:o}");
        }
        // Its lock is held, so it is not swept.
        Scratch::sweep(parent.path());
        assert!(scratch.path().join("deep/file").exists());
        drop(scratch);
        assert_eq!(names(parent.path()), [""; 0]);
    }

    #[test]
    fn only_folders_that_were_left_behind_are_swept() {
        let parent = tempfile::tempdir().unwrap();
        let path = |name: &str| parent.path().join(name);
        let left = [
            "eclaircie-scratch-12-abcDEF",
            "eclaircie-scratch-12-nolock",
            "eclaircie-scratch-x-abcDEF",
            "eclaircie-12-abcDEF",
            "other",
        ];
        for name in left {
            fs::create_dir(path(name)).unwrap();
            fs::write(path(name).join("data"), b"x").unwrap();
            if !name.ends_with("nolock") {
                fs::write(path(name).join(LOCK), b"").unwrap();
            }
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(path("other"), path("eclaircie-scratch-13-linked")).unwrap();
        Scratch::sweep(parent.path());
        assert!(!path(left[0]).exists());
        assert!(left[1..].iter().all(|name| path(name).join("data").exists()));
    }
}
