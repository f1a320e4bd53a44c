//! The DataFusion session.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::spill_file::TempFileFactory;
use datafusion::functions::unicode::planner::UnicodeFunctionPlanner as Letters;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use datafusion::prelude::{SessionConfig, SessionContext};

use super::arg_min::ArgMin;
use super::band::BandPlanner;
use super::epoch::Epoch;
use super::field::Field;
use super::lengths::Lengths;
use super::own_table::OwnTable;
use super::run::{Ends, Engine, Wanted};
use super::spill::{self, Spill};
use super::text::{self, JoinTexts};
use super::to_utc::ToUtc;
use super::{Answer, complete, fault, parquet_file, patch_table, scene_table, unwanted};
use super::{
    gap_hours::GapHours, stable_hash::StableHash, stable_random::StableRandom, to_hours::ToHours,
    yielding::YieldingJoins,
};
use crate::archive::Sensor;
use crate::catalog::{Catalog, Scene};
use crate::error::{Error, Kind, Result, While};
use crate::limits;
use crate::store::check_name;

/// The value of a `$name`.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    /// Whole number.
    Int(i64),
    /// Number.
    Float(f64),
    /// Text.
    Text(String),
}

/// A session over the tables of a catalog and any further Parquet files.
pub struct Session {
    engine: Arc<Engine>,
    ends: Ends,
    identity: bool,
    /// Tables of patches that came from files of the user.
    own: Vec<OwnTable>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.engine.close();
    }
}

/// The sensors that have a table.
const SENSORS: [Sensor; 3] = [Sensor::S2, Sensor::S1, Sensor::Dem];
/// Threads that execute a query: a catalog is small, the cores belong to the run.
const THREADS: usize = 2;
/// Consumers of memory that an error about it names.
const CONSUMERS_NAMED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4);
/// Stack of these threads: an expression of the largest allowed chain is evaluated by recursion.
const STACK_BYTES: usize = 16 << 20;

impl Session {
    /// An empty session with a memory limit in bytes.
    pub fn new(memory_bytes_max: usize) -> Result<Self> {
        Self::spilling_to(memory_bytes_max, None)
    }

    /// As [`Session::new`]; what queries cannot hold they write to a folder in `parent`, which must
    /// exist, or in the system's folder for temporary files. The folder is removed with the
    /// session. One that a killed process left is removed when the next session is made.
    pub fn spilling_to(memory_bytes_max: usize, parent: Option<&Path>) -> Result<Self> {
        if let Some(folder) = parent.filter(|p| !p.is_dir()) {
            return Err(Error::usage(format!("{} is no folder", folder.display()))
                .hint("make it, or name another for temporary files"));
        }
        Self::with_planner(memory_bytes_max, parent, Some(Arc::new(BandPlanner)))
    }

    /// As [`Session::new`], with the plans of the engine alone: what ours are compared with.
    #[cfg(test)]
    pub(crate) fn plain(memory_bytes_max: usize) -> Result<Self> {
        Self::with_planner(memory_bytes_max, None, None)
    }

