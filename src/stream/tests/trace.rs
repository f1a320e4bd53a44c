use std::collections::BTreeMap;

use serde_json::Value;

use super::ends;
use crate::error::Error;
use crate::stream::{Cancel, Collect, Each, Emit, Graph, Items, Report, Trace};

/// Runs a graph of six threads; `fails` if it is to.
fn run(trace: &Trace, fails: bool) -> Result<Report, Error> {
    let trace = trace.clone();
    ends(move || {
        let op = move |n: u64, out: &mut Emit<u64>| {
            if fails && n == 50 {
                return Err(Error::usage("at 50"));
            }
            out.push(n);
            Ok(())
        };
        let mut sink = Collect::new("cube");
        Graph::new("demo \"one\"", 64)
            .source(Items::new("numbers", 0..200_u64))
            .spread(3, |_| Each::new("decode", op))
            .then(Each::new("batch", op))
            .sink(&mut sink)
            .with_trace(Some(&trace))
            .run(&Cancel::default())
    })
}

fn events(trace: &Trace) -> Vec<Value> {
    let mut bytes = Vec::new();
    trace.write(&mut bytes).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// The nanoseconds of a number that is written in microseconds.
fn ns(event: &Value, key: &str) -> u64 {
    (event[key].as_f64().unwrap() * 1000.0).round() as u64
}

/// Process and thread.
type Thread = (u64, u64);
/// What, when and how long.
type Span = (String, u64, u64);

fn spans(events: &[Value]) -> BTreeMap<Thread, Vec<Span>> {
    let mut threads: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in events.iter().filter(|event| event["ph"] == "X") {
        let thread = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
        let name = event["cat"].as_str().unwrap().to_owned();
        threads.entry(thread).or_default().push((name, ns(event, "ts"), ns(event, "dur")));
    }
    threads
}

#[test]
fn every_worker_is_a_thread_with_a_name() {
    let trace = Trace::new();
    run(&trace, false).unwrap();
    run(&trace, false).unwrap();
    let events = events(&trace);
    let names = |kind: &str, pid: u64| -> Vec<String> {
        let of = events.iter().filter(|e| e["name"] == kind && e["pid"] == pid);
        of.map(|e| e["args"]["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("process_name", 1), ["graph demo \"one\""]);
    let threads = ["numbers", "decode 1 of 3", "decode 2 of 3", "decode 3 of 3", "batch", "cube"];
    assert_eq!(names("thread_name", 1), threads);
    assert_eq!(names("thread_name", 2), threads);
    let busy = events.iter().filter(|e| e["cat"] == "busy" && e["tid"] == 6);
    assert!(busy.clone().count() >= 400 && busy.clone().all(|e| e["name"] == "cube"));
}

#[test]
fn spans_of_a_thread_never_overlap_and_sum_up_to_the_statistics() {
    let trace = Trace::new();
    let report = run(&trace, false).unwrap();
    let threads = spans(&events(&trace));
    assert_eq!(threads.len(), 6);
    let mut sums = BTreeMap::<(usize, String), f64>::new();
    let node = [0, 1, 1, 1, 2, 3];
    for ((_, tid), spans) in &threads {
        for pair in spans.windows(2) {
            let (_, from, long) = &pair[0];
            assert!(from + long <= pair[1].1, "{pair:?} of thread {tid}");
        }
        for (kind, _, long) in spans {
            let at = (node[*tid as usize - 1], kind.clone());
            *sums.entry(at).or_default() += *long as f64 / 1e9;
        }
    }
    for (at, node) in report.nodes.iter().enumerate() {
        let sum = |kind: &str| sums.get(&(at, kind.to_owned())).copied().unwrap_or_default();
        for (traced, counted) in [
            (sum("busy"), node.busy_s),
            (sum("wait in"), node.wait_in_s),
            (sum("wait out"), node.wait_out_s),
        ] {
            assert!((traced - counted).abs() < 1e-6, "{}: {traced} {counted}", node.name);
        }
    }
}

#[test]
fn a_full_trace_says_what_is_missing() {
    let trace = Trace::of(60);
    run(&trace, false).unwrap();
    let events = events(&trace);
    let threads = spans(&events);
    assert!(threads.values().all(|spans| spans.len() <= 10));
    let told: Vec<&str> = events
        .iter()
        .filter(|event| event["ph"] == "i")
        .map(|event| event["name"].as_str().unwrap())
        .collect();
    assert!(told.iter().any(|text| text.ends_with(" later spans are not shown")), "{told:?}");
}

#[test]
fn a_run_that_fails_leaves_its_trace() {
    let trace = Trace::new();
    assert!(run(&trace, true).is_err());
    assert_eq!(spans(&events(&trace)).len(), 6);
    // An empty one is a JSON array too.
    assert!(events(&Trace::new()).is_empty());
}
