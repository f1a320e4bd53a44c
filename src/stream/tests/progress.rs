use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Node, ends};
use crate::stream::{Cancel, Emit, Graph, Items};

#[test]
fn progress_counts_the_items_of_the_source_and_is_rare() {
    let told = ends(|| {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let note = calls.clone();
        let mut held = 0_u64;
        // Ten become one, as in a batch; the last five never come out.
        let batch = move |n: u64, out: &mut Emit<u64>| {
            held += 1;
            if held.is_multiple_of(10) {
                out.push(n);
            }
            Ok(())
        };
        let slow = |_: u64| {
            std::thread::sleep(Duration::from_millis(15));
            Ok(())
        };
        let mut sink = Node::new("sink", slow, || Ok(()));
        Graph::new("far", 640)
            .source(Items::new("numbers", 0..205_u64))
            .then(Node::new("batch", batch, |_: &mut Emit<u64>| Ok(())))
            .sink(&mut sink)
            .with_progress(Box::new(move |done, total| note.lock().unwrap().push((done, total))))
            .run(&Cancel::default())
            .unwrap();
        calls.lock().unwrap().clone()
    });
    assert_eq!(told.first(), Some(&(0, Some(205))));
    assert_eq!(told.last(), Some(&(205, Some(205))));
    assert!(told.is_sorted(), "{told:?}");
    // Twenty batches in 300 ms: far fewer calls than batches, but some on the way.
    assert!((3..=8).contains(&told.len()), "{told:?}");
    assert!(told[1].0.is_multiple_of(10) && told[1].0 < 205, "{told:?}");
}
