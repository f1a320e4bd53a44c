//! What a run did, and where its time went.

/// What one node did.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct NodeStats {
    /// Its name.
    pub name: String,
    /// Its workers.
    pub workers: usize,
    /// Items taken (a source: given).
    pub items: u64,
    /// Bytes given (a sink: taken).
    pub bytes: u64,
    /// Seconds at work, all workers together.
    pub busy_s: f64,
    /// Seconds waiting for input, all workers together.
    pub wait_in_s: f64,
    /// Seconds waiting for room downstream (or for its turn in order), all workers together.
    pub wait_out_s: f64,
}

impl NodeStats {
    /// Adds the counts of one worker.
    pub(super) fn add(&mut self, worker: &Self) {
        self.items += worker.items;
        self.bytes += worker.bytes;
        self.busy_s += worker.busy_s;
        self.wait_in_s += worker.wait_in_s;
        self.wait_out_s += worker.wait_out_s;
    }

    fn busy_per_worker(&self) -> f64 {
        self.busy_s / self.workers.max(1) as f64
    }
}

/// What a run did.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Report {
    /// Name of the graph.
    pub graph: String,
    /// Wall time, seconds.
    pub wall_s: f64,
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

    /// An aligned table, one line a node, and a last line that names the bottleneck.
    pub fn table(&self) -> String {
        let head = ["node", "workers", "items", "bytes", "busy s", "wait in s", "wait out s"];
        let mut rows = vec![head.map(str::to_owned)];
        rows.extend(self.nodes.iter().map(row));
        let width = |column: usize| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        };
        let widths: [usize; 7] = std::array::from_fn(width);
        let mut text = String::new();
        for row in &rows {
            text += &format!("{:<1$}", row[0], widths[0]);
            for (cell, width) in row.iter().zip(widths).skip(1) {
                text += &format!("  {cell:>width$}");
            }
            text.push('\n');
        }
        let peak = size(self.peak_edge_bytes as u64);
        text += &format!("{}: {:.3} s, at most {peak} on edges\n", self.graph, self.wall_s);
        text + &self.verdict()
    }

    fn verdict(&self) -> String {
        let Some(node) = self.slowest() else { return "bottleneck: none\n".to_owned() };
        let share = 100.0 * node.busy_per_worker() / self.wall_s.max(f64::MIN_POSITIVE);
        let each = if node.workers > 1 { "each worker " } else { "" };
        let (name, share) = (&node.name, share.min(100.0));
        format!("bottleneck: {name} ({each}busy {share:.0} % of the time)\n")
    }

    fn slowest(&self) -> Option<&NodeStats> {
        self.nodes
            .iter()
            .filter(|node| node.busy_s > 0.0)
            .max_by(|a, b| a.busy_per_worker().total_cmp(&b.busy_per_worker()))
    }
}

fn row(node: &NodeStats) -> [String; 7] {
    [
        node.name.clone(),
        node.workers.to_string(),
        node.items.to_string(),
        size(node.bytes),
        format!("{:.3}", node.busy_s),
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
