//! `gather`: rows of a layout to a batch, without a buffer between.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Want;
use super::crop::Crop;
use super::places::{Place, Places};
use crate::archive::{Archive, Codec, Layer, Stored};
use crate::error::{Result, While};
use crate::geo::Window;
use crate::layout::Sample;
use crate::stream::{Emit, Operator};
use crate::tensors::{Batch, Stack};

/// Copies or decodes the patches of some samples straight into their places in a batch, stored
/// integers, one tensor a want. A patch that several roles or samples share is decoded once.
///
/// A batch is made by one worker, so that several may read at a time.
pub struct Gather {
    wants: Arc<[Want]>,
    places: Places,
    side: usize,
    /// To decode costs more than to copy.
    packed: bool,
    crop: Option<Crop>,
}

/// A patch of an archive of truth or not: tile, layer, slot, row, column.
type Address = (bool, Arc<str>, Layer, usize, usize, usize);

/// Where the pixels of one place in a batch come from.
enum Source {
    Stored(Stored),
    /// They are in the batch, at this role and row.
    Again((usize, usize)),
    Part(Place, Window),
}

impl Gather {
    /// `truth` is needed only if a want asks for it.
    pub fn new(archive: &Archive, truth: Option<&Archive>, wants: &[Want]) -> Self {
        Self {
            wants: wants.into(),
            places: Places::new(archive, truth),
            side: archive.settings().patch,
            packed: archive.settings().codec != Codec::None,
            crop: None,
        }
    }

    /// Reads a window of each patch instead.
    #[must_use]
    pub fn cropped(mut self, crop: Option<Crop>) -> Self {
        self.crop = crop;
        self
    }

    fn gather(&mut self, rows: &[Sample]) -> Result<Batch> {
        let side = self.crop.map_or(self.side, |c| c.side());
        let stack = |want: &Want| Stack::new(want.layer, side, rows.len());
        let mut stacks = self.wants.iter().map(stack).collect::<Result<Vec<_>>>()?;
        let mut sources = self.find(rows)?.into_iter();
        for sample in rows {
            for (role, (want, source)) in self.wants.iter().zip(&mut sources).enumerate() {
                let doing = || reading(want, sample);
                match source {
                    Source::Stored(patch) => {
                        stacks[role].push_with(|place| patch.read_into(place)).during(doing)?;
                    }
                    Source::Again(first) => again(&mut stacks, first, role)?,
                    Source::Part(at, window) => {
                        let block = at.tile.read(want.layer, at.slot, window).during(doing)?;
                        stacks[role].push_bytes(block.values.bytes())?;
                    }
                }
            }
        }
        let mut tensors = BTreeMap::new();
        for (want, stack) in self.wants.iter().zip(stacks) {
            tensors.insert(want.name.clone(), stack.finish()?);
        }
        Ok(Batch { tensors, names: rows.iter().map(Sample::name).collect() })
    }

    /// Where every patch of the samples is, want by want of each. The disk is asked for all of them
    /// before the first is read, so that it always has a batch's worth of reads to do.
    fn find(&mut self, rows: &[Sample]) -> Result<Vec<Source>> {
        let mut sources = Vec::with_capacity(rows.len() * self.wants.len());
        let mut seen: HashMap<Address, (usize, usize)> = HashMap::new();
        for (row, sample) in rows.iter().enumerate() {
            let corner = self.crop.map(|c| (c.corner(sample, self.side), c.side()));
            for (role, want) in self.wants.iter().enumerate() {
                let at = self.places.find(sample, want)?;
                if self.packed && corner.is_none() {
                    let tile = sample.tile.clone();
                    let address = (want.truth, tile, want.layer, at.slot, at.row, at.col);
                    if let Some(first) = seen.get(&address) {
                        sources.push(Source::Again(*first));
                        continue;
                    }
                    seen.insert(address, (role, row));
                }
                let patch = at.tile.find(want.layer, at.slot, (at.row, at.col));
                let patch = patch.during(|| reading(want, sample))?;
                patch.ahead();
                sources.push(match corner {
                    None => Source::Stored(patch),
                    Some((corner, side)) => {
                        let window = window(&at, want.layer, self.side, corner, side);
                        Source::Part(at, window)
                    }
                });
            }
        }
        Ok(sources)
    }
}

