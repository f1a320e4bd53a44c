//! The folders below a source, sorted, so that a run depends on names alone.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, While};
use crate::limits;

/// Names directly in a folder, sorted. Names that are not UTF-8 belong to no product and are left
/// out.
pub(super) struct Folder {
    pub path: PathBuf,
    pub files: Vec<String>,
    pub folders: Vec<String>,
}

impl Folder {
    /// Lists a folder.
    pub fn list(path: &Path) -> Result<Self> {
        let doing = || format!("listing {}", path.display());
        let mut found = Self { path: path.to_owned(), files: Vec::new(), folders: Vec::new() };
        for entry in fs::read_dir(path).during(doing)? {
            let Ok(name) = entry.during(doing)?.file_name().into_string() else { continue };
            // Links are followed: people keep views of an archive of products as folders of links.
            match fs::metadata(path.join(&name)) {
                Ok(meta) if meta.is_dir() => found.folders.push(name),
                Ok(meta) if meta.is_file() => found.files.push(name),
                _ => {}
            }
        }
        found.files.sort();
        found.folders.sort();
        Ok(found)
    }

    /// Its last name.
    pub fn name(&self) -> &str {
        self.path.file_name().and_then(|n| n.to_str()).unwrap_or_default()
    }

    /// The one file whose name ends so; an error names the product and what was looked for.
    pub fn ending(&self, end: &str) -> Result<PathBuf> {
        let found: Vec<&String> = self.files.iter().filter(|f| f.ends_with(end)).collect();
        match found[..] {
            [one] => Ok(self.path.join(one)),
            [] => Err(Error::not_found(format!("{} has no file *{end}", self.path.display()))
                .hint("complete the product (fetch it again) or take it out of the source")),
            _ => {
                let text = format!("{} has {} files *{end}", self.path.display(), found.len());
                Err(Error::invalid(text).hint("keep one processing of the product in its folder"))
            }
        }
    }
}

/// Calls `visit` for each folder, parents first; it says whether to go below. Loops of links are
/// walked once.
pub(super) fn walk(source: &Path, visit: &mut dyn FnMut(&Folder) -> Result<bool>) -> Result<()> {
    let mut seen = HashSet::new();
    descend(source, 0, &mut seen, visit)
}

fn descend(
    path: &Path,
    depth: usize,
    seen: &mut HashSet<PathBuf>,
    visit: &mut dyn FnMut(&Folder) -> Result<bool>,
) -> Result<()> {
    let real = fs::canonicalize(path).during(|| format!("listing {}", path.display()))?;
    if !seen.insert(real) {
        return Ok(());
    }
    if depth > limits::WALK_DEPTH_MAX || seen.len() > limits::WALK_FOLDERS_MAX {
        let (deep, wide) = (limits::WALK_DEPTH_MAX, limits::WALK_FOLDERS_MAX);
        let text = format!("{}: more than {deep} levels or {wide} folders", path.display());
        return Err(Error::usage(text).hint("name the folder that holds the products"));
    }
    let folder = Folder::list(path)?;
    if visit(&folder)? {
        for name in &folder.folders {
            descend(&path.join(name), depth + 1, seen, visit)?;
        }
    }
    Ok(())
}
