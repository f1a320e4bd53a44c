//! `model run`: a network on arrays of a file.

use std::path::PathBuf;

use crate::cli::{Done, say};
use crate::error::{Error, Result};
use crate::models::{Card, Model, RunOptions, fill_arrays, filled_by, run_arrays};
use crate::tensors::pick_device;

/// Run a network on arrays, named after its roles, and write its answer as arrays.
///
/// Arrays are [batch, height, width, band]; integers and floats as the archive stores them (reflectance x 10000, radar 0 to
/// 65535, metres), 20 m arrays at half the size.
///
/// Example: eclaircie model run msop-unet --weights w.safetensors --inputs arrays.safetensors --to answer.safetensors --pad 32
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Card name or file; crga_os1_gapfilling and crga_os2_gapfilling interpolate, without weights.
    model: String,
    /// Weights by our names (conv1.weight) or Keras' (conv1_relu/kernel, in its layout).
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Let a TorchScript network, which its card names, run: its file is a program.
    #[arg(long, conflicts_with = "weights")]
    allow_code: bool,
    /// Arrays as safetensors; those that are no input of the network are left alone.
    #[arg(long, value_name = "FILE")]
    inputs: PathBuf,
    /// Where the answer goes: output.TARGET, float32 reflectance.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Write output.TARGET_padN too: without N pixels on each side, times 10000.
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    pad: Vec<i64>,
    /// The arrays are reflectance (and radar from 0 to 1), not stored numbers.
    #[arg(long)]
    scaled: bool,
    /// auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: String,
}

pub(super) fn run(a: &Args) -> Result<Done> {
    let options = RunOptions { pads: a.pad.clone(), scaled: a.scaled };
    if let Some(target) = filled_by(&a.model) {
        if a.weights.is_some() || a.allow_code {
            return Err(Error::usage(format!("{} is no network", a.model))
                .hint("leave out --weights and --allow-code"));
        }
        return tell(&fill_arrays(target, &a.inputs, &options, &a.to)?);
    }
    let card = Card::open(&a.model)?;
    let device = pick_device(&a.device)?;
    let model = match (&a.weights, &card.script) {
        (Some(weights), _) => Model::fit(&card, weights, device)?,
        (None, Some(_)) => Model::of_script(card, device, a.allow_code)?,
        (None, None) => {
            return Err(Error::usage(format!("{} has no weights yet", card.name))
                .hint("name them with --weights FILE"));
        }
    };
    tell(&run_arrays(&model, &a.inputs, &options, &a.to)?)
}

fn tell(outputs: &[(String, [i64; 4])]) -> Result<Done> {
    for (name, shape) in outputs {
        say(&format!("{name:28} {shape:?}"))?;
    }
    Ok(Done::Whole)
}
