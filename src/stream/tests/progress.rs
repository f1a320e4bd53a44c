use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{Node, ends};
use crate::error::Result;
use crate::stream::{Cancel, Collect, Each, Emit, Graph, Items, Source};

#[test]
fn progress_counts_the_items_of_the_source_and_is_rare() {
    let began = Instant::now();
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
    // On a busy machine that takes longer, and is told every tenth of a second.
    let most = 6 + began.elapsed().as_millis() as usize / 100;
    assert!((3..=most).contains(&told.len()), "{told:?}");
    assert!(told[1].0.is_multiple_of(10) && told[1].0 < 205, "{told:?}");
}

#[test]
fn a_source_that_gives_less_than_it_promised_is_believed_at_its_end() {
    struct Short(u64);
    impl Source for Short {
        type Out = u64;
        fn name(&self) -> String {
            "short".to_owned()
        }
        fn next(&mut self) -> Result<Option<u64>> {
            self.0 += 1;
            Ok((self.0 <= 7).then_some(self.0))
        }
        fn total(&self) -> Option<u64> {
            Some(100)
        }
    }
    let (told, items) = ends(|| {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let note = calls.clone();
        let mut sink = Collect::new("sink");
        let pass = |n: u64, out: &mut Emit<u64>| {
            out.push(n);
            Ok(())
        };
        Graph::new("short", 64)
            .source(Short(0))
            .spread(4, |_| Each::new("pass", pass))
            .sink(&mut sink)
            .with_progress(Box::new(move |done, total| note.lock().unwrap().push((done, total))))
            .run(&Cancel::default())
            .unwrap();
        let told = calls.lock().unwrap().clone();
        (told, sink.into_items())
    });
    assert_eq!(items, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(told.last(), Some(&(7, Some(100))));
}
