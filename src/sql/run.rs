//! One query on a thread of its own, with a large stack, that can be stopped.

use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::DataFusionError;
use datafusion::physical_plan::displayable;
use datafusion::prelude::{SQLOptions, SessionContext};
use datafusion::sql::sqlparser::tokenizer::TokenWithSpan;
use futures::StreamExt;
use futures::future::{AbortHandle, Abortable};
use tokio::runtime::{Handle, Runtime};

use super::fault::Known;
use super::spill::Spill;
use super::{Param, fault, patch_type, per_place, plan_size, statement};
use crate::error::{Error, Kind, Result, While};
use crate::limits;
use crate::store::resident_bytes;

/// What a query runs on.
pub(super) struct Engine {
    pub context: SessionContext,
    pub memory_bytes_max: usize,
    handle: Handle,
    // Columns that a table could not be given, and why.
    lacks: Mutex<Vec<(String, String)>>,
    spill: Arc<Spill>,
    // Taken on drop only.
    runtime: Option<Runtime>,
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A stopped query may still be in the middle of a batch: nobody waits for it.
            runtime.shutdown_background();
        }
    }
}

/// Rows, the plan, or the columns alone: what is planned is not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Rows,
    Plan,
    Columns,
}

enum Message {
    Columns(SchemaRef),
    Rows(RecordBatch),
    Done(Result<()>),
}

/// What ends a query before its last row.
#[derive(Clone)]
pub(super) struct Ends {
    /// Time after which it is late.
    pub deadline: Option<Duration>,
    /// Says when nobody wants the answer any more.
    pub interrupt: Option<Arc<dyn Fn() -> bool + Send + Sync>>,
    /// Rows of an answer.
    pub rows_max: u64,
    /// Bytes by which the process may grow.
    pub growth_bytes_max: Option<u64>,
}

impl Default for Ends {
    fn default() -> Self {
        let rows_max = limits::SQL_ROWS_MAX;
        Self { deadline: None, interrupt: None, rows_max, growth_bytes_max: None }
    }
}

/// Where a query began.
struct Start {
    time: Instant,
    bytes: Option<u64>,
}

/// Bytes that this process holds now.
fn held() -> Option<u64> {
    resident_bytes().map(|bytes| bytes as u64)
}

impl Ends {
    fn start(&self) -> Start {
        let bytes = self.growth_bytes_max.and_then(|_| held());
        Start { time: Instant::now(), bytes }
    }

    /// Refuses to go on with a query that began at `start`.
    fn check(&self, start: &Start, rows: u64) -> Result<()> {
        if self.interrupt.as_ref().is_some_and(|stop| stop()) {
            return Err(stopped());
        }
        if rows > self.rows_max {
            return Err(too_many(self.rows_max));
        }
        if let (Some(most), Some(before)) = (self.growth_bytes_max, start.bytes)
            && held().is_some_and(|now| now > before.saturating_add(most))
        {
            return Err(too_large(most));
        }
        match self.deadline {
            Some(limit) if start.time.elapsed() > limit => Err(late(limit)),
            _ => Ok(()),
        }
    }
}

/// How often a running query looks for the word to stop.
const PATIENCE: Duration = Duration::from_millis(50);
/// Batches that wait for their taker: enough to keep both sides busy.
const WAITING: usize = 4;

impl Engine {
    /// Keeps the runtime alive as long as the engine.
    pub fn new(
        context: SessionContext,
        runtime: Runtime,
        spill: Arc<Spill>,
        memory_bytes_max: usize,
    ) -> Self {
        let (handle, lacks) = (runtime.handle().clone(), Mutex::default());
        Self { context, memory_bytes_max, handle, lacks, spill, runtime: Some(runtime) }
    }

    /// Removes what queries have written aside: one that was stopped would keep its files for as
    /// long as it does not hear it.
    pub fn close(&self) {
        self.spill.close();
    }

    /// Remembers why some columns are not there, for whoever asks for them.
    pub fn note_lacks(&self, lacks: Vec<(String, String)>) {
        self.lacks.lock().unwrap_or_else(PoisonError::into_inner).extend(lacks);
    }

    /// The error of a query, with the reason if it names a column that a file could not give.
    fn explain(&self, error: &DataFusionError, tokens: &[TokenWithSpan]) -> Error {
        let known = Known { tables: self.table_names(), functions: self.function_names() };
        let told = fault::explain(error, tokens, &known);
        let lacks = self.lacks.lock().unwrap_or_else(PoisonError::into_inner);
        let known = fault::missing_column(error)
            .and_then(|name| lacks.iter().find(|(column, _)| *column == name));
        match known {
            Some((_, why)) => told.hint(format!("{why}; add it to the file")),
            None => told,
        }
    }

