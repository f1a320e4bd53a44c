//! Reference cases from outside the repository, for tests.

use std::io::Write;
use std::path::{Path, PathBuf};

/// A file or folder of the reference data below `data/` of `ECLAIRCIE_SHARED`, or of `../shared`
/// beside the repository.
///
/// Where it is not there, says so past what captures the output of tests; where the variable names a
/// folder without it, the test fails.
pub(crate) fn reference(test: &str, path: &str) -> Option<PathBuf> {
    let named = std::env::var_os("ECLAIRCIE_SHARED").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let found = named.clone().unwrap_or_else(beside).join("data").join(path);
    if found.exists() {
        return Some(found);
    }
    let found = found.display();
    assert!(named.is_none(), "{test}: ECLAIRCIE_SHARED has no {found}");
    let _ = writeln!(
        std::io::stderr(),
        "NOT TESTED: {test}: {found} is not there; ECLAIRCIE_SHARED may name the folder of data/"
    );
    None
}
