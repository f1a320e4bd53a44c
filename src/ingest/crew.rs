//! A few threads over a list of jobs, heard from the caller's thread.
//!
//! Plain threads, not a shared pool: a pool's worker that waits for an inner task may start another
//! product meanwhile, and the number in flight (and so the memory) would no longer be bounded.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use crate::error::{Error, Kind, Result};

enum Event<T> {
    Step,
    Done(usize, T),
}

/// How a worker tells of its steps and hears of a stop.
pub(super) struct Pulse<'a> {
    stop: &'a AtomicBool,
    step: &'a dyn Fn(),
}

impl Pulse<'_> {
    /// One step more; an error once the run is to stop.
    pub fn step(&self) -> Result<()> {
        (self.step)();
        if self.stop.load(Ordering::Relaxed) { Err(stopped()) } else { Ok(()) }
    }

    /// Ends the other jobs at their next step: the run has failed.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// The error of a run that was stopped.
pub(super) fn stopped() -> Error {
    Error::new(Kind::Cancelled, "ingest was stopped")
        .hint("what was finished is kept: run the same command again to go on")
}

/// Does `work` for each job on `workers` threads. The results are in the order of the jobs; a job
/// that was not begun because of a stop has none.
pub(super) fn run<J: Sync, T: Send>(
    jobs: &[J],
    workers: usize,
    work: impl Fn(&J, &Pulse) -> T + Sync,
    cancelled: &dyn Fn() -> bool,
    step: &mut dyn FnMut(),
) -> Result<Vec<Option<T>>> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut results: Vec<Option<T>> = jobs.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        let (sender, events) = mpsc::channel::<Event<T>>();
        let threads: Vec<_> = (0..workers.clamp(1, jobs.len().max(1)))
            .map(|_| {
                let sender = sender.clone();
                let (next, stop, work) = (&next, &stop, &work);
                scope.spawn(move || worker(jobs, next, stop, work, &sender))
            })
            .collect();
        drop(sender);
        loop {
            if cancelled() {
                stop.store(true, Ordering::Relaxed);
            }
            match events.recv_timeout(Duration::from_millis(100)) {
                Ok(Event::Step) => step(),
                Ok(Event::Done(job, result)) => results[job] = Some(result),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // Every thread is joined before the answer: a scope would panic for one that was not.
        let panics = threads.into_iter().map(|t| t.join()).filter(Result::is_err).count();
        if panics > 0 { Err(Error::internal("a thread of ingest panicked")) } else { Ok(()) }
    })?;
    Ok(results)
}

fn worker<J, T>(
    jobs: &[J],
    next: &AtomicUsize,
    stop: &AtomicBool,
    work: &impl Fn(&J, &Pulse) -> T,
    sender: &Sender<Event<T>>,
) {
    // The caller listens until every sender is gone, so a send cannot fail while it matters.
    let step = || drop(sender.send(Event::Step));
    let pulse = Pulse { stop, step: &step };
    while !stop.load(Ordering::Relaxed) {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(job) = jobs.get(index) else { return };
        drop(sender.send(Event::Done(index, work(job, &pulse))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_jobs() {
        let jobs: Vec<u32> = (0..50).collect();
        let mut steps = 0;
        let work = |job: &u32, pulse: &Pulse| {
            pulse.step().unwrap();
            job * 2
        };
        let results = run(&jobs, 3, work, &|| false, &mut || steps += 1).unwrap();
        assert_eq!(results, jobs.iter().map(|j| Some(j * 2)).collect::<Vec<_>>());
        assert_eq!(steps, 50);
    }

    #[test]
    fn a_cancelled_run_begins_no_further_job() {
        let jobs = [(); 1000];
        let work = |_: &(), pulse: &Pulse| {
            std::thread::sleep(Duration::from_millis(5));
            pulse.step().is_ok()
        };
        let results = run(&jobs, 2, work, &|| true, &mut || {}).unwrap();
        assert!(results.iter().filter(|r| r.is_some()).count() < 10);
    }

    #[test]
    fn a_panic_is_an_error() {
        let work = |_: &(), _: &Pulse| panic!("as if by a bug");
        assert!(run::<_, ()>(&[()], 1, work, &|| false, &mut || {}).is_err());
    }
}
