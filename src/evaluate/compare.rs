//! Every method on every sample.

use std::path::{Path, PathBuf};

use tch::Device;

use super::judge::{Judge, STRATA, Tally, finish};
use super::table::Row;
use crate::archive::{Archive, Layer};
use crate::error::{Error, Result};
use crate::geo::Split;
use crate::layout::Samples;
use crate::models::Model;
use crate::ops::{Fill, Filling, MakeBatch, Normalise, Read, Want, thin, wants};
use crate::stream::{Cancel, Graph, Items, Report, Trace};

/// What to compare and how.
#[derive(Debug, Clone)]
pub struct EvaluateOptions {
    /// `input` (the cloudy image itself), `gapfill`, or weights files.
    pub methods: Vec<String>,
    /// Split to score.
    pub split: Split,
    /// The catalog's snapshot, to see whether a network was trained on this archive.
    pub snapshot: String,
    /// Samples at most, spread evenly.
    pub samples_max: usize,
    /// Samples a batch.
    pub batch: usize,
    /// Gap-filling uses dates up to so many days away.
    pub days: f64,
    /// Bytes on the edges of the graph.
    pub edge_bytes: usize,
    /// Reading threads.
    pub workers: usize,
    /// Where networks run.
    pub device: Device,
    /// Where runs are recorded, if anywhere.
    pub trace: Option<Trace>,
    /// Chance of the bootstrap.
    pub seed: u64,
}

/// What came out.
#[derive(Debug)]
pub struct Evaluation {
    /// One number a method, stratum, metric and band.
    pub rows: Vec<Row>,
    /// Samples scored.
    pub samples: usize,
    /// Where time went.
    pub report: Report,
}

/// Scores the methods on a split of a layout.
///
/// Without `truth` the answer is the layout's `s2_target` and gap-filling does not see that scene; with it the answer
/// is the scene at t in the archive of truth.
pub fn evaluate(
    archive: &Archive,
    truth: Option<&Archive>,
    samples: &Samples,
    options: &EvaluateOptions,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Evaluation> {
    let rows = match truth {
        Some(_) => samples.of(options.split),
        None => samples.without_answer(options.split, "s2_target"),
    };
    let rows = thin(rows, options.samples_max);
    if rows.is_empty() {
        return Err(Error::usage(format!(
            "layout '{}' gives no sample to {}",
            samples.layout,
            options.split.name()
        ))
        .hint("choose another --split, or widen the layout's windows with --set"));
    }
    let has_t = samples.role("s2_t").is_some();
    let strata = if has_t { STRATA.len() } else { 1 };
    let (mut tallies, names) = tallies(samples, options, strata)?;
    let (target, answer) = answer(samples, truth.is_some())?;
    let all = inputs(samples, &names, &target, answer, truth.is_some())?;
    let (mut count, total) = (0, rows.len() as u64);
    let mut heard = |n: u64| progress(n, total);
    let fills = options.methods.iter().any(|m| m == "gapfill");
    let reader = Graph::new("evaluate", options.edge_bytes)
        .source(Items::new("samples", rows))
        .spread(options.workers, |_| Read::new(archive, truth, &all));
    let filled = match fills {
        true => reader.spread(options.workers, |_| {
            Fill::new(archive, &[Filling::Interpolate], answer, truth.is_none(), options.days)
        }),
        false => reader,
    };
    let mut judge =
        Judge { tallies: &mut tallies, target, strata, samples: &mut count, progress: &mut heard };
    let report = filled
        .then(MakeBatch::new(options.batch, archive.settings().patch))
        .then(Normalise::new(options.device))
        .sink(&mut judge)
        .with_trace(options.trace.as_ref())
        .run(cancel)?;
    Ok(Evaluation { rows: finish(&tallies, count as u64, options.seed), samples: count, report })
}

/// The arrays to read: what the methods take, the answer, and the masks that say which pixels count.
fn inputs(
    samples: &Samples,
    names: &[String],
    target: &str,
    answer: usize,
    truth: bool,
) -> Result<Vec<Want>> {
    let mut all = wants(&samples.roles, names)?;
    all.retain(|w| w.name != target);
    let mut add = |name: &str, role, layer, truth| {
        all.push(Want { name: name.to_owned(), role, layer, truth });
    };
    add(target, answer, Layer::S2Fine, truth);
    if let Some(t) = samples.role("s2_t") {
        add("cloudy", t, Layer::S2Mask, false);
    }
    if !truth {
        add("hidden", answer, Layer::S2Mask, false);
    }
    Ok(all)
}

/// Name of the answer's tensor, and the role that names its scene.
fn answer(samples: &Samples, truth: bool) -> Result<(String, usize)> {
    let name = if truth { "s2_t" } else { "s2_target" };
    let role = samples.role(name).ok_or_else(|| {
        Error::usage(format!("layout '{}' has no role '{name}'", samples.layout)).hint(
            "scores need a target: use a layout with s2_target, or --truth with one that has s2_t",
        )
    })?;
    Ok((if truth { "s2_truth" } else { "s2_target" }.to_owned(), role))
}

/// The card's name; a second network of one card also bears its folder's.
fn name_of(model: &Model, path: &Path, others: &[Tally]) -> String {
    let name = model.card.name.clone();
    if !others.iter().any(|t| t.name == name) {
        return name;
    }
    let folder = path.parent().and_then(|p| p.file_name()).unwrap_or_default();
    format!("{name} {}", folder.to_string_lossy())
}

/// Refuses to score a network on ground that it may have been trained on.
fn check_split(weights: &Path, samples: &Samples, snapshot: &str) -> Result<()> {
    let (_, about) = Model::about(weights)?;
    let here = serde_json::json!(samples.splitter).to_string();
    match (about.get("snapshot"), about.get("split")) {
        (Some(archive), Some(split)) if archive == snapshot && *split != here => {
            Err(Error::usage(format!(
                "{} was trained on another split of this archive: {split}, not {here}",
                weights.display()
            ))
            .hint("give the --split-* and share options of the training"))
        }
        _ => Ok(()),
    }
}

/// One tally a method, and the names of the roles that they read.
fn tallies(s: &Samples, o: &EvaluateOptions, strata: usize) -> Result<(Vec<Tally>, Vec<String>)> {
    let mut names: Vec<String> = Vec::new();
    let mut all = Vec::new();
    let roles: Vec<&str> = s.roles.iter().map(|r| r.name.as_str()).collect();
    for method in &o.methods {
        match method.as_str() {
            "input" => {
                names.push("s2_t".into());
                all.push(Tally::new("input".into(), None, strata));
            }
            "gapfill" => all.push(Tally::new("gapfill".into(), None, strata)),
            path => {
                let path = PathBuf::from(path);
                check_split(&path, s, &o.snapshot)?;
                let model = Model::load(&path, o.device)?;
                model.card.check_roles(&roles, false)?;
                names.extend(model.card.inputs.iter().cloned());
                let name = name_of(&model, &path, &all);
                all.push(Tally::new(name, Some(model), strata));
            }
        }
    }
    names.sort();
    names.dedup();
    Ok((all, names))
}
