//! How methods are named: by a word, by a file, or by a file with a name of its own.

use std::path::Path;

use crate::error::{Error, Result};
use crate::ops::Filling;
use crate::sql::nearest;

/// The study's gap-filling, a line between the dates around t.
pub(super) const PAIR: &str = "gapfill-pair";

/// The methods that need no file.
pub fn built_in() -> impl Iterator<Item = &'static str> {
    let fillings = Filling::ALL.into_iter().map(Filling::name);
    ["input"].into_iter().chain(fillings).chain([PAIR])
}

/// The name that `NAME=FILE` gives, and the file; a file whose own name is so is no name.
pub fn named(text: &str) -> (Option<&str>, &Path) {
    match text.split_once('=') {
        Some((name, path)) if !name.contains('/') && !Path::new(text).exists() => {
            (Some(name), Path::new(path))
        }
        _ => (None, Path::new(text)),
    }
}

/// Refuses what is no file, with the methods that need none and what was probably meant.
pub fn check_file(path: &Path) -> Result<()> {
    let (text, inside) = (path.display().to_string(), path.join("weights.safetensors"));
    if inside.is_file() {
        return Err(Error::usage(format!("{text} is a folder"))
            .hint(format!("name the weights in it: {}", inside.display())));
    }
    if path.is_file() {
        return Ok(());
    }
    let guess = nearest(&text, built_in())
        .map_or_else(String::new, |name| format!("; did you mean '{name}'?"));
    let known: Vec<&str> = built_in().collect();
    Err(Error::not_found(format!("there is no method and no file '{text}'{guess}")).hint(format!(
        "methods are {}, weights files and cards of TorchScript networks, as FILE or NAME=FILE",
        known.join(", ")
    )))
}
