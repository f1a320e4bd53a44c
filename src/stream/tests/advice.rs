use crate::stream::{NodeStats, Report};

/// A node of a run of ten seconds on eight cores.
fn node(name: &str, workers: usize, busy_s: f64, core_s: f64) -> NodeStats {
    let busy_each_s = vec![busy_s / workers as f64; workers];
    let (name, spread, items) = (name.to_owned(), workers > 1, 1000);
    NodeStats { name, workers, spread, items, busy_s, core_s, busy_each_s, ..NodeStats::default() }
}

fn advice(nodes: Vec<NodeStats>) -> String {
    let report = Report { wall_s: 10.0, cores: 8, nodes, ..Report::default() };
    report.advice().unwrap()
}

#[test]
fn a_spread_node_with_few_workers_is_given_more() {
    let told = advice(vec![node("scenes", 1, 0.1, 0.1), node("decode", 2, 19.0, 19.0)]);
    assert_eq!(told, "give decode more workers: it has 2, the machine 8 cores");
}

#[test]
fn a_node_that_waits_off_the_cores_is_told_apart_from_one_that_computes() {
    let told = advice(vec![node("read", 8, 78.0, 7.8), node("cube", 1, 1.0, 1.0)]);
    assert!(told.starts_with("read spends 90 % of its work off the cores"), "{told}");
    assert!(told.contains("a faster disk, or more workers than 8"), "{told}");
    let told = advice(vec![node("read", 2, 1.0, 1.0), node("learn", 1, 9.5, 0.5)]);
    assert!(told.contains("learn") && told.contains("threads for the library"), "{told}");
}

#[test]
fn a_full_machine_is_not_told_to_take_more_workers() {
    let told = advice(vec![node("scenes", 1, 0.1, 0.1), node("decode", 4, 39.0, 39.0)]);
    assert!(told.starts_with("give decode more workers"), "{told}");
    let full = vec![node("decode", 4, 39.0, 39.0), node("fill", 4, 38.0, 38.0)];
    let told = advice(full);
    assert!(told.starts_with("all cores are at work: only less work in decode"), "{told}");
    // Where the system does not tell what was on a core.
    let told = advice(vec![node("decode", 8, 79.0, 0.0)]);
    assert_eq!(told, "decode has a worker for each core: it must do less");
}

#[test]
fn workers_that_wait_for_their_turn_ask_for_memory() {
    let mut early = node("decode", 4, 16.0, 16.0);
    early.wait_out_s = 20.0;
    let told = advice(vec![early, node("cube", 1, 1.0, 1.0)]);
    assert_eq!(told, "decode waits for room or for its turn: more memory lets it run ahead");
}

#[test]
fn few_or_uneven_items_are_named() {
    let mut few = node("decode", 4, 16.0, 16.0);
    few.items = 5;
    assert_eq!(advice(vec![few]), "5 items are few for 4 workers of decode");
    let mut uneven = node("decode", 4, 16.0, 16.0);
    uneven.busy_each_s = vec![1.0, 2.0, 3.0, 10.0];
    assert!(advice(vec![uneven]).contains("smaller items"));
    assert!(advice(vec![node("decode", 4, 16.0, 16.0)]).starts_with("no node is at work all"));
}

#[test]
fn statistics_of_an_older_program_are_read() {
    let text = r#"{"graph":"g","wall_s":2.0,"peak_edge_bytes":1,"nodes":[{"name":"a",
        "workers":1,"items":2,"bytes":3,"busy_s":1.9,"wait_in_s":0.0,"wait_out_s":0.0}]}"#;
    let report: Report = serde_json::from_str(text).unwrap();
    assert_eq!((report.bottleneck(), report.cores_used()), (Some("a"), None));
    assert!(report.table().contains("next: a works on one thread"));
}
