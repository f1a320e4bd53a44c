//! From a query to batches, against memcpy and against the bare decoders.
//!
//! `cargo bench --bench patches -- make FOLDER CODEC GB` writes an archive of so many decoded gigabytes;
//! `… -- run FOLDER [SAMPLES]` streams OS2 samples with elevation from it, 16 a batch, and moves the
//! same bytes without an engine. `make bench-stream` does both and sets other readers beside them.
//! `… -- gpu FOLDER SAMPLES WORKERS MILLISECONDS` streams them to a GPU that works so long on each batch.

mod gpu;
mod limit;
mod world;

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use eclaircie::{
    Archive, Batch, Cancel, Catalog, Codec, Epoch, Gather, Graph, Items, Layer, Layout, Sample,
    Session, Share, Shuffle, Sink, Split, Splitter, Want, keep_heap, wants,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const BATCH: usize = 16;
const ROUNDS: usize = 5;

/// As in the program: small things that stay must not lie among libtorch's large blocks.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    keep_heap();
    let words: Vec<String> = std::env::args().skip(1).filter(|w| w != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", folder, codec, size] => {
            let codec = Codec::parse(codec).ok_or("a codec is none, lz4 or zstd")?;
            let world = world::World { side: 1280, patch: 256, tiles: 2, codec };
            // Decoded 10 m bands and radar.
            let date = Layer::S2Fine.patch_bytes(world.side) + Layer::S1.patch_bytes(world.side);
            let gigabytes: f64 = size.parse()?;
            let dates = (gigabytes * 1e9 / (world.tiles * date) as f64).ceil() as usize;
            world.make(Path::new(folder), dates)
        }
        ["series", folder, patch, dates] => {
            let patch = patch.parse()?;
            let side = 512.max(2 * patch);
            let world = world::World { side, patch, tiles: 1, codec: Codec::None };
            world.make(Path::new(folder), dates.parse()?)
        }
        ["samples", folder, count] => list(Path::new(folder), count.parse()?),
        ["run", folder, count, workers] => run(Path::new(folder), count.parse()?, workers.parse()?),
        ["once", folder, count, workers] => {
            once(Path::new(folder), count.parse()?, workers.parse()?)
        }
        ["gpu", folder, count, workers, work] => {
            let (archive, work) = (Archive::open(Path::new(folder))?, work.parse()?);
            let (rows, wants) = samples(&archive, count.parse()?)?;
            gpu::run(&archive, &rows, &wants, workers.parse()?, work)
        }
        [] => {
            println!("patches: nothing to do without an archive; see `make bench-stream`");
            Ok(())
        }
        _ => {
            Err("say make FOLDER CODEC GB, series FOLDER PATCH DATES, samples FOLDER COUNT, once FOLDER COUNT WORKERS, run FOLDER COUNT WORKERS or gpu FOLDER COUNT WORKERS MILLISECONDS".into())
        }
    }
}

/// Counts what arrives, and keeps the last batch.
#[derive(Default)]
struct Count {
    samples: usize,
    bytes: usize,
    last: Option<Batch>,
}

impl Sink for Count {
    type In = Batch;
    fn name(&self) -> String {
        "count".into()
    }
    fn accept(&mut self, batch: Batch) -> eclaircie::Result<()> {
        self.samples += batch.names.len();
        self.bytes += eclaircie::Weigh::bytes(&batch);
        self.last = Some(batch);
        Ok(())
    }
}

