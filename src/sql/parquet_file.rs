//! Parquet files as one table.

use std::fmt::Write;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::execution::context::SessionState;

use super::fault;
use super::parquet_table::ParquetTable;
use crate::error::{Error, Result, While};
use crate::limits;

/// A table over files of equal columns (those of the first).
pub(super) async fn table(
    state: &SessionState,
    files: &[PathBuf],
) -> Result<Arc<dyn TableProvider>> {
    let mut files = files.to_vec();
    files.sort();
    let mut urls = Vec::with_capacity(files.len());
    for file in &files {
        check(file)?;
        urls.push(url(file)?);
    }
    let first = urls.first().ok_or_else(|| Error::internal("a table of no files"))?;
    let unreadable = |e| {
        let name = files.first().map_or_else(String::new, |f| f.display().to_string());
        fault::plain(&e).context(format!("reading {name} as a table"))
    };
    let format = ParquetFormat::default().with_force_view_types(false);
    // Any ending will do: the files are named one by one.
    let options = ListingOptions::new(Arc::new(format)).with_file_extension("");
    let schema = options.infer_schema(state, first).await.map_err(unreadable)?;
    let config = ListingTableConfig::new_with_multi_paths(urls)
        .with_listing_options(options)
        .with_schema(schema);
    let listing = ListingTable::try_new(config).map_err(unreadable)?;
    Ok(Arc::new(ParquetTable::new(listing, files)))
}

/// The Parquet files of a folder.
pub(super) fn inside(folder: &Path) -> Result<Vec<PathBuf>> {
    let doing = || format!("reading {} as a table", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).during(doing)? {
        let path = entry.during(doing)?.path();
        if path.extension().is_some_and(|e| e == "parquet") {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(Error::invalid(format!("{} holds no Parquet file", folder.display()))
            .hint("give a Parquet file, or a folder of files that end in .parquet"));
    }
    Ok(files)
}

/// Looks at both ends of a file before a reader believes its footer: a short file may ask for
/// gigabytes.
fn check(file: &Path) -> Result<()> {
    let doing = || format!("reading {} as a table", file.display());
    let not = |why: &str| {
        Err(Error::invalid(format!("{} is not a Parquet file: {why}", file.display()))
            .hint("give a file that was written as Parquet"))
    };
    let mut open = File::open(file).during(doing)?;
    let about = open.metadata().during(doing)?;
    if !about.is_file() || about.len() < 12 {
        return not("it is too short or no file");
    }
    let mut tail = [0u8; 8];
    open.seek(SeekFrom::End(-8)).during(doing)?;
    open.read_exact(&mut tail).during(doing)?;
    let (size, magic) = tail.split_at(4);
    if magic != b"PAR1" {
        return not("it does not end in PAR1");
    }
    let footer = size.iter().rev().fold(0u64, |n, b| (n << 8) | u64::from(*b));
    if footer + 12 > about.len() || footer > limits::PARQUET_FOOTER_BYTES_MAX {
        return not(&format!("its footer claims {footer} bytes"));
    }
    Ok(())
}

/// A `file:` address with every unusual byte escaped, so that `*`, `?` and `[` name nothing but
/// themselves.
fn url(file: &Path) -> Result<ListingTableUrl> {
    let whole = std::path::absolute(file).during(|| format!("finding {}", file.display()))?;
    let mut text = String::from("file://");
    for byte in whole.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.=".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    ListingTableUrl::parse(&text).map_err(|e| fault::plain(&e))
}
