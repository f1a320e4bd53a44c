//! `model`: look at networks.

use clap::Subcommand;
use tch::Device;

use super::Done;
use crate::error::Result;
use crate::models::{Card, Model};

/// Look at networks: list the shipped cards, describe one.
///
/// Example: eclaircie model describe msop-unet
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The cards that ship with the program.
    List,
    /// Layers, parameters and support of a card's network.
    Describe {
        /// Card name or file, or a weights file.
        model: String,
    },
}

pub(super) fn run(args: Args) -> Result<Done> {
    match args.what {
        What::List => {
            for name in Card::shipped() {
                let card = Card::open(name)?;
                super::say(&format!("{name:18} {}", card.inputs.join(", ")))?;
            }
        }
        What::Describe { model } if model.ends_with(".safetensors") => {
            super::say(&Model::load(model.as_ref(), Device::Cpu)?.describe())?;
        }
        What::Describe { model } => {
            super::say(&Model::new(Card::open(&model)?, 1, Device::Cpu)?.describe())?;
        }
    }
    Ok(Done::Whole)
}
