//! What GDAL says while a raster is written.
//!
//! Before 3.7 GDAL closes a file that it could not flush without a word to its caller: on a full
//! disk every call returns well. Its messages are the first witness, reading back the second.

use std::cell::Cell;
use std::io::Write;
use std::path::Path;
use std::sync::Once;

use gdal::Dataset;
use gdal::errors::{CplErrType, GdalError};
use gdal::raster::GdalType;
use gdal::{DatasetOptions, GdalOpenFlags};

use crate::error::{Error, Kind, Result, While};
use crate::store::Pending;

/// Rows that are handed to GDAL, or read back, at a time.
pub(super) const ROWS: usize = 256;
/// Bytes that a disk must take to pass for one with room.
const ROOM: usize = 1 << 20;
/// How the system says that a disk, a quota or the largest file is full.
const FULL: [&str; 3] = ["No space left on device", "Disk quota exceeded", "File too large"];

thread_local! {
    /// The failure that says most of those GDAL told on this thread since [`written`] began.
    static HEARD: Cell<Option<String>> = const { Cell::new(None) };
}

/// Takes GDAL's messages for the whole process: it prints nothing, and [`written`] hears it.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| gdal::config::set_error_handler(hear));
}

fn hear(class: CplErrType, _: i32, text: &str) {
    if matches!(class, CplErrType::Failure | CplErrType::Fatal) {
        // A thread that ends has nobody left to tell.
        let _ = HEARD.try_with(|heard| {
            let first = heard.take();
            // The first failure is the cause, unless a later one names the full disk.
            let keep = first.filter(|first| is_full(first) || !is_full(text));
            heard.set(Some(keep.unwrap_or_else(|| text.to_owned())));
        });
    }
}

fn is_full(text: &str) -> bool {
    FULL.iter().any(|full| text.contains(full))
}

/// Runs `work`, which writes the raster at `path` on this thread, closes it and says whether it
/// reads back.
///
/// A failure that GDAL told anybody is one here, whatever its calls returned. On a full disk the
/// error is of [`Kind::OutOfSpace`]. The caller removes what was written.
pub(crate) fn written(
    path: &Path,
    work: impl FnOnce() -> gdal::errors::Result<bool>,
) -> Result<()> {
    listen();
    HEARD.take();
    let done = work();
    let heard = HEARD.take();
    let what = match (heard, done) {
        (None, Ok(true)) => return Ok(()),
        (Some(heard), _) => heard,
        (None, Err(e)) => e.to_string(),
        (None, Ok(false)) => "it does not read back as it was written".into(),
    };
    let text = format!("GDAL cannot write the raster: {}", what.lines().next().unwrap_or_default());
    let full = is_full(&what) || room(path).is_err_and(|e| e.is_out_of_space());
    Err(match full {
        true => Error::new(Kind::OutOfSpace, text).hint("make room on the disk and run it again"),
        false => Error::new(Kind::Io, text)
            .hint("check that the folder can be written and that the disk is well"),
    })
}

/// Whether there is room beside `path`: not every message of GDAL names the cause.
fn room(path: &Path) -> Result<()> {
    let probe = Pending::new(&path.with_extension("room"))?;
    let mut file = probe.create()?;
    let zeros = vec![0; ROOM];
    file.write_all(&zeros).and_then(|()| file.sync_all()).during(|| "looking for room")
}

/// Whether the GeoTIFF at `path` holds these bands, `width * height` values each. NaN is never the
/// same as NaN.
pub(crate) fn reads_back<T: GdalType + Copy + Default + PartialEq>(
    path: &Path,
    (width, height): (usize, usize),
    bands: &[&[T]],
) -> Result<bool, GdalError> {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_RASTER | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
        allowed_drivers: Some(&["GTiff"]),
        ..Default::default()
    };
    let dataset = Dataset::open_ex(path, options)?;
    if dataset.raster_size() != (width, height) || dataset.raster_count() != bands.len() {
        return Ok(false);
    }
    let mut read = vec![T::default(); width * ROWS.min(height)];
    for (index, values) in bands.iter().enumerate() {
        let band = dataset.rasterband(index + 1)?;
        for (i, rows) in values.chunks(width * ROWS).enumerate() {
            let (corner, size) = ((0, (i * ROWS) as isize), (width, rows.len() / width));
            let read = &mut read[..rows.len()];
            band.read_into_slice(corner, size, size, read, None)?;
            if read != rows {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(messages: &[&str]) -> Error {
        let dir = tempfile::tempdir().unwrap();
        written(&dir.path().join("a.tif"), || {
            messages.iter().for_each(|text| hear(CplErrType::Failure, 1, text));
            Ok(true)
        })
        .unwrap_err()
    }

    #[test]
    fn a_failure_that_no_call_returned_is_one() {
        assert_eq!(failing(&["I/O error"]).kind(), Kind::Io);
        assert_eq!(failing(&["I/O error", "writing: No space left on device"]).exit_code(), 4);
        let error = failing(&["writing: File too large", "I/O error"]);
        assert_eq!(error.exit_code(), 4);
        assert!(error.to_string().contains("File too large"), "{error}");
    }

    #[test]
    fn an_older_failure_and_a_warning_are_not_ours() {
        let dir = tempfile::tempdir().unwrap();
        hear(CplErrType::Failure, 1, "No space left on device");
        let path = dir.path().join("a.tif");
        written(&path, || {
            hear(CplErrType::Warning, 1, "No space left on device");
            Ok(true)
        })
        .unwrap();
        assert_eq!(written(&path, || Ok(false)).unwrap_err().kind(), Kind::Io);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "the probe is removed");
    }
}
