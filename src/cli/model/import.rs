//! `model import`: weights of other programs become ours.

use std::path::PathBuf;

use crate::cli::{Done, say};
use crate::error::Result;
use crate::models::{Card, import};

/// Turn a TensorFlow SavedModel or checkpoint, or safetensors with Keras' names, into weights of this program.
///
/// Only tensors and their names are read; nothing in the file is executed.
///
/// Example: eclaircie model import saved_model/ --as crga_os2_unet --to weights.safetensors
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A SavedModel or checkpoint folder, an .index file, or a .safetensors file.
    path: PathBuf,
    /// The card of the network: name (ours or the study's) or file.
    #[arg(long = "as", value_name = "CARD")]
    card: String,
    /// The order in which the network saw the 20 m bands, if not the archive's: networks trained on the
    /// study's prepared files saw B11,B12,B05,B06,B07,B8A.
    #[arg(long, value_name = "BAND,…", value_delimiter = ',')]
    bands_20m: Option<Vec<String>>,
    /// The weights file to write; the card goes into it.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

pub(super) fn run(a: &Args) -> Result<Done> {
    let imported = import(&a.path, &Card::open(&a.card)?, a.bands_20m.as_deref())?;
    let from = a.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut about = imported.about;
    about.insert("imported_from".to_owned(), from);
    about.insert("imported_form".to_owned(), imported.form.to_owned());
    imported.model.save(&a.to, &about)?;
    let (form, count) = (imported.form, imported.model.parameters());
    say(&format!("{}: {count} parameters from {form} to {}", a.card, a.to.display()))?;
    if !imported.left_out.is_empty() {
        let (count, first) = (imported.left_out.len(), &imported.left_out[0]);
        say(&format!("left out, as no weights: {count} (such as {first})"))?;
    }
    Ok(Done::Whole)
}
