//! What the engine costs, against bare loops, bare channels and an even share of the work.
//!
//! **Copies.** A graph of three nodes that passes 1 MiB buffers, against the same copies in a plain
//! loop. Three copies a buffer in both: the source fills it, the operator copies it into another,
//! the sink copies it out. Buffers are used again, and the loop has only three, which stay in the
//! cache: the loop is the limit of one core.
//!
//! **Hops.** Small items through operators that do nothing, against as many threads joined by
//! crossbeam's bounded channels. A ratio of 1 is the cost of a channel; the engine also weighs,
//! counts and orders items, looks for cancel, and knows whom it waits for.
//!
//! **Balance.** A slow and a quick node, in either order and with uneven items, each with a worker
//! a core, against a thread a core that does the work of both on one item after the other. A ratio
//! of 1 is a machine that is as busy as can be.
//!
//! The last lines give the rates, and how fast the graph is as a multiple of its rival: below 0.3
//! for `hop` or 0.9 for `balance` is a regression.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use criterion::{Criterion, Throughput};
use crossbeam::channel::bounded;
use crossbeam::queue::ArrayQueue;
use eclaircie::{Cancel, Each, Emit, Graph, Items, Result, Sink, cores};

const MIB: usize = 1 << 20;
const BUFFERS: usize = 512;
const SMALL: u64 = 200_000;
/// Operators, or threads between channels, of a chain.
const HOPS: usize = 4;
/// Items of the balance, and turns of work on one by the slow and the quick node.
const PIECES: u64 = 400;
const SLOW: u64 = 60_000;
const QUICK: u64 = 6_000;

/// Copies every buffer to one place.
struct Drain {
    place: Vec<u8>,
    pool: Pool,
}

impl Sink for Drain {
    type In = Vec<u8>;
    fn name(&self) -> String {
        "drain".to_owned()
    }
    fn accept(&mut self, item: Vec<u8>) -> Result<()> {
        self.place.copy_from_slice(&item);
        black_box(&mut self.place);
        self.pool.give_back(item);
        Ok(())
    }
}

/// Counts.
struct Count(u64);

impl Sink for Count {
    type In = u64;
    fn name(&self) -> String {
        "count".to_owned()
    }
    fn accept(&mut self, item: u64) -> Result<()> {
        self.0 += item;
        Ok(())
    }
}

/// Buffers that were used and may be used again, so that neither side measures the allocator.
#[derive(Clone)]
struct Pool(Arc<ArrayQueue<Vec<u8>>>);

impl Pool {
    fn new() -> Self {
        Self(Arc::new(ArrayQueue::new(64)))
    }

    /// A buffer that holds a copy of `bytes`.
    fn copy(&self, bytes: &[u8]) -> Vec<u8> {
        let mut buffer = self.0.pop().unwrap_or_else(|| vec![0; MIB]);
        buffer.copy_from_slice(bytes);
        black_box(buffer)
    }

    fn give_back(&self, buffer: Vec<u8>) {
        drop(self.0.push(buffer));
    }
}

fn graph(pool: &Pool, workers: usize) -> Result<()> {
    let pattern = vec![7_u8; MIB];
    let mut sink = Drain { place: vec![0; MIB], pool: pool.clone() };
    let fill = pool.clone();
    Graph::new("copies", 8 * MIB)
        .source(Items::new("buffers", (0..BUFFERS).map(move |_| fill.copy(&pattern))))
        .spread(workers, |_| {
            let pool = pool.clone();
            Each::new("copy", move |item: Vec<u8>, out: &mut Emit<Vec<u8>>| {
                out.push(pool.copy(&item));
                pool.give_back(item);
                Ok(())
            })
        })
        .sink(&mut sink)
        .run(&Cancel::default())?;
    Ok(())
}

fn plain() {
    let pattern = vec![7_u8; MIB];
    let (mut first, mut second, mut place) = (pattern.clone(), pattern.clone(), pattern.clone());
    for _ in 0..BUFFERS {
        first.copy_from_slice(&pattern);
        second.copy_from_slice(black_box(&first));
        place.copy_from_slice(black_box(&second));
        black_box(&mut place);
    }
}

fn small() -> Result<()> {
    let mut sink = Count(0);
    Graph::new("small", MIB)
        .source(Items::new("numbers", 0..SMALL))
        .then(Each::new("pass", pass))
        .sink(&mut sink)
        .run(&Cancel::default())?;
    black_box(sink.0);
    Ok(())
}

fn pass<T>(item: T, out: &mut Emit<T>) -> Result<()> {
    out.push(item);
    Ok(())
}

fn hops() -> Result<()> {
    let mut sink = Count(0);
    let mut pipe = Graph::new("hops", 8 * MIB).source(Items::new("numbers", 0..SMALL));
    for _ in 0..HOPS {
        pipe = pipe.then(Each::new("pass", pass));
    }
    pipe.sink(&mut sink).run(&Cancel::default())?;
    assert_eq!(black_box(sink.0), SMALL * (SMALL - 1) / 2);
    Ok(())
}

