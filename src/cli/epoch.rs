//! Which samples of an epoch are streamed, in which order, and for whom.

use clap::Args;

use super::args;
use crate::error::{Error, Result};
use crate::exchange::Origin;
use crate::geo::Split;
use crate::layout::{Sample, Samples};
use crate::ops::{Epoch, Mixing, Share, Shuffle, Want};

/// The order of a stream.
#[derive(Debug, Clone, Args)]
pub(super) struct EpochArgs {
    /// Which samples.
    #[arg(long = "split", value_name = "SPLIT", default_value = "train")]
    #[arg(value_parser = args::parse_split)]
    pub(super) of: Split,
    /// Samples at most, of all ranks together.
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    pub(super) samples_max: usize,
    /// Samples a batch.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = args::parse_count)]
    pub(super) batch: usize,
    /// Random seed of the order.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Number of the epoch, from 0; each has an order of its own.
    #[arg(long, value_name = "N", default_value_t = 0)]
    epoch: u64,
    /// How samples are mixed: full; sorted, by place and time; or a window of so many samples from
    /// few places, for an archive larger than memory.
    #[arg(long, value_name = "full|sorted|N", default_value = "full", value_parser = Shuffle::parse)]
    shuffle: Shuffle,
    /// Number of this program among those that share the epoch, from 0.
    #[arg(long, value_name = "N", default_value_t = 0)]
    rank: usize,
    /// Programs that share the epoch: each takes its part of every step.
    #[arg(long, value_name = "N", default_value_t = 1)]
    world: usize,
    /// Stop after so many batches and print a token for --resume.
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// Go on where a stopped run left off: the token that it printed.
    #[arg(long, value_name = "TOKEN", conflicts_with = "epoch")]
    resume: Option<String>,
}

/// The part of one epoch that this program streams.
pub(super) struct Course {
    rows: Vec<Sample>,
    epoch: Epoch,
    #[cfg_attr(not(feature = "torch"), expect(dead_code, reason = "only tensors are cropped"))]
    seed: u64,
    number: u64,
    share: Share,
    batch: usize,
    steps: usize,
    /// What a token must agree with.
    digest: String,
}

impl EpochArgs {
    /// The samples of the split in their order. Refuses a rank beyond the world and a token of another run.
    pub(super) fn course(&self, samples: &Samples, snapshot: &str) -> Result<Course> {
        let share = Share::new(self.rank, self.world)?;
        let rows = samples.of(self.of);
        let digest = self.digest(&rows, &samples.query_hash, snapshot);
        let (number, done) = match &self.resume {
            Some(token) => read_token(token, &digest)?,
            None => (self.epoch, 0),
        };
        let epoch = Epoch::new(&rows, self.shuffle, self.seed, number);
        let epoch = epoch.first(self.samples_max).after(done);
        let all = epoch.steps(self.batch, share);
        let steps = all.min(self.steps.unwrap_or(all));
        Ok(Course { rows, epoch, seed: self.seed, number, share, batch: self.batch, steps, digest })
    }

    /// What the order is a function of, but for the epoch: the samples themselves, whatever chose them.
    fn digest(&self, rows: &[Sample], query: &str, snapshot: &str) -> String {
        let most = if self.samples_max == usize::MAX { 0 } else { self.samples_max };
        let all = serde_json::json!([snapshot, query, self.seed, self.shuffle.name(), most]);
        let mut hash = blake3::Hasher::new();
        hash.update(all.to_string().as_bytes());
        for row in rows {
            hash.update(row.tile.as_bytes());
            for number in [row.row, row.col].into_iter().chain(row.patches.iter().map(|p| p.slot)) {
                hash.update(&number.to_le_bytes());
            }
        }
        hash.finalize().to_hex()[..8].to_owned()
    }
}

impl Course {
    /// Number of samples to come.
    pub(super) fn len(&self) -> usize {
        (0..self.steps).map(|s| self.epoch.step(s, self.batch, self.share).len()).sum()
    }

