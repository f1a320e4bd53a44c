//! Every bound of the program, each with its reason.

/// Pixels (10 m) on a side of the smallest unit of statistics: the study's cell.
pub const CELL: usize = 64;
/// Default pixels (10 m) on a side of a patch; any multiple of [`CELL`] is allowed.
pub const PATCH: usize = 256;
/// Largest patch: beyond it one sample of a three-date layout passes 1 GiB.
pub const PATCH_MAX: usize = 4096;
/// Pixels on a side of one shard file of the archive: 33 MB for four int16 bands, so that ingest
/// holds few of them and a file system is not flooded with small files.
pub const SHARD: usize = 2048;
/// Largest width or height of a raster that is read: four times a Sentinel-2 tile.
pub const SIDE_MAX: usize = 43_920;
/// Largest number of raster bands of one file: fifteen years of a date every two days.
pub const RASTER_BANDS_MAX: usize = 3_000;
/// Largest archive.json, card, manifest or other small text file.
pub const TEXT_BYTES_MAX: u64 = 4 << 20;
/// Largest SQL text: a layout is a page, not a book.
pub const SQL_BYTES_MAX: usize = 64 << 10;
/// Terms joined by operators in one query: a flat chain of some 2,000 overflows the planner's stack.
pub const SQL_OPERATORS_MAX: usize = 500;
/// Largest weights file that is loaded: the largest network of the study holds 86 M parameters.
pub const WEIGHTS_BYTES_MAX: u64 = 4 << 30;
/// Memory that a run may use unless the user says otherwise.
pub const MEMORY_DEFAULT: usize = 2 << 30;
/// Samples of one run that are held as rows: 600,000 is the study's set, this is 30 of them.
pub const SAMPLES_MAX: usize = 20_000_000;
/// Largest width of a network's first level: four times the study's, some 470 M parameters.
pub const WIDTH_MAX: i64 = 256;
/// Largest header of a weights file: names, shapes and the card of a network of some hundred layers.
pub const WEIGHTS_HEADER_MAX: u64 = 4 << 20;