    fn with_planner(
        memory_bytes_max: usize,
        parent: Option<&Path>,
        planner: Option<Arc<BandPlanner>>,
    ) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("sql-worker")
            .thread_stack_size(STACK_BYTES)
            .enable_all()
            .build()
            .during(|| "starting the threads of the SQL session")?;
        // A quarter is for what nobody counts: buffers of decoders, pages that the allocator keeps.
        // A small limit is left whole, for a sort cannot do with less. Of several sorts each has its
        // share of the rest, so that the first does not take all and leave the others nothing to
        // merge with.
        let spare = memory_bytes_max.saturating_sub(limits::SMALL_MEMORY) / 4;
        let counted = FairSpillPool::new(memory_bytes_max - spare);
        let pool = TrackConsumersPool::new(counted, CONSUMERS_NAMED);
        let spill = spill::among(parent);
        let files: Arc<dyn TempFileFactory> = Arc::<Spill>::clone(&spill);
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(pool))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_temp_file_factory(files))
            .build_arc()
            .map_err(|e| Error::internal("cannot build the SQL session").with_source(e))?;
        let context = context(environment, planner);
        let engine = Arc::new(Engine::new(context, runtime, spill, memory_bytes_max));
        Ok(Self { engine, ends: Ends::default(), identity: false, own: Vec::new() })
    }
    /// Registers `scenes`, `patches`, `s2`, `s1`, `dem` of a catalog: rows are patches. Before the
    /// first ingest the tables are there, without rows.
    pub fn with_catalog(self, catalog: &Catalog) -> Result<Self> {
        self.with_catalog_but(catalog, |_| false)
    }

    /// As [`Session::with_catalog`], without the tables of patches that `given` names: those of the
    /// user take their place.
    pub(crate) fn with_catalog_but(
        self,
        catalog: &Catalog,
        given: impl Fn(&str) -> bool,
    ) -> Result<Self> {
        self.with_files(catalog.scenes_file(), |sensor| match given(sensor.name()) {
            true => Ok(None),
            false => catalog.patch_files(sensor).map(Some),
        })
    }

    /// As [`Session::with_catalog`], but the rows of `s2`, `s1`, `dem` are whole scenes (`row` and
    /// `col` 0). `cell` is one number per tile; the patch of a row is the whole scene (its `row`
    /// and `col` are -1).
    pub fn with_scenes(self, catalog: &Catalog) -> Result<Self> {
        self.with_scene_rows(catalog.scenes())
    }

    /// The tables of [`Session::with_catalog`] from their files; a sensor without a list has no
    /// table.
    pub(crate) fn with_files(
        self,
        scenes: Option<PathBuf>,
        patches: impl Fn(Sensor) -> Result<Option<Vec<PathBuf>>>,
    ) -> Result<Self> {
        let mut all = Vec::new();
        for sensor in SENSORS {
            let Some(files) = patches(sensor)? else { continue };
            self.register_patches(sensor, self.patches(&files)?)?;
            all.extend(files);
        }
        self.register("patches", self.patches(&all)?)?;
        let scenes = match scenes {
            Some(file) => self.parquet(&[file])?,
            None => scene_table::scenes(&[])?,
        };
        self.register("scenes", scenes)?;
        Ok(self)
    }

    /// The tables of [`Session::with_scenes`] from their rows.
    pub(crate) fn with_scene_rows(self, scenes: &[Scene]) -> Result<Self> {
        for sensor in SENSORS {
            self.register_patches(sensor, scene_table::whole(scenes, Some(sensor))?)?;
        }
        self.register("patches", scene_table::whole(scenes, None)?)?;
        self.register("scenes", scene_table::scenes(scenes)?)?;
        Ok(self)
    }

    /// Lets the patches of all tables that are registered after this carry their id and scene.
    #[must_use]
    pub(crate) fn with_identity(mut self) -> Self {
        self.identity = true;
        self
    }

    /// A table `dem` without rows, if there is none: layouts take elevation where there is some.
    pub fn with_empty_dem(self) -> Result<Self> {
        if !self.tables().iter().any(|(taken, _)| taken == Sensor::Dem.name()) {
            self.register_patches(Sensor::Dem, patch_table::empty()?)?;
        }
        Ok(self)
    }

    /// Registers a Parquet file, or those of a folder, as a table. Refuses a name that is taken or no
    /// plain word.
    ///
    /// A table `s2`, `s1` or `dem` gets the columns `sensor`, `scene`, `slot` and `patch` where its
    /// file has none: the scene from `name` or `id`, the slot from `id`. So a file with `id`,
    /// `tile`, `row`, `col`, `cell`, `time`, `cloud_percent` and `valid` serves every layout. Its
    /// times, of any unit, count as UTC.
    pub fn with_table(mut self, name: &str, file: &Path) -> Result<Self> {
        check_name(name)?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.chars().all(plain) || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(Error::usage(format!("'{name}' cannot be the name of a table"))
                .hint("use lower-case letters, digits and '_', not starting with a digit"));
        }
        if self.tables().iter().any(|(taken, _)| taken == name) {
            return Err(Error::usage(format!("there is already a table '{name}'"))
                .hint("give the file another name"));
        }
        let files = if file.is_dir() { parquet_file::inside(file)? } else { vec![file.to_owned()] };
        let sensor = SENSORS.into_iter().find(|s| s.name() == name);
        let table = self.parquet(&files)?;
        match sensor {
            Some(sensor) => {
                self.own.push(OwnTable { sensor, table: Arc::clone(&table) });
                self.register_patches(sensor, table)?;
            }
            None => self.register(name, table)?,
        }
        Ok(self)
    }

    /// Checks what a layout expects of the tables `s2`, `s1` and `dem` that [`Session::with_table`]
    /// registered: types of columns that its conditions can compare, and no two rows with the same
    /// `cell` and `id`. Reads these two columns; `id` alone would often do, but not always.
    pub(crate) fn check_own_tables(&self) -> Result<()> {
        self.own.iter().try_for_each(|table| table.check(self))
    }

    /// Ends a query after this time with an error of kind [`Kind::Cancelled`].
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.ends.deadline = Some(deadline);
        self
    }

    /// Ends a query soon after `stop` says so; it is asked about twenty times a second.
    #[must_use]
    pub fn with_interrupt(mut self, stop: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.ends.interrupt = Some(Arc::new(stop));
        self
    }

    /// Refuses an answer of more rows than this; a thousand million by default.
    #[must_use]
    pub fn with_rows_max(mut self, rows_max: u64) -> Self {
        self.ends.rows_max = rows_max;
        self
    }

    /// Ends a query when the process has grown by more than this since the query began: the memory
    /// limit does not see all that a plan holds. For a program that does nothing else meanwhile.
    #[must_use]
    pub(crate) fn with_growth_max(mut self, bytes: u64) -> Self {
        self.ends.growth_bytes_max = Some(bytes);
        self
    }

    /// Bytes that running queries hold of the memory limit.
    pub fn memory_in_use(&self) -> usize {
        self.engine.context.runtime_env().memory_pool.reserved()
    }

    /// Names and columns of the registered tables, by name.
    pub fn tables(&self) -> Vec<(String, SchemaRef)> {
        self.engine.tables()
    }

    /// Answers one `SELECT`. Refuses an answer larger than the memory limit.
    pub fn query(&self, sql: &str, params: &[(String, Param)]) -> Result<Answer> {
        let (mut batches, mut bytes) = (Vec::new(), 0usize);
        let limit = self.engine.memory_bytes_max;
        let schema = self.stream(sql, params, &mut |batch| {
            bytes = bytes.saturating_add(batch.get_array_memory_size());
            if bytes > limit {
                return Err(Error::new(
                    Kind::OutOfMemory,
                    format!("the answer is larger than the memory limit of {limit} bytes"),
                )
                .hint(
                    "select fewer rows or columns, count instead of listing, or raise --memory",
                ));
            }
            batches.push(batch);
            Ok(())
        })?;
        Ok(Answer { schema, batches })
    }

    /// Hands the batches of one `SELECT` to `take` as they come, never more than a few at a time.
    /// An error of `take` ends the query. Returns the columns.
    pub(crate) fn stream(
        &self,
        sql: &str,
        params: &[(String, Param)],
        take: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<SchemaRef> {
        self.engine.run(Wanted::Rows, sql, params, &self.ends, take)
    }

    /// The columns of one `SELECT`, which is planned and not run: an error names the lines of this
    /// text, where that of a query around it would name its own.
    pub(crate) fn columns(&self, sql: &str, params: &[(String, Param)]) -> Result<SchemaRef> {
        self.engine.run(Wanted::Columns, sql, params, &self.ends, &mut |_| Ok(()))
    }

    /// The physical plan as text.
    pub fn explain(&self, sql: &str, params: &[(String, Param)]) -> Result<String> {
        let mut text = String::new();
        self.engine.run(Wanted::Plan, sql, params, &self.ends, &mut |batch| {
            text.push_str(super::run::plan_text(&batch)?);
            Ok(())
        })?;
        Ok(text)
    }

    fn patches(&self, files: &[PathBuf]) -> Result<Arc<dyn TableProvider>> {
        if files.is_empty() { patch_table::empty() } else { self.parquet(files) }
    }

    fn parquet(&self, files: &[PathBuf]) -> Result<Arc<dyn TableProvider>> {
        let state = self.engine.context.state();
        self.engine.block_on(parquet_file::table(&state, files))
    }

    fn register_patches(&self, sensor: Sensor, table: Arc<dyn TableProvider>) -> Result<()> {
        let completed = complete::complete(sensor, table, self.identity)?;
        self.engine.note_lacks(completed.lacks);
        self.register(sensor.name(), completed.table)
    }

    fn register(&self, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
        let context = &self.engine.context;
        context.register_table(name, table).map_err(|e| fault::plain(&e))?;
        Ok(())
    }
}

