//! What every thread of a run did, moment by moment, for Perfetto or chrome://tracing.

use std::io::{self, Write};
use std::time::Instant;

use super::NodeStats;
use super::sync::{Arc, Mutex, lock};
use super::work::Post;
use crate::limits::TRACE_SPANS_MAX;

/// A record of one or more runs ([`super::Plan::with_trace`]); clone it freely.
///
/// It holds a bounded number of spans. A thread that fills its part goes on without being recorded,
/// and the file says how much of it is missing.
#[derive(Debug, Clone)]
pub struct Trace(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    began: Instant,
    spans_max: usize,
    runs: Mutex<Vec<(String, Vec<Track>)>>,
}

/// What one thread did.
#[derive(Debug)]
struct Track {
    /// Its place: node, then worker.
    at: (usize, u64),
    node: String,
    /// `decode 2 of 4`.
    title: String,
    spans: Vec<Span>,
    dropped: u64,
}

/// What a thread does with its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Work,
    WaitIn,
    WaitOut,
}

/// Nanoseconds since the trace began.
#[derive(Debug, Clone, Copy)]
struct Span {
    doing: Doing,
    from_ns: u64,
    to_ns: u64,
}

impl Default for Trace {
    fn default() -> Self {
        Self::new()
    }
}

impl Trace {
    /// An empty record; time counts from here.
    pub fn new() -> Self {
        Self::of(TRACE_SPANS_MAX)
    }

    /// A record of at most `spans_max` spans.
    pub(super) fn of(spans_max: usize) -> Self {
        Self(Arc::new(Shared { began: Instant::now(), spans_max, runs: Mutex::new(Vec::new()) }))
    }

    /// Opens a run of `threads` threads.
    pub(super) fn run(&self, graph: &str, threads: usize) -> Run {
        let mut runs = lock(&self.0.runs);
        let held: usize = runs.iter().flat_map(|run| &run.1).map(|track| track.spans.len()).sum();
        let each = self.0.spans_max.saturating_sub(held) / threads.max(1);
        runs.push((graph.to_owned(), Vec::new()));
        Run { trace: self.clone(), index: runs.len() - 1, each }
    }

    /// Writes a JSON array in the trace event format: a process a run, a thread a worker, times in
    /// microseconds.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let runs = lock(&self.0.runs);
        write!(out, "[")?;
        for (index, (graph, tracks)) in runs.iter().enumerate() {
            let (pid, comma) = (index + 1, if index > 0 { "," } else { "" });
            let name = text(&format!("graph {graph}"))?;
            write!(
                out,
                "{comma}\n{{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":{pid},\"tid\":0,"
            )?;
            write!(out, "\"args\":{{\"name\":{name}}}}}")?;
            for (index, track) in tracks.iter().enumerate() {
                track.write(out, pid, index + 1)?;
            }
        }
        writeln!(out, "\n]")
    }
}

impl Track {
    fn write(&self, out: &mut impl Write, pid: usize, tid: usize) -> io::Result<()> {
        let (title, node) = (text(&self.title)?, text(&self.node)?);
        let place = format!("\"pid\":{pid},\"tid\":{tid}");
        write!(out, ",\n{{\"ph\":\"M\",\"name\":\"thread_name\",{place},")?;
        write!(out, "\"args\":{{\"name\":{title}}}}}")?;
        write!(out, ",\n{{\"ph\":\"M\",\"name\":\"thread_sort_index\",{place},")?;
        write!(out, "\"args\":{{\"sort_index\":{tid}}}}}")?;
        for span in &self.spans {
            let (name, kind) = match span.doing {
                Doing::Work => (node.as_str(), "busy"),
                Doing::WaitIn => ("\"waiting for input\"", "wait in"),
                Doing::WaitOut => ("\"waiting for room\"", "wait out"),
            };
            let (from, long) = (micros(span.from_ns), micros(span.to_ns - span.from_ns));
            write!(out, ",\n{{\"ph\":\"X\",\"name\":{name},\"cat\":\"{kind}\",{place},")?;
            write!(out, "\"ts\":{from},\"dur\":{long}}}")?;
        }
        if let (true, Some(last)) = (self.dropped > 0, self.spans.last()) {
            let name = text(&format!("{} later spans are not shown", self.dropped))?;
            let from = micros(last.to_ns);
            write!(
                out,
                ",\n{{\"ph\":\"i\",\"s\":\"t\",\"name\":{name},\"cat\":\"dropped\",{place},"
            )?;
            write!(out, "\"ts\":{from}}}")?;
        }
        Ok(())
    }
}

/// Exact, for a nanosecond of rounding would make neighbours overlap.
fn micros(ns: u64) -> String {
    format!("{}.{:03}", ns / 1000, ns % 1000)
}

fn text(text: &str) -> io::Result<String> {
    Ok(serde_json::to_string(text)?)
}

/// One run of a trace.
#[derive(Debug)]
pub(super) struct Run {
    trace: Trace,
    index: usize,
    each: usize,
}

impl Run {
    /// For one thread.
    pub(super) fn recorder(&self) -> Recorder {
        let began = self.trace.0.began;
        Recorder { began, spans: Vec::new(), spans_max: self.each, dropped: 0 }
    }

    /// Keeps what a thread recorded.
    pub(super) fn keep(&self, post: &Post, node: &NodeStats, recorder: Recorder) {
        let title = match node.workers {
            0 | 1 => post.name.clone(),
            all => format!("{} {} of {all}", post.name, post.worker + 1),
        };
        let Recorder { spans, dropped, .. } = recorder;
        let at = (post.node, post.worker);
        let track = Track { at, node: post.name.clone(), title, spans, dropped };
        if let Some((_, tracks)) = lock(&self.trace.0.runs).get_mut(self.index) {
            let place = tracks.partition_point(|other| other.at < at);
            tracks.insert(place, track);
        }
    }
}

/// What one thread does, while it does it.
#[derive(Debug)]
pub(super) struct Recorder {
    began: Instant,
    spans: Vec<Span>,
    spans_max: usize,
    dropped: u64,
}

impl Recorder {
    /// Notes what was done between two moments.
    pub(super) fn note(&mut self, doing: Doing, from: Instant, to: Instant) {
        if self.spans.len() >= self.spans_max {
            self.dropped += 1;
            return;
        }
        let ns = |at: Instant| at.saturating_duration_since(self.began).as_nanos() as u64;
        self.spans.push(Span { doing, from_ns: ns(from), to_ns: ns(to) });
    }
}
