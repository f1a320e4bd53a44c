//! Draws schedules.

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

/// Schedules of each graph, unless `SCHEDULES` says how many.
const SCHEDULES: usize = 200;
/// Bytes of the stack of a thread: a panic prints its way out.
const STACK: usize = 1 << 18;
/// Changes of priority in schedules of the second kind: faults that need more are rare.
const CHANGES: usize = 3;

/// Runs `graph` under many schedules: half switch threads at random, half run one thread as long as
/// it can and switch a few times where it hurts.
pub fn check(graph: impl Fn() + Send + Sync + Copy + 'static) {
    let asked = std::env::var("SCHEDULES").ok().and_then(|text| text.parse().ok());
    let half = asked.unwrap_or(SCHEDULES).div_ceil(2);
    let mut config = Config::new();
    config.stack_size = STACK;
    // It warns that it knows only sequentially consistent atomics.
    config.silence_warnings = true;
    Runner::new(RandomScheduler::new(half), config.clone()).run(graph);
    Runner::new(PctScheduler::new(CHANGES, half), config).run(graph);
}
