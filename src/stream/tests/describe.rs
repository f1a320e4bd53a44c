use super::{Block, blocks};
use crate::error::Kind;
use crate::stream::{Cancel, Collect, Each, Emit, Graph, Items, NodeStats, Plan, Report};

fn plan(sink: &mut Collect<Block>, workers: usize, budget: usize) -> Plan<'_> {
    let keep = |b: Block, out: &mut Emit<Block>| {
        out.push(b);
        Ok(())
    };
    Graph::new("demo", budget)
        .source(Items::new("scènes", blocks(12, 100)))
        .then(Each::new("read \"all\"", keep))
        .spread(workers, |_| Each::new("decode", keep))
        .sink(sink)
}

#[test]
fn explain_tells_every_node_and_runs_nothing() {
    let mut sink = Collect::new("cube");
    let text = plan(&mut sink, 4, 3072).explain();
    let truth = "\
graph demo: 4 nodes, 3 edges of 1.0 KiB each (3.0 KiB in all)
  source    scènes      12 items
  operator  read \"all\"  1 worker
  operator  decode      4 workers, order kept
  sink      cube        on the calling thread
";
    assert_eq!(text, truth);
    assert!(sink.items().is_empty());
}

#[test]
fn mermaid_is_a_chart_whatever_the_names_are() {
    let mut sink = Collect::new("cube");
    let text = plan(&mut sink, 4, 3072).mermaid();
    let truth = "\
flowchart LR
  n0([\"scènes\"])
  n1[\"read #quot;all#quot;\"]
  n2[\"decode x4\"]
  n3([\"cube\"])
  n0 --> n1
  n1 --> n2
  n2 --> n3
";
    assert_eq!(text, truth);
}

#[test]
fn a_graph_without_workers_or_budget_is_refused() {
    for (workers, budget, told) in [
        (0, 64, "operator decode: 0 workers"),
        (usize::MAX, 64, "operator decode: 18446744073709551615 workers"),
        (1, 0, "budget of the edges is 0 bytes"),
    ] {
        let mut sink = Collect::new("cube");
        let plan = plan(&mut sink, workers, budget);
        let error = plan.check().unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(plan.run(&Cancel::default()).unwrap_err().kind(), Kind::Usage);
    }
}

#[test]
fn every_node_counts_its_items_and_bytes() {
    let mut sink = Collect::new("cube");
    let report = plan(&mut sink, 3, 3072).run(&Cancel::default()).unwrap();
    assert_eq!(report.graph, "demo");
    let names: Vec<&str> = report.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["scènes", "read \"all\"", "decode", "cube"]);
    assert!(report.nodes.iter().all(|node| (node.items, node.bytes) == (12, 1200)));
    assert_eq!(report.nodes[2].workers, 3);
    assert!(report.peak_edge_bytes >= 100 && report.wall_s > 0.0);
}

fn node(name: &str, workers: usize, busy_s: f64) -> NodeStats {
    let (items, bytes) = (12_000, 1536);
    let name = name.to_owned();
    NodeStats { name, workers, items, bytes, busy_s, wait_in_s: 0.25, wait_out_s: 10.0 }
}

#[test]
fn the_table_names_the_node_with_most_work_per_worker() {
    let nodes = vec![node("scènes", 1, 0.5), node("decode", 4, 4.0), node("cube", 1, 1.5)];
    let report = Report { graph: "demo".into(), wall_s: 2.0, peak_edge_bytes: 2048, nodes };
    assert_eq!(report.bottleneck(), Some("cube"));
    let truth = "\
node    workers  items    bytes  busy s  wait in s  wait out s
scènes        1  12000  1.5 KiB   0.500      0.250      10.000
decode        4  12000  1.5 KiB   4.000      0.250      10.000
cube          1  12000  1.5 KiB   1.500      0.250      10.000
demo: 2.000 s, at most 2.0 KiB on edges
bottleneck: cube (busy 75 % of the time)
";
    assert_eq!(report.table(), truth);
    assert_eq!(Report::default().bottleneck(), None);
    assert!(Report::default().table().ends_with("bottleneck: none\n"));
}
