//! The storage behind zarrs: a folder in which a file is whole or absent.
//!
//! The file store of zarrs truncates and writes in place without a sync, so a kill leaves a short
//! chunk under its public name. Here every `set` goes through [`publish`], and a partial write is
//! refused: zarrs then reads, changes and sets the whole value.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zarrs::array::{ArrayCreateError, ArrayError, CodecError};
use zarrs::storage::byte_range::{ByteRange, ByteRangeIterator};
use zarrs::storage::{
    Bytes, ListableStorageTraits, MaybeBytes, MaybeBytesIterator, OffsetBytesIterator,
    ReadableStorageTraits, StorageError, StoreKey, StoreKeys, StoreKeysPrefixes, StorePrefix,
    WritableStorageTraits,
};

use crate::error::{Error, Result};
use crate::limits;
use crate::store::{check_name, publish};

/// A Zarr group's folder on a local disk.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// A store over `root`, which need not exist yet.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The file of a key. Refuses a key whose parts are not plain names, `..` among them.
    pub(crate) fn file(&self, key: &str) -> Result<PathBuf> {
        let mut path = self.root.clone();
        for part in key.split('/') {
            path.push(check_name(part)?);
        }
        Ok(path)
    }

    /// Publishes the value of a key.
    pub(crate) fn put(&self, key: &str, bytes: &[u8]) -> Result<()> {
        publish(&self.file(key)?, bytes)
    }

    /// Publishes the value of a key unless the file already holds these bytes.
    pub(crate) fn put_if_changed(&self, key: &str, bytes: &[u8]) -> Result<()> {
        match fs::read(self.file(key)?) {
            Ok(old) if old == bytes => Ok(()),
            _ => self.put(key, bytes),
        }
    }

    fn path(&self, key: &StoreKey) -> Result<PathBuf, StorageError> {
        self.file(key.as_str()).map_err(|e| StorageError::Other(e.to_string()))
    }

    fn prefix_path(&self, prefix: &StorePrefix) -> Result<PathBuf, StorageError> {
        match prefix.as_str().trim_end_matches('/') {
            "" => Ok(self.root.clone()),
            key => self.file(key).map_err(|e| StorageError::Other(e.to_string())),
        }
    }

    /// The children of a folder that were published: (name, is a folder), sorted.
    fn children(path: &Path) -> io::Result<Vec<(String, bool)>> {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(e),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            // A name that starts with a dot is a write that was never finished.
            if let Ok(name) = entry.file_name().into_string()
                && check_name(&name).is_ok()
            {
                found.push((name, entry.file_type()?.is_dir()));
            }
        }
        found.sort();
        Ok(found)
    }

    fn walk(path: &Path, prefix: &str, keys: &mut StoreKeys) -> Result<(), StorageError> {
        for (name, folder) in Self::children(path)? {
            let key = format!("{prefix}{name}");
            if folder {
                Self::walk(&path.join(&name), &format!("{key}/"), keys)?;
            } else {
                keys.push(StoreKey::new(key)?);
            }
        }
        Ok(())
    }
}

impl ReadableStorageTraits for Folder {
    fn get(&self, key: &StoreKey) -> Result<MaybeBytes, StorageError> {
        match self.size_key(key)? {
            None => Ok(None),
            Some(size) if size > limits::VALUE_BYTES_MAX => {
                Err(StorageError::Other(format!("{key} holds {size} bytes: it is not ours")))
            }
            Some(_) => Ok(Some(fs::read(self.path(key)?)?.into())),
        }
    }

    fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        byte_ranges: ByteRangeIterator<'a>,
    ) -> Result<MaybeBytesIterator<'a>, StorageError> {
        let Some(bytes) = self.get(key)? else { return Ok(None) };
        Ok(Some(Box::new(byte_ranges.map(move |range: ByteRange| {
            let size = bytes.len() as u64;
            if range.end(size) > size || range.start(size) > range.end(size) {
                return Err(StorageError::Other(format!("{range} is outside {size} bytes")));
            }
            Ok(bytes.slice(range.to_range_usize(size)))
        }))))
    }

    fn size_key(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        match fs::metadata(self.path(key)?) {
            Ok(about) => Ok(Some(about.len())),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn supports_get_partial(&self) -> bool {
        false
    }
}

impl WritableStorageTraits for Folder {
    fn set(&self, key: &StoreKey, value: Bytes) -> Result<(), StorageError> {
        self.put(key.as_str(), &value).map_err(to_storage)
    }

    fn set_partial_many(
        &self,
        key: &StoreKey,
        _offset_values: OffsetBytesIterator,
    ) -> Result<(), StorageError> {
        Err(StorageError::Unsupported(format!("{key} cannot be written in place")))
    }

    fn erase(&self, key: &StoreKey) -> Result<(), StorageError> {
        match fs::remove_file(self.path(key)?) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(e.into()),
            _ => Ok(()),
        }
    }

    fn erase_prefix(&self, prefix: &StorePrefix) -> Result<(), StorageError> {
        let mut keys = Vec::new();
        Self::walk(&self.prefix_path(prefix)?, prefix.as_str(), &mut keys)?;
        keys.iter().try_for_each(|key| self.erase(key))
    }

    fn supports_set_partial(&self) -> bool {
        false
    }
}

