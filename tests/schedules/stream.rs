//! The room `stream`, file by file: only `sync` is another.

#[path = "../../src/stream/advice.rs"]
mod advice;
#[path = "../../src/stream/cancel.rs"]
mod cancel;
#[path = "../../src/stream/collect.rs"]
mod collect;
#[path = "../../src/stream/control.rs"]
mod control;
#[path = "../../src/stream/crew.rs"]
mod crew;
#[path = "../../src/stream/each.rs"]
mod each;
#[path = "../../src/stream/edge.rs"]
mod edge;
#[path = "../../src/stream/gate.rs"]
mod gate;
#[path = "../../src/stream/graph.rs"]
mod graph;
#[path = "../../src/stream/items.rs"]
mod items;
#[path = "../../src/stream/marks.rs"]
mod marks;
#[path = "../../src/stream/node.rs"]
mod node;
#[path = "../../src/stream/outlet.rs"]
mod outlet;
#[path = "../../src/stream/plan.rs"]
mod plan;
#[path = "../../src/stream/progress.rs"]
mod progress;
#[path = "../../src/stream/report.rs"]
mod report;
#[path = "../../src/stream/roll.rs"]
mod roll;
#[path = "../../src/stream/shape.rs"]
mod shape;
#[path = "../../src/stream/trace.rs"]
mod trace;
#[path = "../../src/stream/watch.rs"]
mod watch;
#[path = "../../src/stream/weigh.rs"]
mod weigh;
#[path = "../../src/stream/work.rs"]
mod work;
#[path = "sync.rs"]
mod sync;

pub use cancel::Cancel;
pub use collect::Collect;
pub use each::Each;
pub use graph::{Graph, Pipe};
pub use items::Items;
pub use node::{Emit, Operator, Sink, Source};
pub use plan::Plan;
pub use report::{NodeStats, Report};
pub use sync::cores;
pub use trace::Trace;
pub use weigh::Weigh;

#[test]
fn every_file_of_the_room_is_checked() {
    let modules = |text: &'static str| -> Vec<&'static str> {
        let names = text.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
        let mut names: Vec<&str> = names.filter(|name| *name != "tests").collect();
        names.sort_unstable();
        names
    };
    let room = modules(include_str!("../../src/stream.rs"));
    assert!(room.contains(&"edge"));
    assert_eq!(modules(include_str!("stream.rs")), room);
}
