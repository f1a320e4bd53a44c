//! The threads of one run.

use super::control::Control;
use super::edge::Edge;
use super::sync::{Arc, thread};
use super::work::Post;
use crate::error::{Error, Kind, Result};

/// Starts threads and never lets one outlive it.
pub(super) struct Crew {
    control: Arc<Control>,
    share: usize,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Crew {
    /// No thread yet; each edge may hold `share` bytes.
    pub(super) fn new(control: Arc<Control>, share: usize) -> Self {
        Self { control, share, threads: Vec::new() }
    }

    /// What the threads share.
    pub(super) fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// A new edge with its share of the budget.
    pub(super) fn edge<T>(&self) -> Arc<Edge<T>> {
        Arc::new(Edge::new(self.control.clone(), self.share))
    }

    /// Starts a thread for a worker.
    pub(super) fn spawn(
        &mut self,
        post: &Post,
        body: impl FnOnce() + Send + 'static,
    ) -> Result<()> {
        // The operating system takes no NUL in a name.
        let name = post.name.replace('\0', " ");
        let seat = self.control.seat(&post.title);
        let work = move || {
            let _seat = seat;
            body();
        };
        let handle = thread::Builder::new().name(name).spawn(work).map_err(|e| {
            Error::new(Kind::Io, format!("starting a thread for {}", post.name))
                .with_source(e)
                .hint("ask for fewer workers, or raise the limit of threads (ulimit -u)")
        })?;
        self.threads.push(handle);
        Ok(())
    }

    /// Waits for all threads.
    pub(super) fn join(&mut self) {
        self.control.wait();
        for handle in self.threads.drain(..) {
            let name = handle.thread().name().unwrap_or_default().to_owned();
            if handle.join().is_err() {
                let text = format!("the thread of {name} died outside its work");
                self.control.fail(Error::internal(text));
            }
        }
    }
}

impl Drop for Crew {
    /// On the way out of an error or a panic: stop first, then wait.
    fn drop(&mut self) {
        self.control.halt();
        self.join();
    }
}
