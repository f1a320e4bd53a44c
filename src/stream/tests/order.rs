use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::{Block, Node, blocks, ends};
use crate::stream::{Cancel, Collect, Each, Emit, Graph, Items};

/// An operator that takes its time and gives none to three blocks of any weight up to `heaviest`;
/// what it gives depends on the block alone.
fn spray(heaviest: usize, busy_us: u64, block: Block, out: &mut Emit<Block>) {
    let mut chance = Pcg64Mcg::seed_from_u64(block.number);
    std::thread::sleep(Duration::from_micros(chance.random_range(0..=busy_us)));
    for part in 0..chance.random_range(0..=3_u64) {
        let number = block.number * 4 + part;
        out.push(Block { number, weight: chance.random_range(0..=heaviest) });
    }
}

fn sprayed(heaviest: usize, input: Vec<Block>) -> Vec<Block> {
    let mut out = Emit::new();
    input.into_iter().for_each(|block| spray(heaviest, 0, block, &mut out));
    out.into_items()
}

fn run(workers: [usize; 2], input: Vec<Block>, heaviest: usize, budget: usize) -> Vec<Block> {
    ends(move || {
        let op = move |busy_us| {
            move |block, out: &mut Emit<Block>| {
                spray(heaviest, busy_us, block, out);
                Ok(())
            }
        };
        let mut sink = Collect::new("sink");
        let report = Graph::new("order", budget)
            .source(Items::new("blocks", input))
            .spread(workers[0], |_| Each::new("spray", op(300)))
            .spread(workers[1], |_| Each::new("spray again", op(0)))
            .sink(&mut sink)
            .run(&Cancel::default())
            .unwrap();
        assert!(report.peak_edge_bytes <= budget);
        sink.into_items()
    })
}

#[test]
fn order_is_kept_for_any_number_of_workers() {
    let truth = sprayed(20, sprayed(20, blocks(200, 9)));
    for workers in [[1, 1], [2, 1], [8, 2], [2, 8], [8, 8]] {
        assert!(run(workers, blocks(200, 9), 20, 500) == truth, "{workers:?}");
    }
}

#[test]
fn any_weights_in_any_budget_end_in_order() {
    // Most of these would stand still for ever if early results could shut out the one whose turn
    // it is.
    let mut chance = Pcg64Mcg::seed_from_u64(7);
    for _ in 0..120 {
        let budget = chance.random_range(1..200);
        let heaviest = chance.random_range(0..=budget);
        let workers = [chance.random_range(1..=5), chance.random_range(1..=5)];
        let input = blocks(chance.random_range(0..30), chance.random_range(0..=budget));
        let truth = sprayed(heaviest, sprayed(heaviest, input.clone()));
        let told = format!("{workers:?} budget {budget} heaviest {heaviest}");
        assert!(run(workers, input, heaviest, budget) == truth, "{told}");
    }
}

#[test]
fn what_workers_hold_back_comes_last_in_their_order() {
    for workers in [1, 2, 8] {
        let items = ends(move || {
            let mut sink = Collect::new("sink");
            let make = |worker: usize| {
                let pass = |n: u64, out: &mut Emit<u64>| {
                    out.push(n);
                    Ok(())
                };
                Node::new("hold", pass, move |out: &mut Emit<u64>| {
                    // The first worker is the last to be ready.
                    std::thread::sleep(Duration::from_millis(8 - worker as u64));
                    out.push(1000 + worker as u64);
                    Ok(())
                })
            };
            Graph::new("last", 64)
                .source(Items::new("numbers", 0..50_u64))
                .spread(workers, make)
                .sink(&mut sink)
                .run(&Cancel::default())
                .unwrap();
            sink.into_items()
        });
        let truth: Vec<u64> = (0..50).chain((0..workers as u64).map(|w| 1000 + w)).collect();
        assert_eq!(items, truth);
    }
}

#[test]
fn an_empty_source_still_finishes_every_node() {
    let items = ends(|| {
        let mut finished = 0;
        let mut items = Vec::new();
        let accept = |n: u64| {
            items.push(n);
            Ok(())
        };
        let mut sink = Node::new("sink", accept, || {
            finished += 1;
            Ok(())
        });
        let last = |out: &mut Emit<u64>| {
            out.push(7);
            Ok(())
        };
        Graph::new("empty", 64)
            .source(Items::new("numbers", 0..0_u64))
            .then(Node::new("hold", |_: u64, _: &mut Emit<u64>| Ok(()), last))
            .sink(&mut sink)
            .run(&Cancel::default())
            .unwrap();
        assert_eq!(finished, 1);
        items
    });
    assert_eq!(items, [7]);
}

#[test]
fn early_results_do_not_hold_the_other_workers_up() {
    // Item 0 takes long; with room on the edge the second worker does all the rest meanwhile.
    let stats = ends(|| {
        let mut sink = Collect::new("sink");
        let op = |n: u64, out: &mut Emit<u64>| {
            if n == 0 {
                std::thread::sleep(Duration::from_millis(200));
            }
            out.push(n);
            Ok(())
        };
        let report = Graph::new("uneven", 4096)
            .source(Items::new("numbers", 0..100_u64))
            .spread(2, |_| Each::new("uneven", op))
            .sink(&mut sink)
            .run(&Cancel::default())
            .unwrap();
        assert!(sink.items().iter().copied().eq(0..100));
        report.nodes[1].clone()
    });
    assert_eq!(stats.items, 100);
    assert!(stats.wait_out_s < 0.1, "{stats:?}");
}

#[test]
fn workers_that_give_nothing_are_never_held_up_by_a_full_edge() {
    // Blocks 1 to 3 rest before a standing sink and take more than the half that is for early
    // results; block 4 takes long; the empty results behind it need no room.
    let stats = ends(|| {
        let mut taken = Vec::new();
        let stand = |n: u64| {
            taken.push(n);
            std::thread::sleep(Duration::from_millis(if n == 0 { 300 } else { 0 }));
            Ok(())
        };
        let mut sink = Node::new("stand", stand, || Ok(()));
        let op = |n: u64, out: &mut Emit<u64>| {
            if n == 4 {
                std::thread::sleep(Duration::from_millis(200));
            } else if n < 4 {
                out.push(n);
            }
            Ok(())
        };
        let report = Graph::new("filter", 64)
            .source(Items::new("numbers", 0..100_u64))
            .spread(2, |_| Each::new("filter", op))
            .sink(&mut sink)
            .run(&Cancel::default())
            .unwrap();
        assert_eq!(taken, [0, 1, 2, 3]);
        report.nodes[1].clone()
    });
    assert!(stats.wait_out_s < 0.1, "{stats:?}");
}