    /// The samples to come, in batches.
    pub(super) fn batches(&self) -> Vec<Vec<Sample>> {
        let one = |step| {
            let range = self.epoch.step(step, self.batch, self.share);
            self.epoch.order()[range].iter().map(|i| self.rows[*i].clone()).collect()
        };
        (0..self.steps).map(one).collect()
    }

    /// Windows inside patches, by the seed and number of the epoch.
    #[cfg(feature = "torch")]
    pub(super) fn crop(&self, side: usize, patch: usize) -> Result<crate::ops::Crop> {
        crate::ops::Crop::new(side, patch, self.seed, self.number)
    }

    /// Where a run stands after `given` samples of this rank; `None` at the end of the epoch. A batch that was not
    /// whole is given again.
    fn token(&self, given: usize) -> Option<String> {
        let steps = if given >= self.len() { self.steps } else { given / self.batch };
        let done = self.epoch.done_after(steps, self.batch, self.share);
        let rest = self.epoch.clone().after(done);
        let ended = rest.steps(self.batch, self.share) == 0;
        (!ended).then(|| format!("e{}-s{done}-{}", self.number, self.digest))
    }

    /// What is told at the end, after `given` samples of this rank: how to go on, or what no rank took.
    pub(super) fn ending(&self, given: usize) -> Option<String> {
        if let Some(token) = self.token(given) {
            return Some(format!("go on with --resume {token}"));
        }
        let left = self.epoch.left_out(self.batch, self.share);
        (left > 0).then(|| format!("{left} samples are left out of this epoch: fewer than ranks"))
    }

    /// Which part of which order this is, for files that are made of it.
    pub(super) fn origin(&self, args: &EpochArgs) -> Origin {
        Origin {
            seed: Some(args.seed),
            split: Some(args.of),
            epoch: Some(self.number),
            shuffle: Some(args.shuffle.name()),
            rank: (args.world > 1).then_some(args.rank),
            world: (args.world > 1).then_some(args.world),
            ..Origin::default()
        }
    }

    /// What is said of the order before a run: its size, how well it mixes, what it reads.
    pub(super) fn explain(&self, wants: &[Want], patch: usize, memory: usize) -> String {
        let order = self.epoch.order();
        let mixing = Mixing::of(&self.rows, order, self.batch, (wants, patch), memory);
        let left = self.epoch.left_out(self.batch, self.share);
        let left = if left > 0 { format!(", {left} left out at the end") } else { String::new() };
        format!(
            "order: epoch {}, {} samples in {} batches for this rank{left}\n\
             mixing: {:.3} from uniform (0 is uniform, 1 sorted); {:.2} of the places a batch that a uniform order has; \
             {:.2} bytes read a byte used with {} MB of patches in memory",
            self.number,
            self.len(),
            self.steps,
            mixing.distance,
            mixing.spread,
            mixing.amplification,
            memory / 1_000_000,
        )
    }
}

/// Epoch and samples done.
fn read_token(token: &str, digest: &str) -> Result<(u64, usize)> {
    let parts: Vec<&str> = token.split('-').collect();
    let number = |text: &str, letter| text.strip_prefix(letter).map(str::parse::<u64>);
    if let [epoch, done, found] = parts.as_slice()
        && let (Some(Ok(epoch)), Some(Ok(done))) = (number(epoch, 'e'), number(done, 's'))
    {
        if *found == digest {
            return Ok((epoch, usize::try_from(done).unwrap_or(usize::MAX)));
        }
        return Err(Error::usage(format!("the token '{token}' is of another run")).hint(
            "give the archive, layout, --set, --split…, --per-place, --balance, --seed, --shuffle and --samples-max of the run that printed it",
        ));
    }
    Err(Error::usage(format!("'{}' is no token", token.escape_debug()))
        .hint("a token reads e0-s1280-0123abcd; a stopped run prints it"))
}
