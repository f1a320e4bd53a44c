use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{Node, ends, soon};
use crate::error::{Error, Kind, Result};
use crate::stream::control::Control;
use crate::stream::crew::Crew;
use crate::stream::work::Post;
use crate::stream::{Cancel, Emit, Graph};

/// Where a graph goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Nowhere,
    Next,
    Apply,
    Finish,
    Worker,
    WorkerFinish,
    Accept,
    End,
}

const PLACES: [(At, &str); 7] = [
    (At::Next, "source tap"),
    (At::Apply, "operator one"),
    (At::Finish, "operator one"),
    (At::Worker, "operator many"),
    (At::WorkerFinish, "operator many"),
    (At::Accept, "sink drain"),
    (At::End, "sink drain"),
];

type Fault = fn() -> Result<()>;

thread_local! {
    /// Counts down when its thread is gone.
    static LIVES: RefCell<Option<Life>> = const { RefCell::new(None) };
}

struct Life(Arc<AtomicUsize>);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn live(threads: &Arc<AtomicUsize>) {
    LIVES.with_borrow_mut(|life| {
        life.get_or_insert_with(|| {
            threads.fetch_add(1, Ordering::SeqCst);
            Life(threads.clone())
        });
    });
}

/// Runs a graph that goes wrong at `at` by `fault` with 40 of 100 items done; returns the error if
/// there was one, and how many threads outlived the run.
fn broken(at: At, fault: Fault) -> (Option<Error>, usize) {
    ends(move || {
        let threads = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let when = move |here: At, hit: bool| if here == at && hit { fault() } else { Ok(()) };
        let (mut given, lives, high) = (0_u64, threads.clone(), most.clone());
        let next = move || {
            live(&lives);
            high.fetch_max(lives.load(Ordering::SeqCst), Ordering::SeqCst);
            given += 1;
            when(At::Next, given == 40)?;
            Ok((given <= 100).then_some(given))
        };
        let op = |apply: At, finish: At| {
            let lives = threads.clone();
            let pass = move |n: u64, out: &mut Emit<u64>| {
                live(&lives);
                when(apply, n == 40)?;
                out.push(n);
                Ok(())
            };
            (pass, move |_: &mut Emit<u64>| when(finish, true))
        };
        let (pass, last) = op(At::Apply, At::Finish);
        let one = Node::new("one", pass, last);
        let accept = |n: u64| when(At::Accept, n == 40);
        let mut sink = Node::new("drain", accept, || when(At::End, true));
        let result = Graph::new("broken", 64)
            .source(Node::<(), _, _, _>::new("tap", next, ()))
            .then(one)
            .spread(3, |_| {
                let (pass, last) = op(At::Worker, At::WorkerFinish);
                Node::new("many", pass, last)
            })
            .sink(&mut sink)
            .run(&Cancel::default());
        // So that an alive count of zero says something.
        assert!(at == At::Next || most.load(Ordering::SeqCst) >= 2, "no thread was counted");
        (result.err(), threads.load(Ordering::SeqCst))
    })
}

#[test]
fn an_error_in_any_position_names_its_node() {
    for (at, name) in PLACES {
        let (error, alive) = broken(at, || Err(Error::corrupt("tile 7 is torn")));
        let error = error.unwrap_or_else(|| panic!("{at:?} gave no error"));
        assert_eq!(error.to_string(), format!("{name}: tile 7 is torn"), "{at:?}");
        assert_eq!(error.kind(), Kind::Corrupt);
        assert_eq!(alive, 0, "threads outlive a run that failed at {at:?}");
    }
}

#[test]
fn a_panic_in_any_position_names_its_node() {
    for (at, name) in PLACES {
        let (error, alive) = broken(at, || panic!("index {} out of reach", 12));
        let error = error.unwrap_or_else(|| panic!("{at:?} gave no error"));
        assert_eq!(error.to_string(), format!("{name}: panicked: index 12 out of reach"), "{at:?}");
        assert_eq!(error.kind(), Kind::Internal);
        assert_eq!(alive, 0, "threads outlive a run that panicked at {at:?}");
    }
}

