//! The door to GDAL's reader: one GeoTIFF on local disk, opened read-only and never trusted.
//!
//! A damaged raster is an error that names the file, never zeros: GDAL reads an absent block as
//! no-data and some short files without complaint, so every block under a window is looked up
//! first.

use std::path::{Path, PathBuf};
use std::sync::Once;

use gdal::raster::{GdalDataType, GdalType};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags, Metadata};

use crate::error::{Error, Kind, Result, While};
use crate::geo::{Grid, Window};
use crate::limits;

/// A pixel type that can be asked for.
pub(super) trait Number: GdalType + Copy + Default {}
impl Number for u8 {}
impl Number for i16 {}
impl Number for i32 {}
impl Number for f32 {}
impl Number for f64 {}

/// An open raster.
pub(super) struct Raster {
    dataset: Dataset,
    path: PathBuf,
    bytes: u64,
    grid: Grid,
}

impl Raster {
    /// Opens a GeoTIFF. Refuses names that are no file, other formats (a VRT named `.tif`), sizes
    /// beyond the limits, rotated or non-UTM grids.
    pub fn open(path: &Path) -> Result<Self> {
        set_up();
        let (name, bytes) = real_file(path)?;
        let options = DatasetOptions {
            open_flags: GdalOpenFlags::GDAL_OF_RASTER | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
            allowed_drivers: Some(&["GTiff"]),
            open_options: Some(&["GEOREF_SOURCES=INTERNAL"]),
            sibling_files: Some(&[]),
        };
        let dataset = Dataset::open_ex(&name, options).map_err(|e| {
            Error::invalid(format!("{} is not a readable GeoTIFF", path.display()))
                .with_source(e)
                .hint("fetch or copy the file again")
        })?;
        check_size(&dataset, path)?;
        let grid = grid_of(&dataset).during(|| format!("opening {}", path.display()))?;
        let raster = Self { dataset, path: path.to_owned(), bytes, grid };
        raster.check_blocks()?;
        Ok(raster)
    }

    /// Where it came from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its own grid.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Number of raster bands.
    pub fn bands(&self) -> usize {
        self.dataset.raster_count()
    }

    /// GDAL's name of the pixel type, as `Int16`.
    pub fn type_name(&self) -> String {
        let band = self.dataset.rasterband(1).map(|b| b.band_type());
        band.unwrap_or(GdalDataType::Unknown).name()
    }

    /// Refuses another pixel type than those named.
    pub fn expect_type(&self, names: &[&str]) -> Result<()> {
        let name = self.type_name();
        if names.contains(&name.as_str()) {
            return Ok(());
        }
        let text =
            format!("{} holds {name} pixels, not {}", self.path.display(), names.join(" or "));
        Err(Error::invalid(text)
            .hint("this band is stored in another way than its product's format says"))
    }

    /// Refuses a raster that does not cover the ground of `grid` with pixels of one of `steps`
    /// metres.
    pub fn expect_ground(&self, grid: &Grid, steps: &[f64]) -> Result<()> {
        let close = |s: &f64| (self.grid.step - s).abs() < 1e-6;
        if self.grid.same_ground(grid) && steps.iter().any(close) {
            return Ok(());
        }
        let path = self.path.display();
        let steps = steps.iter().map(f64::to_string).collect::<Vec<_>>().join(" or ");
        Err(Error::invalid(format!(
            "{path} lies on {}, but the other bands need {steps} m pixels over {grid}",
            self.grid
        )))
    }

    /// The no-data value of a band (from 1), if the file tells one.
    pub fn nodata(&self, band: usize) -> Option<f64> {
        self.dataset.rasterband(band).ok()?.no_data_value()
    }

    /// A tag of the file, as `scale_factor`.
    pub fn tag(&self, key: &str) -> Option<String> {
        self.dataset.metadata_item(key, "")
    }

    /// Reads a window of a band (from 1), row-major. Any missing or damaged block under it is an
    /// error.
    pub fn read<T: Number>(&self, band: usize, window: Window) -> Result<Vec<T>> {
        let (width, height) = (self.grid.width, self.grid.height);
        if !window.fits(height, width) || window.is_empty() {
            let text = format!("{window:?} is not inside {} x {height}", width);
            return Err(Error::internal(text).context(format!("reading {}", self.path.display())));
        }
        self.check_present(band, window)?;
        let damaged = |e: gdal::errors::GdalError| {
            let text = format!("cannot read band {band} of {}", self.path.display());
            Error::invalid(text).with_source(e).hint("the file is damaged: fetch or copy it again")
        };
        let raster = self.dataset.rasterband(band).map_err(damaged)?;
        let mut values = vec![T::default(); window.len()];
        let size = (window.width, window.height);
        let corner = (window.col as isize, window.row as isize);
        raster.read_into_slice(corner, size, size, &mut values, None).map_err(damaged)?;
        Ok(values)
    }

    /// Refuses blocks that would need a giant buffer to decode.
    fn check_blocks(&self) -> Result<()> {
        let failed = |e: gdal::errors::GdalError| {
            Error::invalid(format!("{} has no band", self.path.display())).with_source(e)
        };
        let band = self.dataset.rasterband(1).map_err(failed)?;
        let (width, height) = band.block_size();
        let interleave = self.dataset.metadata_item("INTERLEAVE", "IMAGE_STRUCTURE");
        let together = if interleave.as_deref() == Some("PIXEL") { self.bands() } else { 1 };
        let bytes = [height, usize::from(band.band_type().bytes()).max(1), together]
            .iter()
            .try_fold(width, |n, m| n.checked_mul(*m))
            .unwrap_or(usize::MAX);
        if bytes > limits::RASTER_BLOCK_BYTES_MAX {
            let max = limits::RASTER_BLOCK_BYTES_MAX;
            let path = self.path.display();
            let text = format!("{path} has blocks of {width} x {height} pixels ({bytes} bytes)");
            return Err(Error::invalid(format!("{text}, more than {max} bytes"))
                .hint("re-tile it: gdal_translate -co TILED=YES"));
        }
        Ok(())
    }

