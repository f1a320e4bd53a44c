use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Block, blocks, ends, soon};
use crate::stream::{Cancel, Collect, Each, Emit, Graph, Items};

/// How many are inside at once.
#[derive(Default)]
struct Room {
    inside: AtomicUsize,
    most: AtomicUsize,
}

impl Room {
    /// Stays until `all` were inside at once, or for long enough to show that they never are.
    fn meet(&self, all: usize) {
        let now = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        soon(|| self.most.load(Ordering::SeqCst) >= all);
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// A slow node, at `slow`, between quick ones: do all its workers work at once?
fn workers_at_once(slow: usize, workers: usize, budget: usize) -> usize {
    ends(move || {
        let room = Arc::new(Room::default());
        let node = |here: usize| {
            let room = room.clone();
            move |_| {
                let room = room.clone();
                Each::new("pass", move |block: Block, out: &mut Emit<Block>| {
                    if here == slow {
                        room.meet(workers);
                    }
                    out.push(block);
                    Ok(())
                })
            }
        };
        let mut sink = Collect::new("sink");
        Graph::new("pool", budget)
            .source(Items::new("blocks", blocks(40, 10)))
            .spread(workers, node(0))
            .spread(workers, node(1))
            .spread(workers, node(2))
            .sink(&mut sink)
            .run(&Cancel::default())
            .unwrap();
        assert_eq!(sink.items(), blocks(40, 10));
        room.most()
    })
}

#[test]
fn whichever_node_is_slow_has_all_workers_at_work() {
    for slow in 0..3 {
        // Room on the edges, and items that only hands can hold.
        for budget in [4000, 10] {
            assert_eq!(workers_at_once(slow, 4, budget), 4, "node {slow}, budget {budget}");
        }
    }
}
