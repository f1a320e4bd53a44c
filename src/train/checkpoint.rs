//! What a resume needs, published as one folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use super::adam::Adam;
use super::curve::Curve;
use super::measure::{self, Measure};
use crate::error::{Error, Kind, Result, While};
use crate::models::Model;
use crate::store::{self, PendingFolder};

/// Version of the checkpoint's folder.
pub(super) const VERSION: u32 = 4;

/// Where a run stands, between two steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub(super) version: u32,
    /// What must not change between the runs: card, split, query, snapshot, seed, and every option that
    /// changes the weights.
    pub(super) identity: BTreeMap<String, String>,
    pub(super) epochs_done: u64,
    pub(super) step: u64,
    /// BLAKE3 of the other files of the folder, by name.
    #[serde(default)]
    pub(super) files: BTreeMap<String, String>,
}

/// The checkpoint in the folder of a training.
const FOLDER: &str = "checkpoint";
/// The files beside state.json; all but the moments are in the folder of the training, too.
const WEIGHTS: &str = "weights.safetensors";
const MOMENTS: &str = "optimiser.safetensors";
const CURVE: &str = "curve.parquet";
const MEASURES: &str = "metrics.parquet";
/// What TensorBoard reads, beside the checkpoint.
pub(super) const BOARD: &str = "tensorboard";

impl State {
    /// Before the first step.
    pub(super) fn new(identity: BTreeMap<String, String>) -> Self {
        Self { version: VERSION, identity, epochs_done: 0, step: 0, files: BTreeMap::new() }
    }

    /// Whether all of its epochs are learned and validated.
    fn is_done(&self) -> bool {
        let number = |key: &str| self.identity.get(key).and_then(|text| text.parse::<u64>().ok());
        let reached = number("steps_per_epoch").and_then(|n| n.checked_mul(self.epochs_done));
        reached.zip(number("steps")).is_some_and(|(reached, steps)| reached >= steps)
    }

    /// Refuses a place that no run of `steps` in epochs of `length` stands at.
    pub(super) fn check(&self, steps: u64, length: u64) -> Result<()> {
        let start = self.epochs_done.checked_mul(length).map(|start| start.min(steps));
        let end = start.map(|start| start.saturating_add(length).min(steps));
        match start.zip(end) {
            Some((start, end)) if (start..=end).contains(&self.step) => Ok(()),
            _ => Err(damaged(Error::corrupt(format!(
                "the checkpoint says step {} after {} epochs of {length}",
                self.step, self.epochs_done
            )))),
        }
    }
}

/// What to do about a checkpoint that is at fault; a fault of the machine stays one.
fn damaged(error: Error) -> Error {
    match error.kind() {
        Kind::Corrupt | Kind::Invalid | Kind::NotFound => error.hint(
            "the checkpoint is damaged: begin again with --replace, or train into another folder",
        ),
        _ => error,
    }
}

/// What a training left in the folder, if anything: a name.
pub(super) fn left(out: &Path) -> Option<&'static str> {
    let all = [FOLDER, WEIGHTS, CURVE, MEASURES, BOARD];
    all.into_iter().find(|name| out.join(name).exists())
}

/// Refuses to clear a folder without a checkpoint whose weights are another run's, or nobody knows whose.
pub(super) fn check_own(out: &Path, identity: &BTreeMap<String, String>) -> Result<()> {
    let Some(name) = left(out) else { return Ok(()) };
    // A kill before the first checkpoint leaves weights, which say whose they are, or events alone.
    let own = |about: &BTreeMap<String, String>| {
        identity.iter().all(|(key, value)| about.get(key) == Some(value))
    };
    let known = Model::about(&out.join(WEIGHTS)).is_ok_and(|(_, about)| own(&about));
    match known || name == BOARD {
        true => Ok(()),
        false => Err(Error::usage(format!(
            "{} holds {name}, which is not known to be this training's, and no checkpoint to go on from",
            out.display()
        ))
        .hint("train into another folder, or begin again with --replace, which removes what is there")),
    }
}

/// Removes what another run left in the folder, its checkpoint first: of a run that begins nothing must be taken for its own.
pub(super) fn clear(out: &Path) -> Result<()> {
    let gone = |done: std::io::Result<()>, name: &str| match done {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(e).during(|| format!("removing {}", out.join(name).display()))
        }
        _ => Ok(()),
    };
    gone(std::fs::remove_dir_all(folder(out)), FOLDER)?;
    for name in [WEIGHTS, CURVE, MEASURES] {
        gone(std::fs::remove_file(out.join(name)), name)?;
    }
    Ok(())
}

fn folder(out: &Path) -> PathBuf {
    out.join(FOLDER)
}

