//! Who is still at work when a run ends, so that it can say whom it waits for.

use std::time::{Duration, Instant};

use super::gate::Gate;
use super::sync::{Mutex, lock};
use crate::error::Error;

/// How long a node may take to hear that the run has ended before it is named.
const PATIENCE: Duration = Duration::from_secs(1);

/// The threads of one run.
#[derive(Default)]
pub(super) struct Roll {
    present: Mutex<Present>,
    left: Gate,
}

#[derive(Default)]
struct Present {
    /// A title for each thread at work.
    titles: Vec<String>,
    stopped: Option<Instant>,
    /// Who left last, and how long after the end.
    late: Option<(String, Duration)>,
}

impl Roll {
    /// A thread comes.
    pub(super) fn enter(&self, title: &str) {
        lock(&self.present).titles.push(title.to_owned());
    }

    /// A thread leaves.
    pub(super) fn leave(&self, title: &str) {
        let mut present = lock(&self.present);
        if let Some(at) = present.titles.iter().position(|t| t == title) {
            present.titles.swap_remove(at);
        }
        if let Some(stopped) = present.stopped {
            present.late = Some((title.to_owned(), stopped.elapsed()));
        }
        drop(present);
        self.left.ring();
    }

    /// The run has ended: time is counted from here.
    pub(super) fn stop(&self) {
        lock(&self.present).stopped.get_or_insert_with(Instant::now);
    }

    /// Waits until all have left. Who stays for long after the end is named in the log, so that a
    /// person who waits knows for whom.
    pub(super) fn wait(&self) {
        let mut told = false;
        while let Some((title, since)) = self.somebody() {
            if !told && since > PATIENCE {
                tracing::error!("the run has ended and waits for {title}, still at work");
                told = true;
            }
            self.left.wait(|| lock(&self.present).titles.is_empty());
        }
    }

    /// One that is still at work, and how long after the end.
    fn somebody(&self) -> Option<(String, Duration)> {
        let present = lock(&self.present);
        let since = present.stopped.map(|stopped| stopped.elapsed());
        Some((present.titles.first()?.clone(), since.unwrap_or_default()))
    }

    /// Adds to the word of the user who asked to stop who kept them waiting.
    pub(super) fn blame(&self, error: Error) -> Error {
        match &lock(&self.present).late {
            Some((title, late)) if error.is_cancelled() && *late > PATIENCE => {
                let seconds = late.as_secs_f64();
                error.context(format!("waited {seconds:.1} s for {title}, which was at work"))
            }
            _ => error,
        }
    }
}