    /// Every block under the window has bytes, and they lie inside the file.
    fn check_present(&self, band: usize, window: Window) -> Result<()> {
        let refuse = |what: String| {
            Error::invalid(format!("{} {what}", self.path.display()))
                .hint("the file is truncated or sparse: fetch or copy it again")
        };
        let raster = self.dataset.rasterband(band).map_err(|e| {
            Error::invalid(format!("{} has no band {band}", self.path.display())).with_source(e)
        })?;
        let (width, height) = raster.block_size();
        let number = |key: &str, x: usize, y: usize| -> Option<u64> {
            raster.metadata_item(&format!("{key}_{x}_{y}"), "TIFF")?.parse().ok()
        };
        for y in window.row / height..=(window.bottom() - 1) / height {
            for x in window.col / width..=(window.right() - 1) / width {
                let offset = number("BLOCK_OFFSET", x, y)
                    .ok_or_else(|| refuse(format!("has no block ({x}, {y}) in band {band}")))?;
                let size = number("BLOCK_SIZE", x, y).unwrap_or(0);
                if size == 0 || offset.checked_add(size).is_none_or(|end| end > self.bytes) {
                    let (end, bytes) = (offset.saturating_add(size), self.bytes);
                    let text =
                        format!("ends at byte {bytes}, block ({x}, {y}) of band {band} at {end}");
                    return Err(refuse(text));
                }
            }
        }
        Ok(())
    }
}

/// Settings of GDAL for the whole process. It reads no sidecar, ignores no error, keeps to one
/// thread and a bounded cache, and prints nothing: its text reaches the user inside our errors.
fn set_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        crate::cog::listen();
        let cache = limits::GDAL_CACHE_MB.to_string();
        for (key, value) in [
            ("GDAL_PAM_ENABLED", "NO"),
            ("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR"),
            ("GTIFF_IGNORE_READ_ERRORS", "NO"),
            ("GDAL_NUM_THREADS", "1"),
            ("GDAL_CACHEMAX", cache.as_str()),
        ] {
            // Neither text holds a NUL byte, the only reason to fail.
            let _ = gdal::config::set_config_option(key, value);
        }
    });
}

/// The true name and length of a file. GDAL also opens names that are no files (`/vsicurl/…`,
/// inline XML), so a name must first be found on disk.
fn real_file(path: &Path) -> Result<(PathBuf, u64)> {
    let doing = || format!("opening {}", path.display());
    let name = std::fs::canonicalize(path).during(doing)?;
    let meta = std::fs::metadata(&name).during(doing)?;
    let text = name.to_str();
    if !meta.is_file() || text.is_none_or(|t| t.starts_with("/vsi")) {
        let text = format!("{} is not an ordinary file with a plain name", path.display());
        return Err(Error::new(Kind::Unsupported, text));
    }
    if meta.len() == 0 {
        let text = format!("{} is empty", path.display());
        return Err(Error::invalid(text).hint("fetch or copy the file again"));
    }
    Ok((name, meta.len()))
}

fn check_size(dataset: &Dataset, path: &Path) -> Result<()> {
    let (width, height) = dataset.raster_size();
    let (bands, side) = (dataset.raster_count(), limits::SIDE_MAX);
    if bands == 0 || width > side || height > side || bands > limits::RASTER_BANDS_MAX {
        return Err(Error::invalid(format!(
            "{} has {bands} bands of {width} x {height} pixels, beyond {} bands of {side} x {side}",
            path.display(),
            limits::RASTER_BANDS_MAX
        )));
    }
    Ok(())
}

fn grid_of(dataset: &Dataset) -> Result<Grid> {
    let hint = "a product raster is north-up in a UTM zone on WGS 84: reproject it first";
    let [x0, step, shear, y0, turn, down] = dataset.geo_transform().map_err(|e| {
        Error::invalid("it has no position on the ground").with_source(e).hint(hint)
    })?;
    if shear != 0.0 || turn != 0.0 || (step + down).abs() > 1e-9 {
        let text =
            format!("pixels of {step} by {down} m, turned by ({shear}, {turn}), are refused");
        return Err(Error::invalid(text).hint(hint));
    }
    let crs = dataset
        .spatial_ref()
        .map_err(|e| Error::invalid("it has no coordinate system").with_source(e).hint(hint))?;
    let code = crs.auth_code().ok().filter(|_| crs.auth_name().as_deref() == Some("EPSG"));
    let epsg = code.and_then(|c| u32::try_from(c).ok()).ok_or_else(|| {
        let name = crs.name().unwrap_or_default();
        Error::invalid(format!("its coordinate system '{name}' has no EPSG code")).hint(hint)
    })?;
    let (width, height) = dataset.raster_size();
    Grid::new(epsg, x0, y0, step, width, height)
}

/// A window of the first band of several files, one after the other.
pub(super) fn stack<T: Number>(rasters: &[Raster], window: Window) -> Result<Vec<T>> {
    let mut values = Vec::with_capacity(rasters.len() * window.len());
    for raster in rasters {
        values.extend(raster.read::<T>(1, window)?);
    }
    Ok(values)
}
