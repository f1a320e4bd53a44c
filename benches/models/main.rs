//! Inference of one network on random pixels, again and again; the rest of `make bench-models` runs
//! the program itself and other libraries (`benches/models.py`).
//!
//! `cargo bench --bench models -- infer CARD BATCH SIDE COUNT [last] [half] [cuda]`: seconds of each forward
//! pass of `[BATCH, c, SIDE, SIDE]` inputs, as JSON; `last` lays them out with channels last, `half` runs
//! convolutions in bfloat16, `cuda` runs on the first GPU.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;

use eclaircie::{Card, Manner, Model, keep_heap, pick_device, role_layer, search_kernels};
use tch::{Device, Kind, Tensor};

/// As in the program: small things that stay must not lie among libtorch's large blocks.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    keep_heap();
    let words: Vec<String> = std::env::args().skip(1).filter(|w| w != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["infer", card, batch, side, count, how @ ..] => {
            infer(card, batch.parse()?, side.parse()?, count.parse()?, How::parse(how)?)
        }
        [] => {
            println!("models: nothing to do by itself; see `make bench-models`");
            Ok(())
        }
        _ => Err("say infer CARD BATCH SIDE COUNT [last] [half] [cuda]".into()),
    }
}

struct How {
    last: bool,
    half: bool,
    device: Device,
}

impl How {
    fn parse(words: &[&str]) -> Result<Self, Box<dyn Error>> {
        if let Some(other) = words.iter().find(|w| !["last", "half", "cuda"].contains(w)) {
            return Err(format!("{other} is none of last, half and cuda").into());
        }
        let has = |word: &str| words.contains(&word);
        let device = pick_device(if has("cuda") { "cuda" } else { "cpu" })?;
        search_kernels(true);
        Ok(Self { last: has("last"), half: has("half"), device })
    }

    /// Waits for the work of a GPU.
    fn finish(&self) {
        if let Device::Cuda(index) = self.device {
            tch::Cuda::synchronize(index as i64);
        }
    }
}

fn infer(card: &str, batch: i64, side: i64, count: usize, how: How) -> Result<(), Box<dyn Error>> {
    tch::manual_seed(1);
    let model = Model::new(Card::open(card)?, 1, how.device)?;
    let mut inputs = BTreeMap::new();
    for role in &model.card.inputs {
        let layer = role_layer(role)?;
        let pixels = side / layer.factor() as i64;
        let bands = layer.bands().len() as i64;
        let random = Tensor::rand([batch, bands, pixels, pixels], (Kind::Float, how.device));
        inputs.insert(role.clone(), random);
    }
    let manner = Manner { bf16: how.half, channels_last: how.last };
    let mut seconds = Vec::new();
    tch::no_grad(|| -> eclaircie::Result<()> {
        for _ in 0..count {
            let began = Instant::now();
            let _ = std::hint::black_box(manner.run(|| model.forward(&inputs))?);
            how.finish();
            seconds.push(began.elapsed().as_secs_f64());
        }
        Ok(())
    })?;
    println!("{{\"seconds\": {seconds:?}, \"parameters\": {}}}", model.parameters());
    Ok(())
}
