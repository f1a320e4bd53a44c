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
and one item in the hands of each of 7 threads
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
  n0 -->|\"1.0 KiB\"| n1
  n1 -->|\"1.0 KiB\"| n2
  n2 -->|\"1.0 KiB\"| n3
";
    assert_eq!(text, truth);
}

#[test]
fn a_node_that_keeps_no_order_says_so() {
    let mut sink = Collect::new("cube");
    let pass = |b: Block, out: &mut Emit<Block>| {
        out.push(b);
        Ok(())
    };
    let plan = Graph::new("demo", 64)
        .source(Items::new("scenes", blocks(1, 1)))
        .spread_unordered(3, |_| Each::new("count", pass))
        .sink(&mut sink);
    assert!(plan.explain().contains("operator  count   3 workers, order free\n"));
    assert!(plan.mermaid().contains("n1 -.->|\"32 B\"| n2"));
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
    let spread: Vec<bool> = report.nodes.iter().map(|node| node.spread).collect();
    assert_eq!(spread, [false, false, true, false]);
    for node in &report.nodes {
        assert_eq!(node.busy_each_s.len(), node.workers);
        assert!((node.busy_each_s.iter().sum::<f64>() - node.busy_s).abs() < 1e-9);
    }
    assert!(report.peak_edge_bytes >= 100 && report.wall_s > 0.0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_computes_has_used_a_core() {
    let work = |b: Block, out: &mut Emit<Block>| {
        // Longer than the step in which the system tells.
        let began = std::time::Instant::now();
        while began.elapsed() < std::time::Duration::from_millis(50) {
            std::hint::spin_loop();
        }
        out.push(b);
        Ok(())
    };
    let mut sink = Collect::new("cube");
    let graph = Graph::new("spin", 3072).source(Items::new("scènes", blocks(4, 100)));
    let report = graph.then(Each::new("work", work)).sink(&mut sink).run(&Cancel::default());
    let report = report.unwrap();
    assert!(report.process_s > 0.0);
    assert!(report.cores_used().is_some_and(|cores| cores > 0.0));
}

fn node(name: &str, workers: usize, busy_s: f64) -> NodeStats {
    let least = 0.5 * busy_s / workers as f64;
    let mut busy_each_s = vec![least; workers];
    busy_each_s[workers - 1] = busy_s - least * (workers - 1) as f64;
    NodeStats {
        name: name.to_owned(),
        workers,
        spread: workers > 1,
        items: 12_000,
        bytes: 1536,
        busy_s,
        core_s: busy_s,
        busy_each_s,
        wait_in_s: 0.25,
        wait_out_s: 10.0,
    }
}

#[test]
fn the_table_names_the_node_with_most_work_per_worker() {
    let nodes = vec![node("scènes", 1, 0.5), node("decode", 4, 4.0), node("cube", 1, 1.5)];
    let graph = "demo".into();
    let (wall_s, process_s, cores, peak_edge_bytes) = (2.0, 9.0, 8, 2048);
    let report = Report { graph, wall_s, process_s, cores, peak_edge_bytes, nodes };
    assert_eq!(report.bottleneck(), Some("cube"));
    let truth = "\
node    workers  items    bytes  busy s       each s  wait in s  wait out s
scènes        1  12000  1.5 KiB   0.500                   0.250      10.000
decode        4  12000  1.5 KiB   4.000  0.500–2.500      0.250      10.000
cube          1  12000  1.5 KiB   1.500                   0.250      10.000
demo: 2.000 s, at most 2.0 KiB on edges, 4.5 of 8 cores used
bottleneck: cube (busy 75 % of the time)
next: cube works on one thread: it must do less, or leave work to others
";
    assert_eq!(report.table(), truth);
    assert_eq!(Report::default().bottleneck(), None);
    assert!(Report::default().table().ends_with("bottleneck: none\n"));
}
