use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use super::{Block, Node, blocks, ends, soon};
use crate::error::{Error, Kind};
use crate::stream::{Cancel, Collect, Each, Emit, Graph, Items};

/// Two nodes in any order, on blocks of the given weights.
fn run(workers: [usize; 2], weights: Vec<usize>, budget: usize) -> Vec<Block> {
    ends(move || {
        let input = weights.into_iter().enumerate();
        let input = input.map(|(n, weight)| Block { number: n as u64, weight });
        let split = |block: Block, out: &mut Emit<Block>| {
            // None to two of one.
            (0..block.number % 3).for_each(|_| out.push(block));
            Ok(())
        };
        let last = |out: &mut Emit<Block>| {
            out.push(Block { number: u64::MAX, weight: 1 });
            Ok(())
        };
        let mut sink = Collect::new("sink");
        let report = Graph::new("free", budget)
            .source(Items::new("blocks", input))
            .spread_unordered(workers[0], |_| Node::new("split", split, last))
            .spread_unordered(workers[1], |_| {
                Each::new("pass", |block, out: &mut Emit<Block>| {
                    out.push(block);
                    Ok(())
                })
            })
            .sink(&mut sink)
            .run(&Cancel::default())
            .unwrap();
        assert!(report.peak_edge_bytes <= budget);
        sink.into_items()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_item_comes_once(
        workers in [1_usize..6, 1..6],
        budget in 1_usize..200,
        shares in prop::collection::vec(0.0..=1.0_f64, 0..40),
    ) {
        let weights: Vec<usize> = shares.iter().map(|s| (s * budget as f64) as usize).collect();
        let mut truth: Vec<(u64, usize)> = (0..).zip(weights.iter().copied()).collect();
        truth = truth.iter().flat_map(|b| vec![*b; (b.0 % 3) as usize]).collect();
        truth.extend(vec![(u64::MAX, 1); workers[0]]);
        let mut items: Vec<_> = run(workers, weights, budget).iter().map(|b| (b.number, b.weight)).collect();
        items.sort_unstable();
        prop_assert_eq!(items, truth);
    }
}

#[test]
fn a_slow_item_holds_up_no_other() {
    // The budget leaves no room to wait for a turn: where order is kept, this would stand still.
    let first = ends(|| {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (all, done) = (seen.clone(), seen.clone());
        let op = move |block: Block, out: &mut Emit<Block>| {
            if block.number == 0 {
                assert!(soon(|| done.lock().unwrap().len() == 99));
            }
            out.push(block);
            Ok(())
        };
        let accept = |block: Block| {
            all.lock().unwrap().push(block.number);
            Ok(())
        };
        let mut sink = Node::new("sink", accept, || Ok(()));
        Graph::new("slow", 10)
            .source(Items::new("blocks", blocks(100, 10)))
            .spread_unordered(2, |_| Each::new("slow", op.clone()))
            .sink(&mut sink)
            .run(&Cancel::default())
            .unwrap();
        seen.lock().unwrap().clone()
    });
    assert!(first.iter().copied().eq((1..100).chain([0])), "{first:?}");
}

#[test]
fn progress_counts_what_is_through_before_the_slow_item() {
    let told = ends(|| {
        let told = Arc::new(Mutex::new(Vec::new()));
        let (note, heard) = (told.clone(), told.clone());
        let op = |n: u64, out: &mut Emit<u64>| {
            std::thread::sleep(Duration::from_millis(if n == 3 { 400 } else { 10 }));
            out.push(n);
            Ok(())
        };
        let mut sink = Collect::new("sink");
        Graph::new("slow", 640)
            .source(Items::new("numbers", 0..40_u64))
            .spread_unordered(2, |_| Each::new("slow", op))
            .sink(&mut sink)
            .with_progress(Box::new(move |done, _| note.lock().unwrap().push(done)))
            .run(&Cancel::default())
            .unwrap();
        heard.lock().unwrap().clone()
    });
    assert!(told.is_sorted(), "{told:?}");
    assert!(told.contains(&3), "it told nothing while item 3 was under way: {told:?}");
    assert_eq!(told.last(), Some(&40));
}

#[test]
fn an_error_a_panic_and_cancel_end_it_as_they_end_others() {
    type Fault = fn(&Cancel) -> crate::error::Result<()>;
    let faults: [(Fault, Kind, &str); 3] = [
        (|_| Err(Error::corrupt("torn")), Kind::Corrupt, "operator op: torn"),
        (|_| panic!("out of reach"), Kind::Internal, "operator op: panicked: out of reach"),
        (
            |cancel| {
                cancel.cancel();
                Ok(())
            },
            Kind::Cancelled,
            "stopped at your request",
        ),
    ];
    for (fault, kind, text) in faults {
        let error = ends(move || {
            let cancel = Cancel::default();
            let word = cancel.clone();
            let op = move |n: u64, out: &mut Emit<u64>| {
                if n == 40 {
                    fault(&word)?;
                }
                out.push(n);
                Ok(())
            };
            let mut sink = Collect::new("sink");
            Graph::new("free", 64)
                .source(Items::new("numbers", 0..10_000_u64))
                .spread_unordered(3, |_| Each::new("op", op.clone()))
                .sink(&mut sink)
                .run(&cancel)
                .unwrap_err()
        });
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
    }
}
