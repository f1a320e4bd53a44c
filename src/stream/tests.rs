//! What a run must never do, one file a fear.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::{Emit, Operator, Sink, Source, Weigh};
use crate::error::Result;

mod advice;
mod budget;
mod cancel;
mod describe;
mod failure;
mod order;
mod pool;
mod progress;
mod stuck;
mod trace;
mod unordered;

/// An item of a number and a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    number: u64,
    weight: usize,
}

impl Weigh for Block {
    fn bytes(&self) -> usize {
        self.weight
    }
}

fn blocks(count: u64, weight: usize) -> Vec<Block> {
    (0..count).map(|number| Block { number, weight }).collect()
}

/// Fails the test if `run` hangs.
fn ends<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let _ = tell.send(run());
    });
    match told.recv_timeout(Duration::from_secs(20)) {
        Ok(value) => value,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("the run hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => panic!("the run gave no value"),
        },
    }
}

/// Waits until `ready`; false after five seconds.
fn soon(ready: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while !ready() {
        if began.elapsed() > Duration::from_secs(5) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// A node in any position whose three steps are closures.
struct Node<I, O, A, F> {
    name: &'static str,
    apply: A,
    finish: F,
    kinds: std::marker::PhantomData<fn(I) -> O>,
}

impl<I, O, A, F> Node<I, O, A, F> {
    fn new(name: &'static str, apply: A, finish: F) -> Self {
        Self { name, apply, finish, kinds: std::marker::PhantomData }
    }
}

impl<O, A, F> Source for Node<(), O, A, F>
where
    O: Send + Weigh,
    A: FnMut() -> Result<Option<O>> + Send,
    F: Send,
{
    type Out = O;
    fn name(&self) -> String {
        self.name.to_owned()
    }
    fn next(&mut self) -> Result<Option<O>> {
        (self.apply)()
    }
}

impl<I, O, A, F> Operator for Node<I, O, A, F>
where
    I: Send + Weigh,
    O: Send + Weigh,
    A: FnMut(I, &mut Emit<O>) -> Result<()> + Send,
    F: FnMut(&mut Emit<O>) -> Result<()> + Send,
{
    type In = I;
    type Out = O;
    fn name(&self) -> String {
        self.name.to_owned()
    }
    fn apply(&mut self, item: I, out: &mut Emit<O>) -> Result<()> {
        (self.apply)(item, out)
    }
    fn finish(&mut self, out: &mut Emit<O>) -> Result<()> {
        (self.finish)(out)
    }
}

impl<I, A, F> Sink for Node<I, (), A, F>
where
    I: Send + Weigh,
    A: FnMut(I) -> Result<()>,
    F: FnMut() -> Result<()>,
{
    type In = I;
    fn name(&self) -> String {
        self.name.to_owned()
    }
    fn accept(&mut self, item: I) -> Result<()> {
        (self.apply)(item)
    }
    fn finish(&mut self) -> Result<()> {
        (self.finish)()
    }
}