/// The same over channels with as many slots as an edge has.
fn channels() -> Result<()> {
    let sum = std::thread::scope(|scope| {
        let (give, mut take) = bounded::<u64>(1024);
        scope.spawn(move || (0..SMALL).try_for_each(|item| give.send(item)));
        for _ in 0..HOPS {
            let (give, next) = bounded(1024);
            let from = std::mem::replace(&mut take, next);
            scope.spawn(move || from.iter().try_for_each(|item| give.send(item)));
        }
        take.iter().sum::<u64>()
    });
    assert_eq!(black_box(sum), SMALL * (SMALL - 1) / 2);
    Ok(())
}

/// Work that only a core can do; every fourth item takes four times as long.
fn work(turns: u64, item: u64) -> u64 {
    let turns = if item.is_multiple_of(4) { 4 * turns } else { turns };
    (0..turns).fold(item, |x, n| black_box(x.wrapping_mul(31).wrapping_add(n)));
    item
}

/// The work of both nodes by a thread a core, each of which takes the next item when it is free.
fn shared() -> Result<()> {
    let next = AtomicU64::new(0);
    let items = || {
        let next = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        next.take_while(|item| *item < PIECES).for_each(|item| {
            black_box(work(QUICK, work(SLOW, item)));
        });
    };
    std::thread::scope(|scope| (0..cores()).for_each(|_| drop(scope.spawn(items))));
    Ok(())
}

fn balance(turns: [u64; 2], ordered: bool) -> Result<()> {
    let node = |turns| {
        move |_| {
            Each::new("work", move |item: u64, out: &mut Emit<u64>| {
                out.push(work(turns, item));
                Ok(())
            })
        }
    };
    let mut sink = Count(0);
    let pipe = Graph::new("balance", MIB).source(Items::new("pieces", 0..PIECES));
    let pipe = match ordered {
        true => pipe.spread(cores(), node(turns[0])).spread(cores(), node(turns[1])),
        false => {
            let pipe = pipe.spread_unordered(cores(), node(turns[0]));
            pipe.spread_unordered(cores(), node(turns[1]))
        }
    };
    pipe.sink(&mut sink).run(&Cancel::default())?;
    assert_eq!(black_box(sink.0), PIECES * (PIECES - 1) / 2);
    Ok(())
}

/// Median seconds of several runs, taken in turns so that a busy moment of the machine hits all
/// alike.
fn medians<const N: usize>(mut runs: [&mut dyn FnMut() -> Result<()>; N]) -> Result<[f64; N]> {
    let mut times = [const { Vec::new() }; N];
    for _ in 0..9 {
        for (run, times) in runs.iter_mut().zip(&mut times) {
            let began = Instant::now();
            run()?;
            times.push(began.elapsed().as_secs_f64());
        }
    }
    Ok(times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    }))
}

fn main() -> Result<()> {
    let pool = Pool::new();
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut group = criterion.benchmark_group("stream");
    group.throughput(Throughput::Bytes((BUFFERS * MIB) as u64));
    group.bench_function("three copies in a graph", |b| b.iter(|| graph(&pool, 1)));
    group.bench_function("three copies in a loop", |b| b.iter(plain));
    group.throughput(Throughput::Elements(SMALL));
    group.bench_function("small items in a graph", |b| b.iter(small));
    group.finish();
    criterion.final_summary();

    let [ours, limit, light, spread] = medians([
        &mut || graph(&pool, 1),
        &mut || {
            plain();
            Ok(())
        },
        &mut small,
        &mut || graph(&pool, 2),
    ])?;
    println!("figure stream_small_items {:.0} items/s", SMALL as f64 / light);
    println!("figure stream_buffers {:.0} items/s", BUFFERS as f64 / ours);
    println!("figure stream_bytes {:.3} GiB/s", BUFFERS as f64 / 1024.0 / ours);
    println!("ratio memcpy_spread {:.3}", limit / spread);
    println!("ratio memcpy {:.3}", limit / ours);
    let [ours, rival] = medians([&mut hops, &mut channels])?;
    println!("figure stream_empty_operators {:.0} items/s", SMALL as f64 / ours);
    println!("figure stream_hop {:.0} ns", 1e9 * ours / (SMALL as f64 * (HOPS + 1) as f64));
    println!("figure channel_hop {:.0} ns", 1e9 * rival / (SMALL as f64 * (HOPS + 1) as f64));
    println!("ratio hop {:.3}", rival / ours);
    let [even, first, last, free] = medians([
        &mut shared,
        &mut || balance([SLOW, QUICK], true),
        &mut || balance([QUICK, SLOW], true),
        &mut || balance([SLOW, QUICK], false),
    ])?;
    println!("ratio balance_slow_first {:.3}", even / first);
    println!("ratio balance_slow_last {:.3}", even / last);
    println!("ratio balance_unordered {:.3}", even / free);
    Ok(())
}
