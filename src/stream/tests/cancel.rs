use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::{Block, Node, blocks, ends};
use crate::error::{Error, Kind};
use crate::stream::{Cancel, Emit, Graph, Items};

/// How late a waiting node may hear of it, on a busy machine.
const HEARD: Duration = Duration::from_millis(250);
/// How long the node at work keeps the run open after the cancel.
const WORK: Duration = Duration::from_millis(600);

/// Tells when its owner is dropped.
struct Bell(mpsc::Sender<Instant>);

impl Drop for Bell {
    fn drop(&mut self) {
        let _ = self.0.send(Instant::now());
    }
}

/// Stays at work until well after the cancel, as foreign code does.
fn toil(cancel: &Cancel) {
    while !cancel.is_cancelled() {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(WORK);
}

/// Which node stays at work while the others wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Busy {
    Source,
    Worker,
    Sink,
}

/// Cancels a run while one node is at work; returns the error and how late each other thread heard
/// of it.
fn cancelled(busy: Busy) -> (Error, Vec<Duration>) {
    ends(move || {
        let cancel = Cancel::default();
        let (tell, told) = mpsc::channel();
        let bell = || Bell(tell.clone());
        let (word, rings) = (cancel.clone(), bell());
        let source = blocks(1000, 10).into_iter().inspect(move |block| {
            let _ = &rings;
            if busy == Busy::Source && block.number == 5 {
                toil(&word);
            }
        });
        let op = |worker| {
            let (word, rings) = (cancel.clone(), bell());
            let pass = move |block: Block, out: &mut Emit<Block>| {
                let _ = (&rings, worker);
                if busy == Busy::Worker && block.number == 5 {
                    toil(&word);
                }
                out.push(block);
                Ok(())
            };
            Node::new("pass", pass, |_: &mut Emit<Block>| Ok(()))
        };
        let word = cancel.clone();
        let accept = move |block: Block| {
            if busy == Busy::Sink && block.number == 5 {
                toil(&word);
            }
            Ok(())
        };
        let mut sink = Node::new("sink", accept, || Ok(()));
        let plan = Graph::new("stop", 60).source(Items::new("blocks", source));
        let plan = plan.spread(3, op).sink(&mut sink);
        let word = cancel.clone();
        let canceller = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            // Before the word: this thread may be put off the core after it.
            let when = Instant::now();
            word.cancel();
            when
        });
        let error = plan.run(&cancel).unwrap_err();
        let when = canceller.join().unwrap();
        let late = told.try_iter().map(|rang| rang.saturating_duration_since(when));
        let mut late: Vec<Duration> = late.collect();
        late.sort();
        (error, late)
    })
}

fn only_the_busy_one_is_late(busy: Busy, waiting: usize) {
    let (error, late) = cancelled(busy);
    assert_eq!(error.kind(), Kind::Cancelled);
    assert_eq!(late.len(), 4);
    let (heard, toiled) = late.split_at(waiting);
    assert!(heard.iter().all(|late| *late < HEARD), "{late:?}");
    assert!(toiled.iter().all(|late| *late >= WORK), "{late:?}");
}

#[test]
fn a_node_that_waits_for_input_hears_cancel() {
    only_the_busy_one_is_late(Busy::Source, 3);
}

#[test]
fn a_node_that_waits_for_room_hears_cancel() {
    // Source and workers stand before full edges.
    only_the_busy_one_is_late(Busy::Sink, 4);
}

#[test]
fn a_worker_that_waits_for_its_turn_hears_cancel() {
    // One worker toils over block 5, the two others may not pass it, the source stands before a
    // full edge.
    only_the_busy_one_is_late(Busy::Worker, 3);
}

#[test]
fn a_sink_that_waits_hears_cancel_and_run_returns() {
    let waited = ends(|| {
        let cancel = Cancel::default();
        let word = cancel.clone();
        // The source itself listens, so nothing holds the run open.
        let next = move || {
            while !word.is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(None::<u64>)
        };
        let mut sink = Node::new("sink", |_: u64| Ok(()), || Ok(()));
        let plan = Graph::new("idle", 60).source(Node::<(), _, _, _>::new("tap", next, ()));
        let plan = plan.sink(&mut sink);
        let word = cancel.clone();
        let canceller = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            word.cancel();
            Instant::now()
        });
        let error = plan.run(&cancel).unwrap_err();
        assert_eq!(error.kind(), Kind::Cancelled);
        canceller.join().unwrap().elapsed()
    });
    assert!(waited < HEARD, "{waited:?}");
}

#[test]
fn a_run_that_was_cancelled_before_asks_the_source_for_nothing() {
    let cancel = Cancel::default();
    cancel.cancel();
    let next = || -> crate::error::Result<Option<u64>> { panic!("asked") };
    let mut sink = Node::new("sink", |_: u64| Ok(()), || Ok(()));
    let plan = Graph::new("never", 60).source(Node::<(), _, _, _>::new("tap", next, ()));
    let error = plan.sink(&mut sink).run(&cancel).unwrap_err();
    assert_eq!(error.kind(), Kind::Cancelled);
}

/// Where a graph asks for its own end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum At {
    Next,
    Apply,
    Finish,
    Worker,
    WorkerFinish,
    Accept,
    End,
}

/// Cancels in one position, with most of the items still to come, and counts what the sink takes.
fn cancelled_at(at: At) -> (crate::error::Result<()>, u64) {
    ends(move || {
        let cancel = Cancel::default();
        let word = || {
            let cancel = cancel.clone();
            move |here: At, hit: bool| {
                if here == at && hit {
                    cancel.cancel();
                }
            }
        };
        let (mut given, say) = (0_u64, word());
        let next = move || {
            given += 1;
            say(At::Next, given == 40);
            Ok((given <= 10_000).then_some(given))
        };
        let op = |name, apply: At, finish: At| {
            let (say, last) = (word(), word());
            let pass = move |n: u64, out: &mut Emit<u64>| {
                say(apply, n == 40);
                out.push(n);
                Ok(())
            };
            let finish = move |out: &mut Emit<u64>| {
                last(finish, true);
                out.push(0);
                Ok(())
            };
            Node::new(name, pass, finish)
        };
        let (mut taken, say, last) = (0, word(), word());
        let accept = |n: u64| {
            taken += 1;
            say(At::Accept, n == 40);
            Ok(())
        };
        let mut sink = Node::new("sink", accept, || {
            last(At::End, true);
            Ok(())
        });
        let result = Graph::new("stop", 64)
            .source(Node::<(), _, _, _>::new("tap", next, ()))
            .then(op("one", At::Apply, At::Finish))
            .spread(3, |_| op("many", At::Worker, At::WorkerFinish))
            .sink(&mut sink)
            .run(&cancel);
        (result.map(drop), taken)
    })
}

#[test]
fn cancel_in_every_position_ends_the_run() {
    for at in [At::Next, At::Apply, At::Worker, At::Accept] {
        let (result, taken) = cancelled_at(at);
        assert_eq!(result.unwrap_err().kind(), Kind::Cancelled, "{at:?}");
        assert!(taken < 200, "{at:?}: the sink took {taken} of 10000 items");
    }
    for at in [At::Finish, At::WorkerFinish] {
        assert_eq!(cancelled_at(at).0.unwrap_err().kind(), Kind::Cancelled, "{at:?}");
    }
}

#[test]
fn cancel_after_the_last_item_comes_too_late() {
    // 10,000 items, and one held back by each of four workers.
    let (result, taken) = cancelled_at(At::End);
    assert!(result.is_ok());
    assert_eq!(taken, 10_004);
}
