//! `study`: networks trained from several seeds, judged the same way.

mod check;
mod methods;
mod page;
mod plan;

use std::path::{Path, PathBuf};

use super::{Done, script::Script};
use crate::archive::Archive;
use crate::catalog::Catalog;
use crate::error::{Result, While};
use crate::evaluate::{read_differences, read_rows};
use crate::layout::Layout;
use crate::store::{digest, publish, read_text};
use crate::stream::Cancel;
use check::Check;
use page::Seed;
use plan::{Plan, Question, Training};

/// Train each network of a study from each of its seeds, evaluate them with their controls, and write STUDY.md.
///
/// A study is a TOML file: name, seeds, networks (a card and a layout each), questions (a layout, methods and controls each), and maybe
/// options, train, evaluate. All of it is checked before anything is trained. Every step is a command that is printed before it runs.
/// Stopped or killed, the same command goes on where it was.
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

/// What made the scores, as a page says.
const PROGRAM: &str = concat!("eclaircie ", env!("CARGO_PKG_VERSION"));

pub(super) fn run(a: &Args, cancel: &Cancel) -> Result<Done> {
    let plan = Plan::open(&a.study)?;
    let archive = Archive::open(&a.archive)?;
    let truth = a.truth.as_deref().map(Archive::open).transpose()?;
    let mut script = Script::new(&a.to, cancel);
    script.give("@archive", a.archive.display().to_string());
    for network in &plan.networks {
        script.give(&format!("@card:{}", network.name), network.card.clone());
    }
    if let Some(truth) = &a.truth {
        script.give("@truth", truth.display().to_string());
    }
    Check { plan: &plan, script: &script, archive: &archive, truth: truth.as_ref() }.all()?;
    let archives: Vec<&Archive> = std::iter::once(&archive).chain(truth.as_ref()).collect();
    let snapshot = |archive: &&Archive| Catalog::open(archive)?.snapshot();
    let snapshots = archives.iter().map(snapshot).collect::<Result<Vec<_>>>()?;
    let about = about(&archives, &snapshots)?;
    let mut commands = Vec::new();
    let mut seeds = vec![Vec::new(); plan.questions.len()];
    for seed in &plan.seeds {
        for network in &plan.networks {
            let command = training(&plan, network, *seed);
            script.step(&command)?;
            commands.push(script.spell(&command));
        }
        for (question, seeds) in plan.questions.iter().zip(&mut seeds) {
            let command = evaluation(&plan, question, *seed, a.truth.is_some());
            let scores = script.at(&format!("seed-{seed}/{}", question.name));
            judge(&mut script, question, &about, &command, &scores)?;
            commands.push(script.spell(&command));
            seeds.push(tables(&scores)?);
        }
        // After each seed, so that there is something to read before the last one is done.
        draw(&script, &plan, &seeds)?;
        let page = page::markdown(&plan, &seeds, &snapshots, &commands);
        publish(&script.at("STUDY.md"), page.as_bytes())?;
    }
    script.summary("STUDY.md")?;
    Ok(Done::Whole)
}

/// The command that trains a network from a seed. One that is done ends at once.
fn training(plan: &Plan, n: &Training, seed: u64) -> String {
    format!(
        "train @archive --layout {} {} --model @card:{} --to {{seed-{seed}/{}}} --seed {seed} --resume {} {}",
        n.layout, plan.options, n.name, n.name, plan.train, n.train
    )
}

/// The command that judges them by a question.
fn evaluation(plan: &Plan, question: &Question, seed: u64, truth: bool) -> String {
    let options = format!("{} {}", plan.options, question.options);
    let mut command = format!("evaluate @archive --layout {} {options}", question.layout);
    if truth {
        command += " --truth @truth";
    }
    question.methods.iter().for_each(|m| command += &format!(" --method {m}"));
    for n in &question.networks {
        command += &format!(" --method {n}={{seed-{seed}/{n}/weights.safetensors}}");
    }
    question.controls.iter().for_each(|c| command += &format!(" --control {c}"));
    format!("{command} {} --to {{seed-{seed}/{}}}", plan.evaluate, question.name)
}

/// What an evaluation wrote; tables of an earlier build may have other columns.
fn tables(scores: &Path) -> Result<Seed> {
    Ok(Seed {
        rows: read_rows(&scores.join("scores.parquet"))?,
        differences: read_differences(&scores.join("differences.parquet"))?,
    })
}

/// Evaluates, unless the same was asked of the same weights and archives before.
fn judge(
    script: &mut Script<'_>,
    asked: &Question,
    about: &str,
    command: &str,
    scores: &Path,
) -> Result<()> {
    let hash = Layout::open(&asked.layout)?.hash();
    let mut text = format!("{}\n{about}layout {hash}\n", script.spell(command));
    let trained = asked.networks.iter().map(|network| {
        (network.as_str(), scores.with_file_name(network).join("weights.safetensors"))
    });
    for (name, file) in trained.chain(asked.files()) {
        text += &format!("{name} {}\n", digest(&file)?);
    }
    let note = scores.join("asked.txt");
    if note.exists() && read_text(&note)? == text && tables(scores).is_ok() {
        eprintln!("\n{}: already scored", scores.display());
        return Ok(());
    }
    // Its tables are replaced one by one: until the last is there, nothing is said of them.
    if note.exists() {
        std::fs::remove_file(&note).during(|| format!("removing {}", note.display()))?;
    }
    script.step(command)?;
    publish(&note, text.as_bytes())
}

/// What scores depend on beside the command: this build of the program, and the state of the archives.
fn about(archives: &[&Archive], snapshots: &[String]) -> Result<String> {
    let program = std::env::current_exe().during(|| "looking for this program's own file")?;
    let mut text = format!("{PROGRAM} {}\n", digest(&program)?);
    for (archive, snapshot) in archives.iter().zip(snapshots) {
        text += &format!("{} {snapshot}\n", archive.root().display());
    }
    Ok(text)
}

/// The pictures of the page: scores with their intervals, and patches of the first seed.
fn draw(script: &Script<'_>, plan: &Plan, seeds: &[Vec<Seed>]) -> Result<()> {
    for (question, seeds) in plan.questions.iter().zip(seeds) {
        let name = &question.name;
        // No name of a question makes one of these another's.
        publish(&script.at(&format!("figures/{name}.psnr.svg")), page::chart(seeds).as_bytes())?;
        let looks = script.at(&format!("seed-{}/{name}/looks.svg", plan.seeds[0]));
        let looks = std::fs::read(&looks).during(|| format!("reading {}", looks.display()))?;
        publish(&script.at(&format!("figures/{name}.patches.svg")), &looks)?;
    }
    Ok(())
}
