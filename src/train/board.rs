//! The run as TensorBoard shows it.
//!
//! One whole event file between two checkpoints, named by the step that it reaches: TensorBoard reads
//! them one after the other. It is published before its checkpoint, so one that reaches further was
//! left by a kill; its steps will be taken again.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::checkpoint::BOARD;
use super::curve::Point;
use super::measure::Measure;
use crate::error::{Error, Result, While};
use crate::exchange::{Scalar, write_events};

const PREFIX: &str = "events.out.tfevents.";
const SUFFIX: &str = ".eclaircie";

/// Scalars that wait for the next checkpoint.
pub(super) struct Board {
    folder: PathBuf,
    waiting: Vec<Scalar>,
}

impl Board {
    /// The board of a run that stands at `step`: files that reach beyond it are removed.
    pub(super) fn open(out: &Path, step: u64) -> Result<Self> {
        let folder = out.join(BOARD);
        let doing = || format!("looking through {}", folder.display());
        let files = match std::fs::read_dir(&folder) {
            Ok(files) => files.collect::<std::io::Result<Vec<_>>>().during(doing)?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(e).during(doing),
        };
        for file in files {
            let name = file.file_name().to_string_lossy().into_owned();
            // Files of other programs are left alone.
            let ours = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
            let reached = ours.and_then(|rest| rest.split('.').next()?.parse::<u64>().ok());
            if reached.is_some_and(|n| n > step || step == 0) {
                std::fs::remove_file(file.path()).during(doing)?;
            }
        }
        Ok(Self { folder, waiting: Vec::new() })
    }

    pub(super) fn point(&mut self, point: &Point) {
        self.note(point.step, format!("loss/{}", point.split), point.loss);
        for (tag, value) in [("step/rate", point.rate), ("step/gradient", point.gradient)] {
            if let Some(value) = value {
                self.note(point.step, tag.to_owned(), value);
            }
        }
    }

    pub(super) fn measure(&mut self, m: &Measure) {
        if m.metric != "loss" {
            let band = if m.band == "all" { String::new() } else { format!("_{}", m.band) };
            self.note(m.step, format!("{}/{}{band}", m.split, m.metric), m.value);
        }
    }

    fn note(&mut self, step: u64, tag: String, value: f64) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.waiting.push(Scalar { wall_s: now.as_secs_f64(), step, tag, value: value as f32 });
    }

    /// Publishes what waits, up to `step`.
    pub(super) fn publish(&mut self, step: u64) -> Result<()> {
        if !self.waiting.is_empty() {
            // A run that was stopped in its validation has a file of that step already.
            let path = |n: u32| self.folder.join(format!("{PREFIX}{step:012}.{n}{SUFFIX}"));
            let free = (0..).map(path).find(|path| !path.exists());
            let free = free.ok_or_else(|| Error::internal("no name is free for an event file"))?;
            write_events(&free, &self.waiting)?;
            self.waiting.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_kill_left_is_removed_and_what_a_checkpoint_knows_stays() {
        let dir = tempfile::tempdir().unwrap();
        let files = || {
            let all = std::fs::read_dir(dir.path().join("tensorboard")).unwrap();
            let mut all: Vec<String> =
                all.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
            all.sort();
            all
        };
        let mut board = Board::open(dir.path(), 0).unwrap();
        for step in [50, 100, 150] {
            let point =
                Point { step, epoch: 0, split: "train", loss: 1.0, rate: None, gradient: None };
            board.point(&point);
            board.publish(step).unwrap();
            board.publish(step + 1).unwrap();
        }
        assert_eq!(files().len(), 3, "nothing new gives no file");
        Board::open(dir.path(), 100).unwrap();
        assert_eq!(files().len(), 2);
        assert!(files()[1].starts_with("events.out.tfevents.000000000100"));
        // Stopped in a validation at that step, then validated.
        let mut board = Board::open(dir.path(), 100).unwrap();
        board.note(100, "valid/psnr".into(), 20.0);
        board.publish(100).unwrap();
        assert_eq!(files().len(), 3, "what is there stays");
        let others = dir.path().join("tensorboard/events.out.tfevents.1764150000.host.1.0");
        std::fs::write(&others, "").unwrap();
        Board::open(dir.path(), 0).unwrap();
        assert_eq!(
            files(),
            [others.file_name().unwrap().to_str().unwrap()],
            "another run begins anew"
        );
    }
}