#[test]
fn no_thread_outlives_a_good_run() {
    let (error, alive) = broken(At::Nowhere, || Ok(()));
    assert!(error.is_none());
    assert_eq!(alive, 0);
}

#[test]
fn the_first_error_wins() {
    let error = ends(|| {
        let (told, wait) = std::sync::mpsc::channel::<()>();
        let mut given = 0_u64;
        let next = move || {
            given += 1;
            if given == 3 {
                // The operator has failed by now; this comes second.
                let _ = wait.recv();
                std::thread::sleep(Duration::from_millis(20));
                return Err(Error::usage("second"));
            }
            Ok(Some(given))
        };
        let fail = move |_: u64, _: &mut Emit<u64>| {
            let _ = told.send(());
            Err(Error::usage("first"))
        };
        let mut sink = Node::new("sink", |_: u64| Ok(()), || Ok(()));
        Graph::new("race", 64)
            .source(Node::<(), _, _, _>::new("tap", next, ()))
            .then(Node::new("fail", fail, |_: &mut Emit<u64>| Ok(())))
            .sink(&mut sink)
            .run(&Cancel::default())
            .unwrap_err()
    });
    assert_eq!(error.to_string(), "operator fail: first");
}

#[test]
fn a_sink_does_not_finish_a_run_that_failed() {
    // Whatever a sink publishes in `finish` is then known to be whole.
    for at in [At::Next, At::Finish, At::WorkerFinish] {
        let ran = ends(move || {
            let mut finished = false;
            let step =
                move |here: At| move || if here == at { panic!("at {here:?}") } else { Ok(()) };
            let mut sink = Node::new(
                "sink",
                |_: u64| Ok(()),
                || {
                    finished = true;
                    Ok(())
                },
            );
            let next = move || step(At::Next)().map(|()| None::<u64>);
            let op = |name, here: At| {
                let pass = |_: u64, _: &mut Emit<u64>| Ok(());
                Node::new(name, pass, move |_: &mut Emit<u64>| step(here)())
            };
            let result = Graph::new("whole", 64)
                .source(Node::<(), _, _, _>::new("tap", next, ()))
                .then(op("one", At::Finish))
                .spread(2, |_| op("many", At::WorkerFinish))
                .sink(&mut sink)
                .run(&Cancel::default());
            assert!(result.is_err());
            finished
        });
        assert!(!ran, "{at:?}");
    }
}

#[test]
fn a_panic_when_an_operator_is_dropped_ends_the_run() {
    struct Sour;
    impl Drop for Sour {
        fn drop(&mut self) {
            panic!("will not close");
        }
    }
    let error = ends(|| {
        let sour = Sour;
        let pass = move |n: u64, out: &mut Emit<u64>| {
            let _ = &sour;
            out.push(n);
            Ok(())
        };
        let mut sink = Node::new("sink", |_: u64| Ok(()), || Ok(()));
        Graph::new("sour", 64)
            .source(crate::stream::Items::new("numbers", 0..5_u64))
            .then(Node::new("close", pass, |_: &mut Emit<u64>| Ok(())))
            .sink(&mut sink)
            .run(&Cancel::default())
            .unwrap_err()
    });
    assert_eq!(error.to_string(), "operator close: panicked: will not close");
}

#[test]
fn a_crew_that_is_dropped_stops_its_threads_and_waits_for_them() {
    // The way out when one of the threads cannot be started.
    let threads = Arc::new(AtomicUsize::new(0));
    let lives = threads.clone();
    ends(move || {
        let control = Arc::new(Control::new(&Cancel::default(), 64, Vec::new()));
        let mut crew = Crew::new(control.clone(), 64);
        let started = lives.clone();
        let body = move || {
            live(&started);
            while control.check().is_ok() {
                std::thread::yield_now();
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let name = "wait\0forever".to_owned();
        let post = Post { node: 0, title: format!("operator {name}"), name, worker: 0 };
        crew.spawn(&post, body).unwrap();
        assert!(soon(|| lives.load(Ordering::SeqCst) == 1));
    });
    assert_eq!(threads.load(Ordering::SeqCst), 0);
}
