//! `model`: look at networks, try them on arrays, import weights.

mod import;
mod run;

use super::Done;
use crate::error::Result;
use crate::models::{Card, Model};
use clap::Subcommand;

/// Look at networks: list the shipped cards, describe one, run one on arrays of a file, import weights.
///
/// Example: eclaircie model describe msop-unet
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The cards that ship with the program, the study's names for them, their inputs.
    List,
    /// Layers, parameters, multiply-adds and receptive field of a card's network.
    Describe {
        /// Card name or file, or a weights file.
        model: String,
    },
    Run(run::Args),
    Import(import::Args),
}

pub(super) fn run(args: Args) -> Result<Done> {
    match args.what {
        What::List => {
            for name in Card::shipped() {
                let card = Card::open(name)?;
                let original = card.original.as_deref().unwrap_or_default();
                super::say(&format!("{name:22} {original:38} {}", card.inputs.join(", ")))?;
            }
        }
        What::Describe { model } if model.ends_with(".safetensors") => {
            super::say(&Model::describe(&Model::about(model.as_ref())?.0)?)?;
        }
        What::Describe { model } => {
            super::say(&Model::describe(&Card::open(&model)?)?)?;
        }
        What::Run(args) => return run::run(&args),
        What::Import(args) => return import::run(&args),
    }
    Ok(Done::Whole)
}
