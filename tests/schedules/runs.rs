//! Whole graphs whose every schedule must end, and end well.

use shuttle::thread;

use crate::check::check;
use crate::error::{Error, Kind, Result};
use crate::stream::{Cancel, Collect, Each, Emit, Graph, Items, Operator, Pipe, Sink, Weigh};

/// A number that weighs as many bytes as it is asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Block(u64, usize);

impl Weigh for Block {
    fn bytes(&self) -> usize {
        self.1
    }
}

/// Passes blocks on, and does what it is told to at one of them and at the end.
struct Pass {
    at: u64,
    then: fn() -> Result<()>,
    last: fn() -> Result<()>,
}

fn well() -> Result<()> {
    Ok(())
}

fn fails() -> Result<()> {
    Err(Error::corrupt("torn"))
}

/// Unwinds as a panic does, without the message, for it would be printed some hundred times.
fn panics() -> Result<()> {
    std::panic::resume_unwind(Box::new("out of reach"))
}

const PASS: Pass = Pass { at: u64::MAX, then: well, last: well };

impl Operator for Pass {
    type In = Block;
    type Out = Block;

    fn name(&self) -> String {
        "pass".to_owned()
    }

    fn apply(&mut self, block: Block, out: &mut Emit<Block>) -> Result<()> {
        if block.0 == self.at {
            (self.then)()?;
        }
        out.push(block);
        Ok(())
    }

    fn finish(&mut self, _: &mut Emit<Block>) -> Result<()> {
        (self.last)()
    }
}

fn source(budget: usize, weights: &'static [usize]) -> Pipe<Block> {
    let blocks = weights.iter().enumerate().map(|(n, weight)| Block(n as u64, *weight));
    Graph::new("graph", budget).source(Items::new("blocks", blocks))
}

fn blocks(weights: &[usize]) -> Vec<Block> {
    weights.iter().enumerate().map(|(n, weight)| Block(n as u64, *weight)).collect()
}

/// Small, large for a share, without weight, as large as the budget.
const WEIGHTS: &[usize] = &[3, 9, 0, 12, 1, 6, 12, 2];
const BUDGET: usize = 12;

#[test]
fn two_workers_in_order() {
    check(|| {
        let mut sink = Collect::new("sink");
        let plan = source(BUDGET, WEIGHTS).spread(2, |_| PASS).sink(&mut sink);
        let report = plan.run(&Cancel::default()).unwrap();
        assert_eq!(sink.items(), blocks(WEIGHTS));
        assert!(report.peak_edge_bytes <= BUDGET);
        assert_eq!(report.nodes[1].items, WEIGHTS.len() as u64);
    });
}

#[test]
fn two_workers_in_any_order() {
    check(|| {
        let mut sink = Collect::new("sink");
        let plan = source(BUDGET, WEIGHTS).spread_unordered(2, |_| PASS).sink(&mut sink);
        let report = plan.run(&Cancel::default()).unwrap();
        let mut items = sink.into_items();
        items.sort();
        assert_eq!(items, blocks(WEIGHTS));
        assert!(report.peak_edge_bytes <= BUDGET);
    });
}

#[test]
fn a_long_chain_that_gives_none_one_or_more() {
    check(|| {
        let some = |block: Block, out: &mut Emit<Block>| {
            (0..block.0 % 3).for_each(|part| out.push(Block(block.0 * 3 + part, block.1)));
            Ok(())
        };
        let mut truth = Emit::new();
        blocks(WEIGHTS).into_iter().for_each(|block| some(block, &mut truth).unwrap());
        let mut sink = Collect::new("sink");
        source(3 * BUDGET, WEIGHTS)
            .spread(3, |_| Each::new("some", some))
            .then(PASS)
            .spread(2, |_| PASS)
            .sink(&mut sink)
            .run(&Cancel::default())
            .unwrap();
        assert_eq!(sink.items(), truth.into_items());
    });
}

#[test]
fn queues_fill_up_with_items_of_no_weight() {
    check(|| {
        let mut sink = Collect::new("sink");
        let plan = source(1, &[0; 12]).then(PASS).spread_unordered(2, |_| PASS).sink(&mut sink);
        plan.run(&Cancel::default()).unwrap();
        assert_eq!(sink.items().len(), 12);
    });
}

#[test]
fn a_source_that_ends_early() {
    for weights in [&[] as &[usize], &[5]] {
        check(move || {
            let mut sink = Collect::new("sink");
            let plan = source(BUDGET, weights).spread(2, |_| PASS).then(PASS).sink(&mut sink);
            plan.run(&Cancel::default()).unwrap();
            assert_eq!(sink.items(), blocks(weights));
        });
    }
}

/// Runs a graph whose `position` goes wrong by `fault`.
fn broken(position: usize, fault: fn() -> Result<()>) -> Error {
    let pass = |here: usize| match position {
        p if p == here => Pass { at: 3, then: fault, last: well },
        p if p == here + 1 => Pass { at: u64::MAX, then: well, last: fault },
        _ => PASS,
    };
    let mut sink = Collect::new("sink");
    source(BUDGET, WEIGHTS)
        .then(pass(0))
        .spread(2, |_| pass(2))
        .spread_unordered(2, |_| pass(4))
        .sink(&mut sink)
        .run(&Cancel::default())
        .unwrap_err()
}

#[test]
fn an_error_at_every_operator() {
    check(|| (0..6).for_each(|at| assert_eq!(broken(at, fails).kind(), Kind::Corrupt)));
}

#[test]
fn a_panic_at_every_operator() {
    check(|| {
        (0..6).for_each(|at| {
            let text = broken(at, panics).to_string();
            assert_eq!(text, "operator pass: panicked: out of reach");
        });
    });
}

#[test]
fn a_sink_that_fails_while_all_wait_for_it() {
    struct Full;
    impl Sink for Full {
        type In = Block;
        fn name(&self) -> String {
            "full".to_owned()
        }
        fn accept(&mut self, block: Block) -> Result<()> {
            if block.0 == 2 { fails() } else { Ok(()) }
        }
    }
    check(|| {
        let plan = source(BUDGET, WEIGHTS).spread(2, |_| PASS).spread_unordered(2, |_| PASS);
        let error = plan.sink(&mut Full).run(&Cancel::default()).unwrap_err();
        assert_eq!(error.kind(), Kind::Corrupt);
    });
}

#[test]
fn cancel_at_any_moment() {
    check(|| {
        let cancel = Cancel::default();
        let word = cancel.clone();
        let canceller = thread::spawn(move || word.cancel());
        let mut sink = Collect::new("sink");
        let plan = source(BUDGET, WEIGHTS).spread(2, |_| PASS).spread_unordered(2, |_| PASS);
        // It came too late, or it was heard.
        match plan.sink(&mut sink).run(&cancel) {
            Ok(_) => assert_eq!(sink.items().len(), WEIGHTS.len()),
            Err(error) => assert_eq!(error.kind(), Kind::Cancelled),
        }
        canceller.join().unwrap();
    });
}
