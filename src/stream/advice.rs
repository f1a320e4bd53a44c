//! What would make a run faster, as far as its times tell.

use super::{NodeStats, Report};

/// From this share of its time at work on, a node is what the run waits for.
const FULL: f64 = 0.7;
/// From this share of all cores in use on, the machine is.
const ALL_CORES: f64 = 0.85;
/// A node that is on a core for less than this share of its work waits for something else.
const ON_CORE: f64 = 0.5;
/// From this share of their time before a full edge on, workers lack room.
const WAITING: f64 = 0.25;

/// One sentence on the node with most work per worker.
pub(super) fn advice(report: &Report, node: &NodeStats) -> String {
    let (name, workers, cores) = (&node.name, node.workers, report.cores.max(1));
    if node.load(report.wall_s) < FULL {
        return unsaturated(report, node);
    }
    if report.cores_used().is_some_and(|used| used >= ALL_CORES * cores as f64) {
        return format!("all cores are at work: only less work in {name}, or more cores, helps");
    }
    let waits = node.core_s > 0.0 && node.core_s < ON_CORE * node.busy_s;
    if waits {
        let idle = 100.0 * (1.0 - node.core_s / node.busy_s);
        let cause = format!(
            "{name} spends {idle:.0} % of its work off the cores (a disk, a library's threads, or \
             another program)"
        );
        return match node.spread {
            true => format!("{cause}: a faster disk, or more workers than {workers} for it"),
            false => format!("{cause}: a faster disk, or more threads for the library"),
        };
    }
    match node.spread {
        true if workers < cores => {
            format!("give {name} more workers: it has {workers}, the machine {cores} cores")
        }
        true => format!("{name} has a worker for each core: it must do less"),
        false => format!("{name} works on one thread: it must do less, or leave work to others"),
    }
}

/// Where no node is at work all the time.
fn unsaturated(report: &Report, node: &NodeStats) -> String {
    let (name, workers) = (&node.name, node.workers);
    if node.spread && workers > 1 && node.items < 2 * workers as u64 {
        return format!("{} items are few for {workers} workers of {name}", node.items);
    }
    // The times of a node that nothing behind it held up, and that waited all the same.
    let lacks = |n: &&NodeStats| {
        n.spread && n.wait_out_s > WAITING * n.workers.max(1) as f64 * report.wall_s
    };
    if let Some(early) = report.nodes.iter().find(lacks) {
        let early = &early.name;
        return format!("{early} waits for room or for its turn: more memory lets it run ahead");
    }
    match node.extremes() {
        Some((least, most)) if workers > 1 && most > 2.0 * least => {
            format!("the workers of {name} have uneven work: smaller items would share it better")
        }
        _ => "no node is at work all the time: the run is short, or its items are few".to_owned(),
    }
}
