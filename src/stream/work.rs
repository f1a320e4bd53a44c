//! What the thread of each node does.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::control::{Control, Ended};
use super::edge::Edge;
use super::outlet::Outlet;
use super::progress::Progress;
use super::sync::core_s;
use super::watch::Watch;
use super::{Emit, Operator, Sink, Source, Weigh};
use crate::error::Error;

/// Who works: for errors and statistics.
#[derive(Clone)]
pub(super) struct Post {
    /// Position in the graph.
    pub(super) node: usize,
    /// Its name.
    pub(super) name: String,
    /// `operator NAME`.
    pub(super) title: String,
    /// Position among the workers of the node.
    pub(super) worker: u64,
}

/// The work of a source.
pub(super) fn give<S: Source>(post: &Post, control: &Control, source: S, out: &Outlet<S::Out>) {
    let _close = Close(out);
    guard(post, control, |watch| {
        let mut source = source;
        let mut items = Vec::with_capacity(1);
        loop {
            control.check()?;
            let next = source.next();
            watch.busy();
            let Some(item) = next? else { return Ok(()) };
            items.push(item);
            let turn = watch.stats.items;
            watch.stats.items += 1;
            watch.send(out, turn, turn + 1, &mut items)?;
        }
    });
}

/// The work of one worker of an operator.
pub(super) fn change<O: Operator>(
    post: &Post,
    control: &Control,
    operator: O,
    input: &Edge<O::In>,
    out: &Outlet<O::Out>,
) {
    let _close = Close(out);
    guard(post, control, |watch| {
        let mut operator = operator;
        let mut emit = Emit::new();
        while let Some(parcel) = watch.recv(input)? {
            watch.stats.items += 1;
            let (turn, origin) = (parcel.seq, parcel.origin);
            let done = operator.apply(parcel.item, &mut emit);
            watch.busy();
            done?;
            watch.send(out, turn, origin, &mut emit.0)?;
        }
        let done = operator.finish(&mut emit);
        watch.busy();
        done?;
        // All input has been sent, so its number is final: the last turns are those of the workers.
        let turn = input.sent() + post.worker;
        watch.send(out, turn, input.origin(), &mut emit.0)
    });
}

/// The work of a sink.
pub(super) fn take<K: Sink>(
    post: &Post,
    control: &Control,
    sink: &mut K,
    input: &Edge<K::In>,
    mut progress: Progress,
) {
    guard(post, control, |watch| {
        progress.at(0);
        while let Some(parcel) = watch.recv(input)? {
            watch.stats.items += 1;
            watch.stats.bytes += parcel.bytes as u64;
            let origin = parcel.origin;
            let done = sink.accept(parcel.item);
            watch.busy();
            done?;
            progress.at(origin);
        }
        let done = sink.finish();
        watch.busy();
        done?;
        progress.now(input.origin());
        Ok(())
    });
}

/// Runs a body; its error or panic ends the run by the title of the post, its times are counted.
fn guard(post: &Post, control: &Control, body: impl FnOnce(&mut Watch) -> Result<(), Ended>) {
    let before_s = core_s();
    let mut watch = Watch::new(control.recorder());
    match catch_unwind(AssertUnwindSafe(|| body(&mut watch))) {
        Ok(Ok(())) | Ok(Err(Ended::Stopped)) => {}
        Ok(Err(Ended::Failed(error))) => control.fail(error.context(&post.title)),
        Err(panic) => {
            let error = Error::internal(format!("panicked: {}", text(&*panic)));
            let hint = "this is a fault of the program: please report it";
            control.fail(error.context(&post.title).hint(hint));
        }
    }
    let (mut stats, recorder) = watch.stop();
    stats.core_s = (core_s() - before_s).max(0.0);
    control.add(post, &stats, recorder);
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a text")
}

/// Closes a worker's outlet after its error was noted, also when its thread unwinds.
struct Close<'a, T: Weigh>(&'a Outlet<T>);

impl<T: Weigh> Drop for Close<'_, T> {
    fn drop(&mut self) {
        self.0.close();
    }
}