impl ListableStorageTraits for Folder {
    fn list(&self) -> Result<StoreKeys, StorageError> {
        self.list_prefix(&StorePrefix::root())
    }

    fn list_prefix(&self, prefix: &StorePrefix) -> Result<StoreKeys, StorageError> {
        let mut keys = Vec::new();
        Self::walk(&self.prefix_path(prefix)?, prefix.as_str(), &mut keys)?;
        Ok(keys)
    }

    fn list_dir(&self, prefix: &StorePrefix) -> Result<StoreKeysPrefixes, StorageError> {
        let (mut keys, mut prefixes) = (Vec::new(), Vec::new());
        for (name, folder) in Self::children(&self.prefix_path(prefix)?)? {
            let path = format!("{}{name}", prefix.as_str());
            match folder {
                true => prefixes.push(StorePrefix::new(format!("{path}/"))?),
                false => keys.push(StoreKey::new(path)?),
            }
        }
        Ok(StoreKeysPrefixes::new(keys, prefixes))
    }

    fn size_prefix(&self, prefix: &StorePrefix) -> Result<u64, StorageError> {
        self.list_prefix(prefix)?
            .iter()
            .try_fold(0, |sum, key| Ok(sum + self.size_key(key)?.unwrap_or(0)))
    }
}

/// Keeps the kind of an operating system's error, so that a full disk stays one.
fn to_storage(error: Error) -> StorageError {
    let cause = std::error::Error::source(&error).and_then(|s| s.downcast_ref::<io::Error>());
    let kind = match error.is_out_of_space() {
        true => Some(ErrorKind::StorageFull),
        false => cause.map(io::Error::kind),
    };
    match kind {
        Some(kind) => StorageError::IOError(Arc::new(io::Error::new(kind, error.to_string()))),
        None => StorageError::Other(error.to_string()),
    }
}

/// The other way round: an error of zarrs becomes ours.
pub(crate) fn from_zarrs(
    doing: impl Into<String>,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    match io_cause(&error) {
        Some(io) => Error::io(doing, io::Error::new(io.kind(), io.to_string())),
        None => Error::corrupt(doing).with_source(error),
    }
}

/// The operating system's error inside one of zarrs. Its errors are transparent: each forwards
/// `source` to what it wraps and so leaves that out of the chain, hence a look into every kind.
fn io_cause<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a io::Error> {
    let inner: &dyn std::error::Error = if let Some(e) = error.downcast_ref::<ArrayError>() {
        match e {
            ArrayError::StorageError(e) => e,
            ArrayError::CodecError(e) => e,
            _ => return None,
        }
    } else if let Some(e) = error.downcast_ref::<ArrayCreateError>() {
        match e {
            ArrayCreateError::StorageError(e) => e,
            _ => return None,
        }
    } else if let Some(e) = error.downcast_ref::<CodecError>() {
        match e {
            CodecError::StorageError(e) => e,
            CodecError::IOError(e) => return Some(e),
            _ => return None,
        }
    } else {
        return match error.downcast_ref::<StorageError>()? {
            StorageError::IOError(e) => Some(e),
            _ => None,
        };
    };
    io_cause(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> StorageError {
        io::Error::from(ErrorKind::StorageFull).into()
    }

    #[test]
    fn a_full_disk_stays_one_through_every_error_of_zarrs() {
        let codec = || CodecError::StorageError(full());
        assert_eq!(from_zarrs("a", full()).exit_code(), 4);
        assert_eq!(from_zarrs("a", codec()).exit_code(), 4);
        assert_eq!(from_zarrs("a", ArrayError::StorageError(full())).exit_code(), 4);
        assert_eq!(from_zarrs("a", ArrayError::CodecError(codec())).exit_code(), 4);
        assert_eq!(from_zarrs("a", ArrayCreateError::StorageError(full())).exit_code(), 4);
    }

    #[test]
    fn a_full_disk_stays_one_on_the_way_to_zarrs_and_back() {
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge] {
            let ours = Error::io("publishing a chunk", kind.into()).context("writing a cube");
            let back = from_zarrs("a", ArrayError::StorageError(to_storage(ours)));
            assert!(back.is_out_of_space(), "{back:?}");
            assert!(back.to_string().contains("publishing a chunk"), "{back}");
        }
    }

    #[test]
    fn damage_stays_damage() {
        let error = ArrayError::CodecError(CodecError::InvalidChecksum);
        assert!(from_zarrs("a", error).is_corrupt());
    }
}