fn reading(want: &Want, sample: &Sample) -> String {
    format!("reading {} of sample {}", want.name, sample.name())
}

/// `side` px from a corner inside a patch of `patch` px, in pixels of the layer.
fn window(at: &Place, layer: Layer, patch: usize, corner: (usize, usize), side: usize) -> Window {
    let f = layer.factor();
    let (row, col) = (at.row * patch + corner.0, at.col * patch + corner.1);
    Window::new(row / f, col / f, side / f, side / f)
}

/// Copies a patch that is in the batch to the next place of `role`.
fn again(stacks: &mut [Stack], first: (usize, usize), role: usize) -> Result<()> {
    let (from, row) = first;
    if from == role {
        return stacks[role].push_again(row);
    }
    // Two elements of one slice: cut it between them.
    let (low, high) = stacks.split_at_mut(from.max(role));
    let (source, target) = match from < role {
        true => (&mut low[from], &mut high[0]),
        false => (&mut high[0], &mut low[role]),
    };
    let patch = source.patch(row)?;
    target.push_with(|place| {
        place.copy_from_slice(patch);
        Ok(())
    })
}

impl Operator for Gather {
    type In = Vec<Sample>;
    type Out = Batch;

    fn name(&self) -> String {
        "gather".into()
    }

    fn apply(&mut self, rows: Vec<Sample>, out: &mut Emit<Batch>) -> Result<()> {
        out.push(self.gather(&rows)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{Block, Kind, Sensor, Settings, Values};
    use crate::geo::{Grid, Split, Stamp};
    use crate::layout::PatchRef;
    use crate::ops::{MakeBatch, Read};

    const SIDE: usize = 128;

    /// A tile of 2 x 2 patches of 64 px with three optical dates, two radar ones and elevation.
    fn archive(root: &std::path::Path, codec: Codec) -> Archive {
        let archive = Archive::create(root, Settings::new(64, codec).unwrap()).unwrap();
        let grid = Grid::new(32631, 600_000.0, 4_900_000.0, 10.0, SIDE, SIDE).unwrap();
        let tile = archive.create_tile("31TCJ", &grid).unwrap();
        let times = |n| (0..n).map(|i| Stamp(1 + i)).collect::<Vec<_>>();
        tile.set_times(Sensor::S2, &times(3)).unwrap();
        tile.set_times(Sensor::S1, &times(2)).unwrap();
        for (layer, slots) in [(Layer::S2Fine, 3), (Layer::S1, 2), (Layer::Dem, 1)] {
            let side = SIDE / layer.factor();
            let count = layer.bands().len() * side * side;
            for slot in 0..slots {
                let value = |i: usize| (i * 31 + slot * 77 + i / 64) % 30_000;
                let values = match layer.kind() {
                    Kind::U16 => Values::U16((0..count).map(|i| value(i) as u16).collect()),
                    _ => Values::I16((0..count).map(|i| value(i) as i16 - 9_000).collect()),
                };
                let window = Window::new(0, 0, side, side);
                tile.write(slot, &Block { layer, window, values }).unwrap();
            }
        }
        archive
    }

    fn wants() -> Vec<Want> {
        let want = |name: &str, role, layer| Want { name: name.into(), role, layer, truth: false };
        vec![
            want("s2_t", 0, Layer::S2Fine),
            want("s2_target", 1, Layer::S2Fine),
            want("s1_t", 2, Layer::S1),
            want("dem", 3, Layer::Dem),
        ]
    }

    /// Optical slots of both roles, radar slot, place; some patches appear several times.
    fn samples() -> Vec<Sample> {
        let one = |(a, b, s, row, col): (u32, u32, u32, u32, u32)| {
            let patch = |slot: u32| {
                let time = Stamp(1 + i64::from(slot));
                PatchRef { slot, row, col, time }
            };
            let patches = vec![patch(a), patch(b), patch(s), patch(0)];
            Sample { tile: "31TCJ".into(), row, col, split: Split::Train, patches }
        };
        [(0, 1, 0, 0, 0), (1, 0, 1, 0, 0), (2, 2, 0, 1, 1), (0, 1, 0, 0, 1), (0, 1, 0, 0, 0)]
            .map(one)
            .to_vec()
    }

    #[test]
    fn the_batch_is_that_of_reading_and_batching_whatever_the_codec_and_what_is_shared() {
        for codec in Codec::ALL {
            let dir = tempfile::tempdir().unwrap();
            let archive = archive(dir.path(), codec);
            let mut fetched = Emit::new();
            let mut read = Read::new(&archive, None, &wants());
            for sample in samples() {
                read.apply(sample, &mut fetched).unwrap();
            }
            let mut one = Emit::new();
            let mut make = MakeBatch::new(5, 64);
            for item in fetched.into_items() {
                make.apply(item, &mut one).unwrap();
            }
            let mut other = Emit::new();
            Gather::new(&archive, None, &wants()).apply(samples(), &mut other).unwrap();
            let (one, other) = (one.into_items(), other.into_items());
            assert_eq!((one.len(), other.len()), (1, 1));
            assert_eq!(one[0].names, other[0].names);
            assert_eq!(one[0].tensors.len(), 4);
            for (name, tensor) in &one[0].tensors {
                assert_eq!(tensor, &other[0].tensors[name], "{codec:?} {name}");
            }
        }
    }

    #[test]
    fn a_window_is_part_of_its_patch_the_same_for_all_roles_and_another_in_each_epoch() {
        let dir = tempfile::tempdir().unwrap();
        let archive = archive(dir.path(), Codec::Zstd);
        let batch = |crop| {
            let mut out = Emit::new();
            let mut gather = Gather::new(&archive, None, &wants()).cropped(crop);
            gather.apply(samples(), &mut out).unwrap();
            out.into_items().remove(0)
        };
        let crop = |epoch| Crop::new(32, 64, 7, epoch).unwrap();
        let (whole, part) = (batch(None), batch(Some(crop(0))));
        for (k, sample) in samples().iter().enumerate() {
            let (row, col) = crop(0).corner(sample, 64);
            assert!(row % 2 == 0 && row <= 32 && col % 2 == 0 && col <= 32);
            for (name, tensor) in &part.tensors {
                let f = if name == "dem" { 2 } else { 1 };
                let cut = |t: &tch::Tensor, dim, at: usize| t.narrow(dim, at as i64 / f, 32 / f);
                let patch = whole.tensors[name].get(k as i64);
                assert_eq!(tensor.get(k as i64), cut(&cut(&patch, 1, row), 2, col), "{name} {k}");
            }
        }
        let corners =
            |epoch| samples().iter().map(|s| crop(epoch).corner(s, 64)).collect::<Vec<_>>();
        assert_ne!(corners(0), corners(1));
        for side in [0, 16, 33, 96] {
            assert!(Crop::new(side, 64, 1, 0).is_err(), "{side}");
        }
    }

    #[test]
    fn a_damaged_chunk_is_named_with_its_array_scene_and_sample() {
        let dir = tempfile::tempdir().unwrap();
        drop(archive(dir.path(), Codec::Lz4));
        let shard = dir.path().join("pixels/31TCJ.zarr/s1/c/1/0/0/0");
        let mut bytes = std::fs::read(&shard).unwrap();
        bytes[40] ^= 0xFF;
        std::fs::write(&shard, bytes).unwrap();
        let archive = Archive::open(dir.path()).unwrap();
        let mut gather = Gather::new(&archive, None, &wants());
        let error = gather.apply(samples(), &mut Emit::new()).unwrap_err();
        assert!(error.is_corrupt());
        let text = format!("{error:#}");
        for word in ["s1", "slot 1", "31TCJ", "s1_t", "31TCJ/r0c0@"] {
            assert!(text.contains(word), "no {word} in {text}");
        }
    }
}
