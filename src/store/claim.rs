//! A folder that one program writes at a time.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result, While};

/// Holds a folder until it is dropped; the system lets go of it when the program ends, however it does. Nothing is written for it.
#[derive(Debug)]
pub struct Claim {
    _held: File,
    /// The folders that were made for the claim, the innermost first.
    made: Vec<PathBuf>,
}

impl Claim {
    /// Claims a folder, which is made if need be. Refuses one that another holds. Where the file system knows no
    /// locks, nobody is kept out.
    pub fn of(folder: &Path) -> Result<Self> {
        let doing = || format!("opening {}", folder.display());
        if folder.exists() && !folder.is_dir() {
            return Err(Error::usage(format!("{} is a file, not a folder", folder.display()))
                .hint("name the folder of an archive, or one to be made"));
        }
        let made = folder.ancestors().take_while(|f| !f.as_os_str().is_empty() && !f.exists());
        let made = made.map(Path::to_owned).collect();
        fs::create_dir_all(folder).during(doing)?;
        let held = File::open(folder).during(doing)?;
        match held.try_lock() {
            Err(TryLockError::WouldBlock) => Err(Error::new(
                Kind::Io,
                format!("another program is writing {}", folder.display()),
            )
            .hint("wait until it is done, then run the same command again")),
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self { _held: held, made }),
        }
    }
}

impl Drop for Claim {
    /// Folders in which nothing came to lie go again.
    fn drop(&mut self) {
        let _ = self.made.iter().try_for_each(fs::remove_dir);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_holder_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("outer/a");
        let first = Claim::of(&folder).unwrap();
        let error = Claim::of(&folder).unwrap_err();
        assert!(error.to_string().contains("another program is writing"), "{error}");
        drop(first);
        assert!(!dir.path().join("outer").exists(), "they were made for nothing");
        let second = Claim::of(&folder).unwrap();
        fs::write(folder.join("b"), "b").unwrap();
        drop(second);
        assert!(folder.join("b").exists());
        Claim::of(&folder).unwrap();
        assert!(Claim::of(&folder.join("b")).unwrap_err().to_string().contains("not a folder"));
    }
}
