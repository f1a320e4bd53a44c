//! `study`: networks trained from several seeds, judged the same way.

mod page;
mod plan;

use std::path::{Path, PathBuf};

use super::{Done, script::Script};
use crate::error::{Result, While};
use crate::evaluate::{read_differences, read_rows};
use crate::store::{publish, read_text};
use crate::stream::Cancel;
use page::Seed;
use plan::Plan;

/// Train each network of a study from each of its seeds, evaluate them with their controls, and write STUDY.md.
///
/// A study is a TOML file: name, layout, seeds, networks (a card each), and maybe options, train, evaluate, methods, controls. Every
/// step is a command that is printed before it runs. Stopped or killed, the same command goes on where it was.
///
/// Example: eclaircie study radar.toml archive/ --to studies/radar
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The study.
    study: PathBuf,
    /// The archive.
    archive: PathBuf,
    /// An archive of the clear truth to score against.
    #[arg(long, value_name = "ARCHIVE")]
    truth: Option<PathBuf>,
    /// Folder for runs, scores and STUDY.md.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
}

pub(super) fn run(a: &Args, cancel: &Cancel) -> Result<Done> {
    let plan = Plan::open(&a.study)?;
    let mut script = Script::new(&a.to, cancel);
    script.give("@archive", a.archive.display().to_string());
    for network in &plan.networks {
        script.give(&format!("@{}", network.name), network.card.clone());
    }
    if let Some(truth) = &a.truth {
        script.give("@truth", truth.display().to_string());
    }
    let mut seeds = Vec::new();
    let mut commands = Vec::new();
    for seed in &plan.seeds {
        for command in trainings(&plan, *seed) {
            script.step(&command)?;
            commands.push(script.spell(&command));
        }
        let command = evaluation(&plan, *seed, a.truth.is_some());
        let scores = script.at(&format!("seed-{seed}/scores"));
        judge(&mut script, &plan, &command, &scores)?;
        commands.push(script.spell(&command));
        seeds.push(Seed {
            rows: read_rows(&scores.join("scores.parquet"))?,
            differences: read_differences(&scores.join("differences.parquet"))?,
        });
    }
    let page = page::markdown(&plan, &seeds, &commands);
    publish(&script.at("STUDY.md"), page.as_bytes())?;
    script.summary("STUDY.md")?;
    Ok(Done::Whole)
}

/// The commands that train the networks of a seed. One that is done ends at once.
fn trainings(plan: &Plan, seed: u64) -> Vec<String> {
    let one = |n: &plan::Training| {
        let layout = n.layout.as_deref().unwrap_or(&plan.layout);
        format!(
            "train @archive --layout {layout} {} --model @{} --to {{seed-{seed}/{}}} --seed {seed} --resume {} {}",
            plan.options, n.name, n.name, plan.train, n.train
        )
    };
    plan.networks.iter().map(one).collect()
}

/// The command that judges them.
fn evaluation(plan: &Plan, seed: u64, truth: bool) -> String {
    let mut command = format!("evaluate @archive --layout {} {}", plan.layout, plan.options);
    if truth {
        command += " --truth @truth";
    }
    plan.methods.iter().for_each(|m| command += &format!(" --method {m}"));
    for n in &plan.networks {
        command += &format!(" --method {{seed-{seed}/{}/weights.safetensors}}", n.name);
    }
    plan.controls.iter().for_each(|c| command += &format!(" --control {c}"));
    format!("{command} {} --to {{seed-{seed}/scores}}", plan.evaluate)
}

/// Evaluates, unless the same was asked of the same weights before.
fn judge(script: &mut Script<'_>, plan: &Plan, command: &str, scores: &Path) -> Result<()> {
    let mut asked = script.spell(command) + "\n";
    for network in &plan.networks {
        let weights = scores.with_file_name(&network.name).join("weights.safetensors");
        let bytes = std::fs::read(&weights).during(|| format!("reading {}", weights.display()))?;
        asked += &format!("{} {}\n", network.name, blake3::hash(&bytes).to_hex());
    }
    let note = scores.join("asked.txt");
    if note.exists() && read_text(&note)? == asked {
        eprintln!("\n{}: already scored", scores.display());
        return Ok(());
    }
    script.step(command)?;
    publish(&note, asked.as_bytes())
}
