//! Every bound of the program, each with its reason.

/// Pixels (10 m) on a side of the smallest unit of statistics: the study's cell.
pub const CELL: usize = 64;
/// Default pixels (10 m) on a side of a patch; any multiple of [`CELL`] is allowed.
#[cfg(feature = "gdal")]
pub const PATCH: usize = 256;
/// Largest patch: beyond it one sample of a three-date layout passes 1 GiB.
pub const PATCH_MAX: usize = 4096;
/// Pixels on a side of one shard file of the archive: 33 MB for four int16 bands, so that ingest
/// holds few of them and a file system is not flooded with small files.
pub const SHARD: usize = 2048;
/// Largest width or height of a raster that is read: four times a Sentinel-2 tile.
pub const SIDE_MAX: usize = 43_920;
/// Largest number of raster bands of one file: fifteen years of a date every two days.
#[cfg(feature = "gdal")]
pub const RASTER_BANDS_MAX: usize = 3_000;
/// Largest archive.json, card, manifest or other small text file.
pub const TEXT_BYTES_MAX: u64 = 4 << 20;
/// Largest SQL text: a layout is a page, not a book.
pub const SQL_BYTES_MAX: usize = 64 << 10;
/// Largest acquisition layout in JSON, or file of several: a page each.
pub const LAYOUT_JSON_BYTES_MAX: usize = 256 << 10;
/// Roles of an imported layout: twice those of a month of dates, and within the operators of a
/// query.
pub const LAYOUT_ROLES_MAX: usize = 16;
/// Letters of the name of a role.
pub const ROLE_NAME_MAX: usize = 40;
/// Terms joined by operators in one query: a flat chain of some 2,000 overflows the planner's
/// stack.
pub const SQL_OPERATORS_MAX: usize = 500;
/// Stack of the thread that parses and plans a query: the largest allowed chain needs a few MiB in
/// a debug build.
pub const SQL_STACK_BYTES: usize = 64 << 20;
/// Brackets in brackets of a query: the parser itself stops at some 50 nested expressions.
pub const SQL_DEPTH_MAX: usize = 100;
/// SELECTs of a query with every named query written out: twice the largest allowed chain of UNION.
pub const SQL_SELECTS_MAX: u64 = 1_001;
/// Steps of a plan with every named query written out: twice those of the largest allowed chain of
/// UNION. Planning takes time and memory for each.
pub const SQL_STEPS_MAX: u64 = 2_000;
/// Tables that a plan reads, with every named query written out: eight for each role of the
/// largest layout. Each holds a batch of rows.
pub const SQL_TABLES_MAX: u64 = 128;
/// Columns of any part of a query: beyond it a single batch is hundreds of megabytes.
pub const SQL_COLUMNS_MAX: usize = 1_000;
/// Calls that make text in one plan, as many as operators: the memory limit does not see what they
/// make.
pub const SQL_TEXT_CALLS_MAX: u64 = 500;
/// Longest text that a function of SQL makes: a page, not a book, and 128 MiB in a batch of rows.
pub const TEXT_VALUE_BYTES_MAX: u64 = 16 << 10;
/// Rows of an answer unless the user says otherwise: more is a forgotten condition.
pub const SQL_ROWS_MAX: u64 = 1_000_000_000;
/// Rows of an answer that is shown as a table: all of it is held as text, padded.
pub const TABLE_ROWS_MAX: u64 = 100_000;
/// Bytes of a query's memory that are all given to its sorts and joins; of what exceeds them, a quarter is
/// kept for what the engine does not count.
pub const SMALL_MEMORY: usize = 64 << 20;
/// Bytes by which the program may grow beyond twice the memory limit of its one query: what plans,
/// batches between operators and footers of files take.
pub const SQL_GROWTH_BYTES: u64 = 512 << 20;
/// Bytes that a query may write aside while it sorts or groups: a tenth of a common disk.
pub const SQL_SPILL_BYTES_MAX: u64 = 64 << 30;
/// Rows of a table whose numbers are compared with each other, to know that none comes twice: ten
/// tiles of the study four times over, in 200 MB.
pub const UNIQUE_ROWS_MAX: usize = 25_000_000;
/// Largest footer of a Parquet file: that of a catalog of 100,000 row groups.
pub const PARQUET_FOOTER_BYTES_MAX: u64 = 256 << 20;
/// Largest weights file that is loaded: the largest network of the study holds 86 M parameters.
#[cfg(feature = "torch")]
pub const WEIGHTS_BYTES_MAX: u64 = 4 << 30;
/// Memory that a run may use unless the user says otherwise.
pub const MEMORY_DEFAULT: usize = 2 << 30;
/// Pixels of one batch of an Arrow or Parquet file: some ten samples of the study, so that a reader
/// holds little and the columns beside the pixels cost nothing.
pub const SHARD_BATCH_BYTES: usize = 32 << 20;
/// Pixels of one row group of a Parquet file: what its writer holds, packed, until the group is
/// whole.
pub const ROW_GROUP_BYTES: usize = 128 << 20;
/// Shards of one folder: a number of six digits sorts as text; the study's set is 6,000.
pub const SHARDS_MAX: usize = 1_000_000;
/// Largest record of a TFRecord file: a message of protobuf holds no more.
pub const RECORD_BYTES_MAX: u64 = (1 << 31) - 1;
/// Features of one record: the largest layout has five for each role.
pub const RECORD_FEATURES_MAX: usize = 256;
/// Samples of one run that are held as rows: 600,000 is the study's set, this is 30 of them.
pub const SAMPLES_MAX: usize = 20_000_000;
/// Items that rest on one edge of a graph, whatever they weigh: it bounds a queue of tiny items.
pub const EDGE_ITEMS: usize = 1024;
/// Spans that a trace of runs holds: 24 MB, and a file of some 100 MB, which viewers still open.
pub const TRACE_SPANS_MAX: usize = 1 << 20;
/// Workers of one operator: some four for each core of the largest machines.
pub const WORKERS_MAX: usize = 1024;
/// Largest pictures of one report page, as text: beyond it browsers stall while they open the file.
pub const PAGE_BYTES_MAX: usize = 256 << 20;
/// Largest block of an input raster, decoded: GDAL decodes whole blocks, and one that is hundreds
/// of megabytes turns a small file into a giant allocation.
#[cfg(feature = "gdal")]
pub const RASTER_BLOCK_BYTES_MAX: usize = 256 << 20;
/// Decoded blocks that GDAL keeps, in MiB: a row of strips of a full tile is read once, not per
/// window.
#[cfg(feature = "gdal")]
pub const GDAL_CACHE_MB: usize = 256;
/// Products that are converted at once: each holds one shard of each of its layers (about 90 MB).
#[cfg(feature = "gdal")]
pub const INGEST_WORKERS_MAX: usize = 4;
/// Folders below a source of products: deeper or wider is a whole disk given by mistake.
#[cfg(feature = "gdal")]
pub const WALK_FOLDERS_MAX: usize = 200_000;
/// Depth of folders below a source of products.
#[cfg(feature = "gdal")]
pub const WALK_DEPTH_MAX: usize = 12;
/// Largest number of scenes of one sensor over one tile: 27 years of one a day. It also keeps the
/// slot within the 14 bits that patch ids give it.
pub const SLOTS_MAX: usize = 10_000;
/// Shard files that an archive keeps mapped: Linux allows a process some 65,000 maps, and other
/// libraries need theirs.
pub const MAPS_MAX: usize = 8_192;
/// Bytes of an archive's files that stay mapped once they were read, where the machine does not tell
/// its memory; else it is half of that. They are the system's page cache, but a process that maps all
/// of a large archive looks as if it held it.
pub const RESIDENT_BYTES: usize = 1 << 30;
/// Largest value that is read whole through the Zarr store: the largest shard, four bands of one
/// patch of [`PATCH_MAX`] px, is an eighth of it.
pub const VALUE_BYTES_MAX: u64 = 1 << 30;
/// Scenes that a catalog holds as rows: every Sentinel-2 scene of 500 tiles.
pub const SCENES_MAX: usize = 1_000_000;
/// Largest side of a simulated tile: its maps are held in memory, some 40 bytes a pixel and thread.
#[cfg(feature = "gdal")]
pub const SIMULATED_SIDE_MAX: usize = 4096;
/// Most months of a simulated world.
#[cfg(feature = "gdal")]
pub const SIMULATED_MONTHS_MAX: u32 = 120;
/// Inputs of a card: the largest network of the study takes 19.
#[cfg(feature = "torch")]
pub const INPUTS_MAX: usize = 64;
/// Values of one input of `model run`: 64 patches of 512 px in ten bands, 0.7 GB as float32.
#[cfg(feature = "torch")]
pub const INPUT_VALUES_MAX: u64 = 64 * 512 * 512 * 10;
/// Pixels (10 m) that a shipped network sees on each side of one: the U-Nets 66, with 20 m bands 68.
pub const SUPPORT_MAX: usize = 68;
/// Kinds of ground of a map of land cover: a table of more is not read, and each is scored by itself.
#[cfg(feature = "torch")]
pub const COVER_KINDS_MAX: usize = 40;
/// Largest width of a network's first level: four times the study's, some 470 M parameters.
#[cfg(feature = "torch")]
pub const WIDTH_MAX: i64 = 256;
/// Rows of a training's curve or metrics: a checkpoint holds them, and the study's 600,000 samples a
/// hundred times over, 4 a step, are 15 million.
#[cfg(feature = "torch")]
pub const CURVE_ROWS_MAX: usize = 20_000_000;
/// Largest header of a weights file: names, shapes and the card of a network of some hundred
/// layers.
#[cfg(feature = "torch")]
pub const WEIGHTS_HEADER_MAX: u64 = 4 << 20;
/// Largest index of a TensorFlow checkpoint: some hundred bytes a tensor.
#[cfg(feature = "torch")]
pub const BUNDLE_INDEX_MAX: u64 = 4 << 20;
/// Largest object graph of one: it names the same tensors.
#[cfg(feature = "torch")]
pub const BUNDLE_GRAPH_MAX: u64 = 64 << 20;
/// Tensors of a checkpoint: a network of some hundred layers, with an optimiser's state, ten times
/// over.
#[cfg(feature = "torch")]
pub const BUNDLE_ENTRIES_MAX: usize = 10_000;
/// Letters of the key of a tensor in a checkpoint.
#[cfg(feature = "torch")]
pub const BUNDLE_KEY_MAX: usize = 1_000;
/// Data files of a checkpoint: more than any machine that trained one had devices.
#[cfg(feature = "torch")]
pub const BUNDLE_SHARDS_MAX: u64 = 1_000;
