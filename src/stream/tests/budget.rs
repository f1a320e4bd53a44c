use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::{Block, Node, blocks, ends, soon};
use crate::error::Kind;
use crate::stream::{Cancel, Collect, Each, Emit, Graph, Items, Report};

/// Runs source, `workers` copies of a pass-through and a sink that stands still until the source
/// can give no more; returns how many items the source had given by then.
fn given_to_a_standing_sink(workers: usize, weight: usize, budget: usize) -> (u64, u64, Report) {
    let given = Arc::new(AtomicU64::new(0));
    let open = Arc::new(AtomicBool::new(false));
    let (count, wait) = (given.clone(), open.clone());
    let run = std::thread::spawn(move || {
        let counted = blocks(100, weight).into_iter().inspect(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let mut taken = 0;
        let accept = |_: Block| {
            taken += 1;
            assert!(soon(|| wait.load(Ordering::SeqCst)));
            Ok(())
        };
        let mut sink = Node::new("stand", accept, || Ok(()));
        let report = Graph::new("still", budget)
            .source(Items::new("blocks", counted))
            .spread(workers, |_| {
                Each::new("pass", |b: Block, out: &mut Emit<Block>| {
                    out.push(b);
                    Ok(())
                })
            })
            .sink(&mut sink)
            .run(&Cancel::default())
            .unwrap();
        (taken, report)
    });
    // On a busy machine the source may begin late, or stand still for a while.
    let (mut before, mut since) = (u64::MAX, std::time::Instant::now());
    while before == 0 || since.elapsed() < Duration::from_millis(500) {
        let now = given.load(Ordering::SeqCst);
        if now != before {
            (before, since) = (now, std::time::Instant::now());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    open.store(true, Ordering::SeqCst);
    let (taken, report) = run.join().unwrap();
    (before, taken, report)
}

#[test]
fn back_pressure_reaches_the_source_to_the_item() {
    // Sink 1, edge 3, operator 1, edge 3, source 1.
    let (given, taken, report) = given_to_a_standing_sink(1, 10, 60);
    assert_eq!((given, taken), (9, 100));
    assert_eq!(report.peak_edge_bytes, 60);
    // A second worker has one more item in its hands.
    let (given, taken, report) = given_to_a_standing_sink(2, 10, 60);
    assert_eq!((given, taken), (10, 100));
    assert_eq!(report.peak_edge_bytes, 60);
}

#[test]
fn an_item_larger_than_a_share_goes_from_hand_to_hand() {
    // A share is 30 bytes, the budget 60: only hands hold blocks of 40.
    let (given, taken, report) = given_to_a_standing_sink(1, 40, 60);
    assert_eq!((given, taken), (3, 100));
    assert_eq!(report.peak_edge_bytes, 0);
    let (given, taken, _) = given_to_a_standing_sink(3, 60, 60);
    assert_eq!((given, taken), (5, 100));
}

#[test]
fn items_without_weight_are_bounded_by_number() {
    let slots = crate::limits::EDGE_ITEMS as u64;
    let given = Arc::new(AtomicU64::new(0));
    let count = given.clone();
    let (mut seen, mut most) = (0_u64, 0);
    let accept = |_: ()| {
        if seen == 0 {
            soon(|| given.load(Ordering::SeqCst) > slots + 1);
            std::thread::sleep(Duration::from_millis(50));
        }
        most = most.max(given.load(Ordering::SeqCst) - seen);
        seen += 1;
        Ok(())
    };
    let mut sink = Node::new("count", accept, || Ok(()));
    let source = (0..5 * slots).map(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let plan = Graph::new("light", 1).source(Items::new("units", source)).sink(&mut sink);
    let report = plan.run(&Cancel::default()).unwrap();
    assert_eq!((seen, report.peak_edge_bytes), (5 * slots, 0));
    assert_eq!(most, slots + 2);
}

#[test]
fn an_item_larger_than_the_budget_is_refused_by_name() {
    let error = ends(|| {
        let mut sink = Collect::new("sink");
        let grow = |b: Block, out: &mut Emit<Block>| {
            out.push(Block { weight: if b.number == 3 { 61 } else { 10 }, ..b });
            Ok(())
        };
        let plan = Graph::new("large", 60)
            .source(Items::new("blocks", blocks(100, 10)))
            .then(Each::new("grow", grow))
            .sink(&mut sink);
        plan.run(&Cancel::default()).unwrap_err()
    });
    assert_eq!(error.kind(), Kind::OutOfMemory);
    let text = error.to_string();
    assert!(text.starts_with("operator grow: "), "{text}");
    assert!(text.contains("61 bytes") && text.contains("60 bytes"), "{text}");
    assert!(error.next_step().is_some_and(|hint| hint.contains("budget")));
}

#[test]
fn an_item_as_large_as_the_budget_passes() {
    let items = ends(|| {
        let mut sink = Collect::new("sink");
        let keep = |b: Block, out: &mut Emit<Block>| {
            out.push(b);
            Ok(())
        };
        Graph::new("tight", 60)
            .source(Items::new("blocks", blocks(20, 60)))
            .then(Each::new("keep", keep))
            .spread(3, |_| Each::new("again", keep))
            .sink(&mut sink)
            .run(&Cancel::default())
            .unwrap();
        sink.into_items()
    });
    assert_eq!(items, blocks(20, 60));
}

#[test]
fn a_slow_sink_loses_nothing_and_stays_in_the_budget() {
    let (items, report) = ends(|| {
        let mut items = Vec::new();
        let slow = |b: Block| {
            std::thread::sleep(Duration::from_micros(300));
            items.push(b);
            Ok(())
        };
        let mut sink = Node::new("slow", slow, || Ok(()));
        let report = Graph::new("slow", 100)
            .source(Items::new("blocks", blocks(300, 7)))
            .sink(&mut sink)
            .run(&Cancel::default())
            .unwrap();
        (items, report)
    });
    assert_eq!(items, blocks(300, 7));
    // Fourteen blocks of seven bytes: a fifteenth would pass the budget.
    assert_eq!(report.peak_edge_bytes, 98);
    assert_eq!(report.bottleneck(), Some("slow"));
    assert!(report.nodes[0].wait_out_s > report.nodes[0].busy_s);
}