/// The first samples of an epoch, and the arrays that they ask for.
fn samples(archive: &Archive, count: usize) -> Result<(Vec<Sample>, Vec<Want>)> {
    let session = Session::new(1 << 30)?.with_catalog(&Catalog::open(archive)?)?;
    let mut layout = Layout::open("os2")?;
    layout.set(&["per_place=100".to_owned()])?;
    let samples = layout.samples(&session, &Splitter::default())?;
    let names: Vec<String> = samples.roles.iter().map(|r| r.name.clone()).collect();
    let rows = samples.of(Split::Train);
    let epoch = Epoch::new(&rows, Shuffle::Full, 1, 0).first(count);
    let rows: Vec<Sample> = epoch.order().iter().map(|i| rows[*i].clone()).collect();
    if rows.len() < count {
        return Err(format!("the archive has {} samples only", rows.len()).into());
    }
    Ok((rows, wants(&samples.roles, &names)?))
}

/// One line a sample for the other readers: tile, then array, slot, row and column of each role.
fn list(folder: &Path, count: usize) -> Result<()> {
    let (rows, wants) = samples(&Archive::open(folder)?, count)?;
    for row in rows {
        let mut line = row.tile.to_string();
        for want in &wants {
            let p = row.patches[want.role];
            line += &format!(",{}:{}:{}:{}:{}", want.name, want.layer.name(), p.slot, p.row, p.col);
        }
        println!("{line}");
    }
    Ok(())
}

/// Streams the samples once; the seconds and the bytes.
fn stream(
    archive: &Archive,
    rows: &[Sample],
    wants: &[Want],
    workers: usize,
) -> Result<(f64, Count)> {
    let batches: Vec<Vec<Sample>> = rows.chunks(BATCH).map(<[Sample]>::to_vec).collect();
    let mut count = Count::default();
    let report = Graph::new("patches", 512 << 20)
        .source(Items::new("samples", batches))
        .spread(workers, |_| Gather::new(archive, None, wants))
        .sink(&mut count)
        .run(&Cancel::default())?;
    assert_eq!(count.samples, rows.len());
    Ok((report.wall_s, count))
}

/// One epoch, for a turn beside another reader: seconds, samples, and the sum of the last batch, which
/// all readers must agree in.
fn once(folder: &Path, count: usize, workers: usize) -> Result<()> {
    let archive = Archive::open(folder)?;
    let (rows, wants) = samples(&archive, count)?;
    let (seconds, count) = stream(&archive, &rows, &wants, workers)?;
    let last = count.last.ok_or("no batch came")?;
    let sums =
        last.tensors.values().map(|t| t.to_kind(tch::Kind::Int64).sum(None).int64_value(&[]));
    let sum: i64 = sums.sum();
    println!("{{\"seconds\": {seconds}, \"samples\": {}, \"sum\": {sum}}}", count.samples);
    Ok(())
}

fn run(folder: &Path, count: usize, workers: usize) -> Result<()> {
    let archive = Archive::open(folder)?;
    let (rows, wants) = samples(&archive, count)?;
    let steps = Epoch::new(&rows, Shuffle::Sorted, 0, 0).steps(BATCH, Share::default());
    let codec = archive.settings().codec;
    let limit = limit::Limit::new(&archive, &rows, &wants)?;
    let (mut ours, mut bare, mut bytes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        limit.run(workers)?;
        bare.push(began.elapsed().as_secs_f64());
        let (seconds, all) = stream(&archive, &rows, &wants, workers)?;
        ours.push(seconds);
        bytes = all.bytes;
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let (ours, bare) = (median(&mut ours), median(&mut bare));
    let gigabytes = bytes as f64 / 1e9;
    let name = match codec {
        Codec::None => "memcpy",
        Codec::Lz4 => "lz4-decoder",
        Codec::Zstd => "zstd-decoder",
    };
    println!("figure {} samples {count} in {steps} batches, {gigabytes:.2} GB", codec.name());
    println!("figure {} {workers} workers {:.2} GB/s", codec.name(), gigabytes / ours);
    println!("figure {} {workers} workers {:.1} samples/s", codec.name(), count as f64 / ours);
    println!("figure {name} {workers} threads {:.2} GB/s", gigabytes / bare);
    println!("ratio {name} {workers} {:.3}", bare / ours);
    Ok(())
}