    /// Waits for one piece of work on the caller's thread.
    pub fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.handle.block_on(work)
    }

    /// Runs one query; `take` is called on the caller's thread.
    pub fn run(
        self: &Arc<Self>,
        wanted: Wanted,
        sql: &str,
        params: &[(String, Param)],
        ends: &Ends,
        take: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<SchemaRef> {
        let (send, receive) = mpsc::sync_channel(WAITING);
        let (abort, registration) = AbortHandle::new_pair();
        let (engine, sql, params) = (Arc::clone(self), sql.to_owned(), params.to_vec());
        let worker = thread::Builder::new()
            .name("sql".to_owned())
            .stack_size(limits::SQL_STACK_BYTES)
            .spawn(move || {
                let work = answer(&engine, wanted, &sql, &params, &send);
                let done = engine.block_on(Abortable::new(work, registration));
                // Nobody listens after a stop: that is not an error.
                let _ = send.send(Message::Done(done.unwrap_or_else(|_| Err(stopped()))));
            })
            .during(|| "starting a thread for the query")?;

        let (start, mut columns, mut rows) = (ends.start(), None, 0u64);
        let outcome = loop {
            if let Err(e) = ends.check(&start, rows) {
                break Err(e);
            }
            match receive.recv_timeout(PATIENCE) {
                Ok(Message::Columns(schema)) => columns = Some(schema),
                Ok(Message::Rows(batch)) => {
                    rows += batch.num_rows() as u64;
                    if let Err(e) = ends.check(&start, rows).and_then(|()| take(batch)) {
                        break Err(e);
                    }
                }
                Ok(Message::Done(done)) => break done,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    break Err(Error::internal("the SQL engine stopped in the middle of a query"));
                }
            }
        };
        // A stopped query is left to notice by itself: the caller does not wait for it.
        abort.abort();
        drop(receive);
        drop(worker);
        outcome?;
        columns.ok_or_else(|| Error::internal("a query ended without columns"))
    }

    /// Names and columns of the registered tables, by name.
    pub fn tables(&self) -> Vec<(String, SchemaRef)> {
        let catalog = self.context.catalog("datafusion");
        let Some(schema) = catalog.and_then(|c| c.schema("public")) else { return Vec::new() };
        let mut names = schema.table_names();
        names.sort();
        let table = |name: String| {
            let found = self.block_on(schema.table(&name)).ok().flatten()?;
            Some((name, patch_type::mark(&found.schema())))
        };
        names.into_iter().filter_map(table).collect()
    }

    fn function_names(&self) -> Vec<String> {
        let state = self.context.state();
        let mut all: Vec<String> = state.scalar_functions().keys().cloned().collect();
        all.extend(state.aggregate_functions().keys().cloned());
        all.extend(state.window_functions().keys().cloned());
        all
    }

    fn table_names(&self) -> Vec<String> {
        let catalog = self.context.catalog("datafusion");
        catalog.and_then(|c| c.schema("public")).map_or_else(Vec::new, |s| s.table_names())
    }
}

async fn answer(
    engine: &Engine,
    wanted: Wanted,
    sql: &str,
    params: &[(String, Param)],
    send: &SyncSender<Message>,
) -> Result<()> {
    let checked = statement::check(sql, params, &engine.table_names())?;
    let clear = |e: DataFusionError| engine.explain(&e, &checked.tokens);
    let plan = engine.context.state().statement_to_plan(checked.statement).await.map_err(clear)?;
    let plan = match &checked.per {
        Some(per) => per_place::draw(plan, per)?,
        None => plan,
    };
    plan_size::check(&plan)?;
    // The statement was checked before; this also sees what hides inside a query.
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
        .verify_plan(&plan)
        .map_err(clear)?;
    let frame = engine.context.execute_logical_plan(plan).await.map_err(clear)?;
    if wanted != Wanted::Rows {
        let plan = frame.create_physical_plan().await.map_err(clear)?;
        if wanted == Wanted::Plan {
            return send_plan(displayable(plan.as_ref()).indent(false).to_string(), send);
        }
        // A taker that has gone away has its own error.
        let _ = send.send(Message::Columns(patch_type::mark(&plan.schema())));
        return Ok(());
    }
    let mut stream = frame.execute_stream().await.map_err(clear)?;
    let schema = patch_type::mark(&stream.schema());
    if send.send(Message::Columns(Arc::clone(&schema))).is_err() {
        return Ok(());
    }
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(clear)?;
        let marked = RecordBatch::try_new_with_options(
            Arc::clone(&schema),
            batch.columns().to_vec(),
            &arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows())),
        )
        .map_err(|e| Error::internal("an answer does not fit its columns").with_source(e))?;
        if send.send(Message::Rows(marked)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn send_plan(text: String, send: &SyncSender<Message>) -> Result<()> {
    let schema = Arc::new(Schema::new(vec![Field::new("plan", DataType::Utf8, false)]));
    let column = Arc::new(StringArray::from(vec![text]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column])
        .map_err(|e| Error::internal("cannot show a plan").with_source(e))?;
    // A taker that has gone away has its own error.
    let _ = send.send(Message::Columns(schema)).and_then(|()| send.send(Message::Rows(batch)));
    Ok(())
}

/// The text of a batch made by [`Wanted::Plan`].
pub(super) fn plan_text(batch: &RecordBatch) -> Result<&str> {
    let column = batch.columns().first().and_then(|c| c.as_string_opt::<i32>());
    column
        .filter(|c| !c.is_empty())
        .map(|c| c.value(0))
        .ok_or_else(|| Error::internal("a plan came without text"))
}

fn stopped() -> Error {
    Error::new(Kind::Cancelled, "the query was stopped at your request")
}

fn too_many(most: u64) -> Error {
    Error::usage(format!("the answer has more than {most} rows"))
        .hint("add a condition or a LIMIT, count instead of listing, or allow more (--rows)")
}

fn too_large(most: u64) -> Error {
    let text = format!("the query made the program grow by more than {} MiB", most >> 20);
    Error::new(Kind::OutOfMemory, text)
        .hint("narrow the query, add a condition on tile or time, or raise --memory")
}

fn late(limit: Duration) -> Error {
    let text = format!("the query ran longer than {:.1} s", limit.as_secs_f64());
    Error::new(Kind::Cancelled, text).hint("narrow the query or give it more time")
}
