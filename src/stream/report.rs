//! What a run did, and where its time went.

use super::advice::advice;

/// What one node did.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct NodeStats {
    /// Its name.
    pub name: String,
    /// Its workers.
    pub workers: usize,
    /// Whether it may be given more workers.
    pub spread: bool,
    /// Items taken (a source: given).
    pub items: u64,
    /// Bytes given (a sink: taken).
    pub bytes: u64,
    /// Seconds at work, all workers together.
    pub busy_s: f64,
    /// Of these, seconds on a core; the rest went into waiting for a disk, for a free core or for
    /// threads that a library has of its own. 0 where the system does not tell.
    pub core_s: f64,
    /// Seconds at work of each worker.
    pub busy_each_s: Vec<f64>,
    /// Seconds waiting for input, all workers together.
    pub wait_in_s: f64,
    /// Seconds waiting for room downstream (or for its turn in order), all workers together.
    pub wait_out_s: f64,
}

impl NodeStats {
    /// Adds the counts of one worker.
    pub(super) fn add(&mut self, index: usize, worker: &Self) {
        self.items += worker.items;
        self.bytes += worker.bytes;
        self.busy_s += worker.busy_s;
        self.core_s += worker.core_s;
        if self.busy_each_s.len() <= index {
            self.busy_each_s.resize(index + 1, 0.0);
        }
        if let Some(each) = self.busy_each_s.get_mut(index) {
            *each = worker.busy_s;
        }
        self.wait_in_s += worker.wait_in_s;
        self.wait_out_s += worker.wait_out_s;
    }

    /// Seconds at work of the least and of the most busy worker.
    pub(super) fn extremes(&self) -> Option<(f64, f64)> {
        let least = self.busy_each_s.iter().copied().min_by(f64::total_cmp)?;
        let most = self.busy_each_s.iter().copied().max_by(f64::total_cmp)?;
        Some((least, most))
    }

    /// Share of a time that its workers spent at work, on average.
    pub(super) fn load(&self, wall_s: f64) -> f64 {
        (self.busy_per_worker() / wall_s.max(f64::MIN_POSITIVE)).min(1.0)
    }

    fn busy_per_worker(&self) -> f64 {
        self.busy_s / self.workers.max(1) as f64
    }
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Report {
    /// Name of the graph.
    pub graph: String,
    /// Wall time, seconds.
    pub wall_s: f64,
    /// Seconds that all threads of the program were on a core meanwhile, a library's among them; 0 where
    /// the system does not tell.
    pub process_s: f64,
    /// Cores that the run could use.
    pub cores: usize,
    /// Largest number of bytes that were on edges at once.
    pub peak_edge_bytes: usize,
    /// One entry a node, source first.
    pub nodes: Vec<NodeStats>,
}

impl Report {
    /// The node with most busy time per worker: to make the run faster, start there. `None` if no
    /// node ever worked.
    pub fn bottleneck(&self) -> Option<&str> {
        self.slowest().map(|node| node.name.as_str())
    }

    /// Cores that the program used during the run, on average; `None` where the system does not tell.
    pub fn cores_used(&self) -> Option<f64> {
        let nodes_s: f64 = self.nodes.iter().map(|node| node.core_s).sum();
        // The program's time comes in coarse steps; that of the nodes is a part of it.
        let core_s = self.process_s.max(nodes_s);
        (core_s > 0.0 && self.wall_s > 0.0).then(|| core_s / self.wall_s)
    }

    /// What would make the run faster, as far as its times tell; `None` if no node ever worked.
    pub fn advice(&self) -> Option<String> {
        self.slowest().map(|node| advice(self, node))
    }

    /// An aligned table, one line a node, and last lines that name the bottleneck and what to do.
    pub fn table(&self) -> String {
        let head =
            ["node", "workers", "items", "bytes", "busy s", "each s", "wait in s", "wait out s"];
        let mut rows = vec![head.map(str::to_owned)];
        rows.extend(self.nodes.iter().map(row));
        let width = |column: usize| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        };
        let widths: [usize; 8] = std::array::from_fn(width);
        let mut text = String::new();
        for row in &rows {
            text += &format!("{:<1$}", row[0], widths[0]);
            for (cell, width) in row.iter().zip(widths).skip(1) {
                text += &format!("  {cell:>width$}");
            }
            text.push('\n');
        }
        let peak = size(self.peak_edge_bytes as u64);
        text += &format!("{}: {:.3} s, at most {peak} on edges", self.graph, self.wall_s);
        if let Some(used) = self.cores_used() {
            text += &format!(", {used:.1} of {} cores used", self.cores);
        }
        text + "\n" + &self.verdict()
    }

    fn verdict(&self) -> String {
        let Some(node) = self.slowest() else { return "bottleneck: none\n".to_owned() };
        let share = 100.0 * node.load(self.wall_s);
        let each = if node.workers > 1 { "each worker " } else { "" };
        let (name, next) = (&node.name, advice(self, node));
        format!("bottleneck: {name} ({each}busy {share:.0} % of the time)\nnext: {next}\n")
    }

    fn slowest(&self) -> Option<&NodeStats> {
        self.nodes
            .iter()
            .filter(|node| node.busy_s > 0.0)
            .max_by(|a, b| a.busy_per_worker().total_cmp(&b.busy_per_worker()))
    }
}

fn row(node: &NodeStats) -> [String; 8] {
    let each = match node.extremes() {
        Some((least, most)) if node.workers > 1 => format!("{least:.3}–{most:.3}"),
        _ => String::new(),
    };
    [
        node.name.clone(),
        node.workers.to_string(),
        node.items.to_string(),
        size(node.bytes),
        format!("{:.3}", node.busy_s),
        each,
        format!("{:.3}", node.wait_in_s),
        format!("{:.3}", node.wait_out_s),
    ]
}

/// Bytes as a person reads them: `12 B`, `1.5 MiB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}
