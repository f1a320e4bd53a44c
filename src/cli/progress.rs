//! Progress: a bar with rate and time left on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Shows how far a long job is.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    label: String,
    unit: &'static str,
    note: String,
    started: Instant,
    said: Instant,
    /// What an earlier run did of it.
    before: u64,
}

/// Plain lines are for logs: one in ten seconds is enough.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

impl Progress {
    /// A job of unknown length with a label and the unit that it counts.
    pub(super) fn new(label: impl Into<String>, unit: &'static str) -> Self {
        let label = label.into();
        let style = ProgressStyle::with_template(
            "{prefix:>14} [{bar:28}] {pos}/{len} {msg} ({per_sec}, {eta} left)",
        );
        let bar = match (std::io::stderr().is_terminal(), style) {
            (true, Ok(style)) => {
                let bar = ProgressBar::new(0).with_style(style.progress_chars("=> "));
                bar.set_prefix(label.clone());
                bar.set_message(unit);
                Some(bar)
            }
            _ => None,
        };
        let now = Instant::now();
        Self { bar, label, unit, note: String::new(), started: now, said: now, before: 0 }
    }

    /// `done` of `total` units.
    pub(super) fn at(&mut self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
            return;
        }
        if self.said.elapsed() >= PLAIN_EVERY {
            self.said = Instant::now();
            let seconds = self.started.elapsed().as_secs_f64();
            let rate = done.saturating_sub(self.before) as f64 / seconds.max(1e-9);
            let left = (total.saturating_sub(done)) as f64 / rate.max(1e-9);
            eprintln!(
                "{}: {done}/{total} {}{}, {rate:.1} {}/s, {left:.0} s left",
                self.label, self.unit, self.note, self.unit
            );
        }
    }

    #[cfg(feature = "torch")]
    /// What was done before, which says nothing of this run's speed.
    pub(super) fn after(&mut self, before: u64) {
        self.before = before;
        if let Some(bar) = &self.bar {
            bar.set_position(before);
            bar.reset_eta();
        }
    }

    #[cfg(feature = "torch")]
    /// Words beside the bar, or in the plain lines to come.
    pub(super) fn note(&mut self, text: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(format!("{}, {text}", self.unit)),
            None => self.note = format!(", {text}"),
        }
    }

    #[cfg(any(feature = "gdal", feature = "torch"))]
    /// Takes the bar away and says how long it took.
    pub(super) fn finish(self, outcome: &str) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        eprintln!("{}: {outcome} in {:.1} s", self.label, self.started.elapsed().as_secs_f64());
    }
}
