//! Where the time of a run went, operator by operator.

use super::escape::escape;
use super::number::{count, number};
use crate::stream::{NodeStats, Report};

/// A table for each run that has operators.
pub(super) fn runs(all: &[Report]) -> String {
    all.iter().filter(|r| !r.nodes.is_empty()).map(run).collect()
}

fn run(report: &Report) -> String {
    let slowest = bottleneck(&report.nodes);
    let rows: String =
        report.nodes.iter().enumerate().map(|(i, n)| row(n, slowest == Some(i))).collect();
    let named = slowest.and_then(|i| report.nodes.get(i)).map_or_else(String::new, |n| {
        let next = report.advice().unwrap_or_default();
        format!(" The bottleneck is <b>{}</b>. Next: {}.", escape(&n.name), escape(&next))
    });
    format!(
        "<h3>{}</h3>\n<p class=\"quiet\">{} s, at most {} MB between operators.{named}</p>\n\
         <div class=\"scroll\"><table class=\"run\"><thead><tr><th>operator</th><th>workers</th>\
         <th>items</th><th>MB</th><th>busy<small>s</small></th>\
         <th>waiting for input<small>s</small></th><th>waiting for room<small>s</small></th>\
         <th>share of time<small><i class=\"busy\"></i>busy \
         <i class=\"input\"></i>no input <i class=\"room\"></i>no room</small></th></tr></thead>\n\
         <tbody>{rows}</tbody></table></div>\n",
        escape(&report.graph),
        number(report.wall_s, 1),
        megabytes(report.peak_edge_bytes as f64),
    )
}

fn row(node: &NodeStats, slowest: bool) -> String {
    let class = if slowest { " class=\"slowest\"" } else { "" };
    format!(
        "<tr{class}><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
         <td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escape(&node.name),
        node.workers,
        count(node.items),
        megabytes(node.bytes as f64),
        number(node.busy_s, 2),
        number(node.wait_in_s, 2),
        number(node.wait_out_s, 2),
        bar(node)
    )
}

fn megabytes(bytes: f64) -> String {
    let megabytes = bytes / 1e6;
    number(megabytes, if megabytes < 100.0 { 1 } else { 0 })
}

/// The operator whose workers were busiest: the run cannot be shorter than its share of work.
fn bottleneck(nodes: &[NodeStats]) -> Option<usize> {
    let load = |n: &NodeStats| n.busy_s / n.workers.max(1) as f64;
    let candidates = nodes.iter().enumerate().filter(|(_, n)| load(n) > 0.0);
    candidates.max_by(|a, b| load(a.1).total_cmp(&load(b.1))).map(|(i, _)| i)
}

/// Three shares of an operator's time: at work, waiting for input, waiting for room.
fn bar(node: &NodeStats) -> String {
    let part = |v: f64| if v.is_finite() { v.max(0.0) } else { 0.0 };
    let parts = [part(node.busy_s), part(node.wait_in_s), part(node.wait_out_s)];
    let total: f64 = parts.iter().sum();
    if total <= 0.0 {
        return "–".into();
    }
    let [busy, input, room] = parts.map(|p| p / total * 100.0);
    let words = format!("busy {busy:.0} %, waiting for input {input:.0} %, for room {room:.0} %");
    format!(
        "<span class=\"bar\" role=\"img\" aria-label=\"{words}\" title=\"{words}\">\
         <i class=\"busy\" style=\"width:{busy:.1}%\"></i>\
         <i class=\"input\" style=\"width:{input:.1}%\"></i>\
         <i class=\"room\" style=\"width:{room:.1}%\"></i></span><small>{busy:.0} %</small>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, workers: usize, busy_s: f64) -> NodeStats {
        NodeStats { name: name.into(), workers, busy_s, wait_in_s: 1.0, ..NodeStats::default() }
    }

    #[test]
    fn the_bottleneck_is_the_busiest_worker_not_the_largest_sum() {
        let nodes = vec![node("read", 8, 16.0), node("predict", 1, 9.0), node("write", 1, 1.0)];
        let report = Report { graph: "g".into(), nodes, ..Report::default() };
        let html = runs(&[report]);
        assert!(html.contains("The bottleneck is <b>predict</b>. Next: "));
        assert_eq!(html.matches("class=\"slowest\"").count(), 1);
        assert!(html.contains("busy 90 %, waiting for input 10 %, for room 0 %"));
    }

    #[test]
    fn a_run_that_did_nothing_names_no_bottleneck() {
        let report = Report { nodes: vec![NodeStats::default()], ..Report::default() };
        let html = runs(&[report, Report::default()]);
        assert!(!html.contains("bottleneck") && !html.contains("NaN"));
        assert_eq!(html.matches("<table").count(), 1);
    }
}
