use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Node, ends, soon};
use crate::error::{Error, Kind};
use crate::stream::{Cancel, Emit, Graph};

/// Tells when its owner, a node, is dropped: its thread is then done.
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A reader that never returns by itself, and one of three workers that does not: what becomes of
/// the others when the run is cancelled? Returns whether they left while it was stuck, and the
/// error.
fn stuck(reader: bool) -> (bool, Error) {
    ends(move || {
        let cancel = Cancel::default();
        let free = Arc::new(AtomicBool::new(false));
        let (inside, source_gone) =
            (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let hang = {
            let (free, inside) = (free.clone(), inside.clone());
            move || {
                inside.store(true, Ordering::SeqCst);
                while !free.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        };
        let (mut given, gone, wait) = (0_u64, Gone(source_gone.clone()), hang.clone());
        let next = move || {
            let _ = &gone;
            given += 1;
            if reader && given == 3 {
                wait();
            }
            Ok(Some(given))
        };
        let mut others = Vec::new();
        let mut make = |worker: usize| {
            let flag = Arc::new(AtomicBool::new(false));
            others.push(flag.clone());
            let (gone, wait) = (Gone(flag), hang.clone());
            let pass = move |n: u64, out: &mut Emit<u64>| {
                let _ = (&gone, worker);
                if !reader && n == 3 {
                    wait();
                }
                out.push(n);
                Ok(())
            };
            Node::new("decode", pass, |_: &mut Emit<u64>| Ok(()))
        };
        let mut workers: Vec<_> = (0..3).map(&mut make).map(Some).collect();
        let slots = std::cell::RefCell::new(&mut workers);
        let mut sink = Node::new("sink", |_: u64| Ok(()), || Ok(()));
        let plan = Graph::new("stuck", 64)
            .source(Node::<(), _, _, _>::new("tap", next, ()))
            .spread(3, |worker| slots.borrow_mut()[worker].take().unwrap())
            .sink(&mut sink);
        let word = cancel.clone();
        let watch = std::thread::spawn(move || {
            assert!(soon(|| inside.load(Ordering::SeqCst)));
            word.cancel();
            let left = || others.iter().filter(|flag| flag.load(Ordering::SeqCst)).count();
            let source = || source_gone.load(Ordering::SeqCst);
            let others_left = match reader {
                true => soon(|| left() == 3) && !source(),
                false => soon(|| left() == 2 && source()),
            };
            // Longer than the run's patience.
            std::thread::sleep(Duration::from_millis(1200));
            free.store(true, Ordering::SeqCst);
            others_left
        });
        let error = plan.run(&cancel).unwrap_err();
        (watch.join().unwrap(), error)
    })
}

#[test]
fn a_stuck_reader_holds_nobody_else_and_is_named() {
    let (others_left, error) = stuck(true);
    assert!(others_left);
    assert_eq!(error.kind(), Kind::Cancelled);
    let text = error.to_string();
    assert!(text.starts_with("waited ") && text.contains("for source tap, which"), "{text}");
    assert!(text.ends_with("stopped at your request"), "{text}");
}

#[test]
fn a_stuck_worker_holds_nobody_else_and_is_named() {
    let (others_left, error) = stuck(false);
    assert!(others_left);
    let text = error.to_string();
    assert!(text.contains("for operator decode, which was at work"), "{text}");
}

#[test]
fn who_leaves_at_once_is_not_blamed() {
    let cancel = Cancel::default();
    let word = cancel.clone();
    let next = move || {
        word.cancel();
        Ok(Some(1_u64))
    };
    let mut sink = Node::new("sink", |_: u64| Ok(()), || Ok(()));
    let plan = Graph::new("quick", 64).source(Node::<(), _, _, _>::new("tap", next, ()));
    let error = plan.sink(&mut sink).run(&cancel).unwrap_err();
    assert_eq!(error.to_string(), "stopped at your request");
}
