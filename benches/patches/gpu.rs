//! Batches to a GPU that is busy: by copies on a stream of their own, by plain copies, and without any.

use std::hint::black_box;
use std::time::Instant;

use eclaircie::{
    Archive, Batch, Cancel, Emit, Gather, Graph, Items, Normalise, Operator, Sample, Sink, Want,
    normalise, pick_device, role_layer,
};
use tch::{Cuda, Device, Kind, Tensor};

use crate::{BATCH, ROUNDS, Result};

/// What one would write first: each tensor to the device when its turn comes, then scaled there; without the masks of valid pixels that
/// [`Normalise`] adds.
struct Plain(Device);

impl Operator for Plain {
    type In = Batch;
    type Out = Batch;
    fn name(&self) -> String {
        "plain copies".into()
    }
    fn apply(&mut self, batch: Batch, out: &mut Emit<Batch>) -> eclaircie::Result<()> {
        let there = |(name, stored): (&String, &Tensor)| -> eclaircie::Result<_> {
            Ok((name.clone(), normalise(role_layer(name)?, stored, self.0)?))
        };
        let tensors = batch.tensors.iter().map(there).collect::<eclaircie::Result<_>>()?;
        out.push(Batch { tensors, names: batch.names });
        Ok(())
    }
}

/// The work of a step: products of large matrices.
struct Work {
    one: Tensor,
    two: Tensor,
    rounds: usize,
    device: Device,
    samples: usize,
}

impl Work {
    /// About so many milliseconds of it.
    fn new(device: Device, milliseconds: f64) -> Self {
        let random = || Tensor::rand([4096, 4096], (Kind::BFloat16, device));
        let mut work = Self { one: random(), two: random(), rounds: 100, device, samples: 0 };
        work.once();
        let began = Instant::now();
        work.once();
        let each = began.elapsed().as_secs_f64() * 1e3 / work.rounds as f64;
        work.rounds = (milliseconds / each).round().max(1.0) as usize;
        work
    }

    fn once(&self) {
        for _ in 0..self.rounds {
            let _ = black_box(self.one.matmul(&self.two));
        }
        wait(self.device);
    }
}

fn wait(device: Device) {
    if let Device::Cuda(index) = device {
        Cuda::synchronize(index as i64);
    }
}

impl Sink for Work {
    type In = Batch;
    fn name(&self) -> String {
        "work".into()
    }
    fn accept(&mut self, batch: Batch) -> eclaircie::Result<()> {
        self.samples += batch.names.len();
        self.once();
        Ok(())
    }
}

/// Medians over rounds of samples a second, the three ways in turn.
pub fn run(
    archive: &Archive,
    rows: &[Sample],
    wants: &[Want],
    workers: usize,
    milliseconds: f64,
) -> Result<()> {
    let device = pick_device("cuda")?;
    let batches: Vec<Vec<Sample>> = rows.chunks(BATCH).map(<[Sample]>::to_vec).collect();
    let mut work = Work::new(device, milliseconds);
    let mut found = [Vec::new(), Vec::new(), Vec::new()];
    // The first round prepares.
    for round in 0..=ROUNDS {
        for (way, seconds) in found.iter_mut().enumerate() {
            let source =
                Graph::new("gpu", 512 << 20).source(Items::new("samples", batches.clone()));
            let gathered = source.spread(workers, |_| Gather::new(archive, None, wants));
            let began = Instant::now();
            match way {
                0 => drop(
                    gathered.then(Normalise::new(device)).sink(&mut work).run(&Cancel::default())?,
                ),
                1 => drop(gathered.then(Plain(device)).sink(&mut work).run(&Cancel::default())?),
                _ => batches.iter().for_each(|_| work.once()),
            }
            let streamed = if way < 2 { rows.len() } else { 0 };
            assert_eq!(std::mem::take(&mut work.samples), streamed);
            if round > 0 {
                seconds.push(began.elapsed().as_secs_f64());
            }
        }
    }
    let [lane, plain, bare] = found.map(|mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        rows.len() as f64 / times[times.len() / 2]
    });
    let each = 1e3 * BATCH as f64 / bare;
    println!("figure gpu work {each:.1} ms a batch, {workers} workers");
    println!(
        "figure gpu stream of its own {lane:.0} samples/s, plain {plain:.0}, no copies {bare:.0}"
    );
    println!("ratio gpu no-copies {:.3}", lane / bare);
    println!("ratio gpu plain-copies {:.3}", lane / plain);
    Ok(())
}
