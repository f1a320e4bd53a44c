//! A whole graph: checked, explained, run.

use std::time::Instant;

use super::control::Control;
use super::crew::Crew;
use super::progress::{Progress, Told};
use super::shape::Shape;
use super::sync::{Arc, cores, process_s};
use super::{Cancel, Report, Trace};
use crate::error::Result;

/// Starts all threads and works as the sink until the end.
type Work<'a> = Box<dyn FnOnce(&mut Crew, Progress<'a>) -> Result<()> + 'a>;

/// A whole graph, not yet running.
pub struct Plan<'a> {
    shape: Shape,
    work: Work<'a>,
    tell: Option<Told<'a>>,
    trace: Option<Trace>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(shape: Shape, work: Work<'a>) -> Self {
        Self { shape, work, tell: None, trace: None }
    }

    /// Calls `tell(done, total)` on the thread of the sink, some ten times a second and once at the
    /// end. Both count items of the source: `done` are those whose results the sink has accepted.
    #[must_use]
    pub fn with_progress(mut self, tell: Box<dyn FnMut(u64, Option<u64>) + Send + 'a>) -> Self {
        self.tell = Some(tell);
        self
    }

    /// Records in `trace` what every thread does, also if the run fails.
    #[must_use]
    pub fn with_trace(mut self, trace: Option<&Trace>) -> Self {
        self.trace = trace.cloned();
        self
    }

    /// Refuses what cannot run: no budget, no workers or too many. [`Plan::run`] checks by itself.
    pub fn check(&self) -> Result<()> {
        self.shape.check()
    }

    /// The graph as text, one line a node, without running it.
    pub fn explain(&self) -> String {
        self.shape.explain()
    }

    /// The graph as a Mermaid flowchart, its edges with what they may hold; those that keep no
    /// order are dotted.
    pub fn mermaid(&self) -> String {
        self.shape.mermaid()
    }

    /// Runs to the end. The first error wins; a panic becomes an error that names its node.
    ///
    /// All threads have ended when it returns. A node that is at work is waited for: one that may
    /// work for long should look at its own clone of the [`Cancel`]. One that keeps an ended run
    /// waiting for a second is named in the log, and in the error of a run that was cancelled.
    pub fn run(self, cancel: &Cancel) -> Result<Report> {
        self.check()?;
        cancel.check()?;
        let (began, shape, before_s) = (Instant::now(), self.shape, process_s());
        let trace = self.trace.map(|trace| trace.run(&shape.graph, shape.threads()));
        let control = Control::new(cancel, shape.edge_bytes, shape.stats()).traced(trace);
        let control = Arc::new(control);
        let mut crew = Crew::new(control.clone(), shape.share());
        (self.work)(&mut crew, Progress::new(self.tell, shape.total))?;
        crew.join();
        let nodes = control.outcome()?;
        Ok(Report {
            graph: shape.graph,
            wall_s: began.elapsed().as_secs_f64(),
            process_s: (process_s() - before_s).max(0.0),
            cores: cores(),
            peak_edge_bytes: control.peak(),
            nodes,
        })
    }
}