/// The engine with our functions and rules, and without what nobody should ask for.
fn context(environment: Arc<RuntimeEnv>, planner: Option<Arc<BandPlanner>>) -> SessionContext {
    let mut builder = SessionStateBuilder::new()
        .with_config(config())
        .with_runtime_env(environment)
        .with_expr_planners(vec![Arc::new(JoinTexts), Arc::new(Field), Arc::new(Letters)])
        .with_default_features()
        .with_analyzer_rule(Arc::new(Lengths))
        .with_physical_optimizer_rule(Arc::new(YieldingJoins));
    if let Some(planner) = planner {
        builder = builder.with_query_planner(planner);
    }
    let context = SessionContext::new_with_state(builder.build());
    unwanted::remove(&context);
    for bounded in text::bounded() {
        context.register_udf(bounded);
    }
    context.register_udf(ScalarUDF::from(ToHours::new()));
    context.register_udf(ScalarUDF::from(GapHours::new()));
    context.register_udf(ScalarUDF::from(StableHash::new()));
    context.register_udf(ScalarUDF::from(StableRandom::new()));
    context.register_udf(ScalarUDF::from(Epoch::new()));
    context.register_udf(ScalarUDF::from(ToUtc::new()));
    context.register_udaf(AggregateUDF::from(ArgMin::new()));
    context
}

fn config() -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_target_partitions(THREADS)
        .with_information_schema(true)
        .set_bool("datafusion.sql_parser.collect_spans", true)
        // The first few of each group are kept, not all of them sorted.
        .set_bool("datafusion.optimizer.enable_window_topn", true);
    // Columns of an answer are read by us as plain text, not as views.
    let options = config.options_mut();
    options.execution.parquet.schema_force_view_types = false;
    options.sql_parser.map_string_types_to_utf8view = false;
    config
}
