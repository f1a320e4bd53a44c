//! The only way to create a file: write aside, sync, rename, sync the directory.
#![allow(clippy::disallowed_methods)]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, While};

/// Publishes `bytes` at `path`: the name shows the old bytes or the new ones, never a part.
pub fn publish(path: &Path, bytes: &[u8]) -> Result<()> {
    let pending = Pending::new(path)?;
    let mut file = pending.create()?;
    file.write_all(bytes).during(|| format!("writing {}", path.display()))?;
    drop(file);
    pending.commit()
}

/// Whether a file could be published at `path`: to be asked before hours of work, not after.
pub fn probe(path: &Path) -> Result<()> {
    let pending = Pending::new(path)?;
    pending.create().map(drop)
}

/// A file being written beside its public name. Dropped before [`Pending::commit`], it leaves
/// nothing.
#[derive(Debug)]
pub struct Pending {
    aside: PathBuf,
    public: PathBuf,
    done: bool,
}

impl Pending {
    /// Makes the parent folder and chooses the name aside, in the same folder so that a rename is
    /// atomic. The extension is kept: writers such as GDAL choose their format by it.
    pub fn new(path: &Path) -> Result<Self> {
        let aside = aside(path)?;
        Ok(Self { aside, public: path.to_owned(), done: false })
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.aside
    }

    /// Opens the file aside, empty, for those who write it themselves.
    pub fn create(&self) -> Result<File> {
        File::create(&self.aside).during(|| format!("writing {}", self.public.display()))
    }

    /// Syncs, renames to the public name, syncs the directory.
    pub fn commit(mut self) -> Result<()> {
        let doing = || format!("publishing {}", self.public.display());
        File::open(&self.aside).and_then(|f| f.sync_all()).during(doing)?;
        fs::rename(&self.aside, &self.public).during(doing)?;
        self.done = true;
        sync_parent(&self.public)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.done {
            // Nothing was promised under this name; a failure to tidy up must not hide the first
            // error.
            let _ = fs::remove_file(&self.aside);
        }
    }
}

/// A folder being filled beside its public name. Dropped before [`PendingFolder::commit`], it
/// leaves nothing.
#[derive(Debug)]
pub struct PendingFolder {
    aside: PathBuf,
    public: PathBuf,
    done: bool,
}

impl PendingFolder {
    /// Makes the folder aside. A folder that already has the public name is replaced on commit.
    pub fn new(path: &Path) -> Result<Self> {
        let aside = aside(path)?;
        fs::create_dir_all(&aside).during(|| format!("creating {}", aside.display()))?;
        Ok(Self { aside, public: path.to_owned(), done: false })
    }

    /// Where to write; the files inside are published one by one or synced by their writers.
    pub fn path(&self) -> &Path {
        &self.aside
    }

    /// Gives the folder its public name. An older folder of that name is exchanged for it in one
    /// step, so that a kill
    /// leaves the one or the other, and then removed.
    pub fn commit(mut self) -> Result<()> {
        let doing = || format!("publishing {}", self.public.display());
        sync_tree(&self.aside)?;
        if !self.public.exists() {
            fs::rename(&self.aside, &self.public).during(doing)?;
            self.done = true;
            return sync_parent(&self.public);
        }
        let old = exchange(&self.aside, &self.public).during(doing)?;
        self.done = true;
        sync_parent(&self.public)?;
        fs::remove_dir_all(&old).during(|| format!("removing {}", old.display()))
    }
}

/// Swaps two folders and says where the old one is. A file system that cannot do it in one step gets two renames.
fn exchange(new: &Path, public: &Path) -> std::io::Result<PathBuf> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if renameat_with(CWD, new, CWD, public, RenameFlags::EXCHANGE).is_ok() {
            return Ok(new.to_owned());
        }
    }
    let old = new.with_extension("old");
    fs::rename(public, &old)?;
    fs::rename(new, public)?;
    Ok(old)
}

impl Drop for PendingFolder {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_dir_all(&self.aside);
        }
    }
}

/// A hidden sibling with the same extension; the process id keeps two writers apart.
fn aside(path: &Path) -> Result<PathBuf> {
    let name = path
        .file_name()
        .and_then(|n| n.to_str())
        .ok_or_else(|| Error::usage(format!("{} does not name a file", path.display())))?;
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&folder).during(|| format!("creating {}", folder.display()))?;
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let n = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    Ok(folder.join(format!(".partial-{}-{n}-{name}", std::process::id())))
}

fn sync_parent(path: &Path) -> Result<()> {
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    File::open(folder).and_then(|f| f.sync_all()).during(|| format!("syncing {}", folder.display()))
}

/// Syncs every file and folder below, so that the rename never publishes unsynced bytes.
fn sync_tree(folder: &Path) -> Result<()> {
    let doing = || format!("syncing {}", folder.display());
    for entry in fs::read_dir(folder).during(doing)? {
        let path = entry.during(doing)?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        } else {
            File::open(&path).and_then(|f| f.sync_all()).during(doing)?;
        }
    }
    File::open(folder).and_then(|f| f.sync_all()).during(doing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_abandoned_write_leaves_nothing_under_the_public_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.bin");
        let pending = Pending::new(&path).unwrap();
        fs::write(pending.path(), b"half").unwrap();
        drop(pending);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
    }

    #[test]
    fn a_published_file_is_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.txt");
        publish(&path, b"one").unwrap();
        publish(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_published_folder_replaces_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cube");
        for text in ["one", "two"] {
            let pending = PendingFolder::new(&path).unwrap();
            fs::write(pending.path().join("f"), text).unwrap();
            pending.commit().unwrap();
        }
        assert_eq!(fs::read(path.join("f")).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