/// Publishes the checkpoint whole: a kill leaves the last one.
pub(super) fn save(
    out: &Path,
    state: &State,
    model: &Model,
    adam: &Adam,
    (curve, measures): (&Curve, &[Measure]),
) -> Result<()> {
    let pending = PendingFolder::new(&folder(out))?;
    let at = |name: &str| pending.path().join(name);
    model.save(&at(WEIGHTS), &state.identity)?;
    // tch picks the format by the extension, so the name aside keeps it.
    Tensor::write_safetensors(&adam.state()?, at(MOMENTS))
        .map_err(|e| Error::internal("cannot save the optimiser").with_source(e))?;
    curve.write(&at(CURVE))?;
    measure::write(&at(MEASURES), measures)?;
    let digest = |name: &str| Ok((name.to_owned(), store::digest(&at(name))?));
    let files =
        [WEIGHTS, MOMENTS, CURVE, MEASURES].into_iter().map(digest).collect::<Result<_>>()?;
    store::write_json(&at("state.json"), &State { files, ..state.clone() })?;
    pending.commit()
}

/// Restores a run. Refuses a checkpoint of another card, query, snapshot, seed or batch, and files of it that have changed.
pub(super) fn load(
    out: &Path,
    identity: &BTreeMap<String, String>,
    model: &mut Model,
    adam: &mut Adam,
) -> Result<Option<(State, Curve, Vec<Measure>)>> {
    let from = folder(out);
    if !from.exists() {
        return Ok(None);
    }
    let state: State = store::read_json(&from.join("state.json")).map_err(damaged)?;
    if state.version != VERSION {
        return Err(Error::new(
            Kind::Unsupported,
            format!("the checkpoint in {} is of version {}", from.display(), state.version),
        )
        .hint(format!("this program reads version {VERSION}; train into another folder")));
    }
    // Of a run that is done nothing is computed again, so that it does not matter where.
    let done = state.is_done();
    for key in
        identity.keys().chain(state.identity.keys()).filter(|key| !(done && *key == "device"))
    {
        let word = |of: Option<&String>| of.map_or("none", String::as_str).to_owned();
        let (now, then) = (word(identity.get(key)), word(state.identity.get(key)));
        if now != then {
            let text = format!(
                "the checkpoint in {} was made with another {key}: {now} now, {then} then",
                from.display()
            );
            return Err(Error::usage(text).hint(
                "train into another folder, give the settings of the first run, or begin again with --replace",
            ));
        }
    }
    for name in [WEIGHTS, MOMENTS, CURVE, MEASURES] {
        let path = from.join(name);
        if state.files.get(name) != Some(&store::digest(&path).map_err(damaged)?) {
            let text = format!("{} is not as it was written", path.display());
            return Err(damaged(Error::corrupt(text)));
        }
    }
    let device = model.vars.device();
    *model = Model::load(&from.join(WEIGHTS), device)
        .during(|| format!("resuming from {}", from.display()))?;
    let tensors = Tensor::read_safetensors(from.join(MOMENTS))
        .map_err(|e| damaged(Error::corrupt("cannot read the optimiser's state").with_source(e)))?;
    adam.restore(&tensors.into_iter().map(|(n, t)| (n, t.to_device(Device::Cpu))).collect())
        .map_err(damaged)?;
    let curve = Curve::read(&from.join(CURVE)).map_err(damaged)?;
    let measures = measure::read(&from.join(MEASURES)).map_err(damaged)?;
    Ok(Some((state, curve, measures)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_without_a_checkpoint_are_cleared_by_their_own_run_only() {
        let dir = tempfile::tempdir().unwrap();
        let run = |seed: &str| BTreeMap::from([("seed".to_owned(), seed.to_owned())]);
        assert_eq!(left(dir.path()), None);
        check_own(dir.path(), &run("1")).unwrap();
        let path = dir.path().join(WEIGHTS);
        let mut card = crate::models::Card::open("david").unwrap();
        card.width = 2;
        let mut about = run("1");
        about.insert("step".into(), "9".into());
        Model::new(card, 1, Device::Cpu).unwrap().save(&path, &about).unwrap();
        assert_eq!(left(dir.path()), Some(WEIGHTS));
        check_own(dir.path(), &run("1")).unwrap();
        let refused = |found: Result<()>| found.unwrap_err().advice().contains("--replace");
        assert!(refused(check_own(dir.path(), &run("2"))));
        std::fs::write(&path, "somebody's").unwrap();
        assert!(refused(check_own(dir.path(), &run("1"))));
        // A curve says nothing of whose it is; events are what a kill leaves first.
        let (curve, board) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(curve.path().join(CURVE), "").unwrap();
        assert!(refused(check_own(curve.path(), &run("1"))));
        std::fs::create_dir(board.path().join(BOARD)).unwrap();
        assert_eq!(left(board.path()), Some(BOARD));
        check_own(board.path(), &run("1")).unwrap();
    }

    #[test]
    fn a_run_stands_inside_the_epoch_that_it_says() {
        let at = |epochs_done, step| State { epochs_done, step, ..State::new(BTreeMap::new()) };
        for (epochs, step) in [(0, 0), (0, 50), (1, 50), (2, 120), (3, 120)] {
            at(epochs, step).check(120, 50).unwrap();
        }
        for (epochs, step) in [(0, 60), (1, 10), (3, 130), (u64::MAX, 1), (9, 50)] {
            assert!(at(epochs, step).check(120, 50).unwrap_err().is_corrupt(), "{epochs} {step}");
        }
    }
}
