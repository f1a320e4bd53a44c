//! Land cover: pixels are scored apart by what a map says of the ground.

use std::collections::BTreeMap;

use tch::{Device, Tensor};

use crate::error::{Error, Result};
use crate::layout::Sample;
use crate::limits;

/// Kinds of ground, tile by tile.
#[derive(Debug, Clone, Default)]
pub struct Cover {
    /// Their names, in the order in which they came.
    kinds: Vec<String>,
    tiles: BTreeMap<String, Kinds>,
}

/// The kind of each pixel of a tile, row-major: a position in the list from 1, or 0 for none.
#[derive(Debug, Clone)]
struct Kinds {
    width: usize,
    of: Vec<u8>,
}

impl Cover {
    /// Begins a tile of `width` pixels (10 m) a row. Refuses one that is there.
    pub fn begin(&mut self, tile: &str, width: usize) -> Result<()> {
        let kinds = Kinds { width: width.max(1), of: Vec::new() };
        match self.tiles.insert(tile.to_owned(), kinds) {
            None => Ok(()),
            Some(_) => Err(Error::usage(format!("tile {tile} has two maps of land cover"))
                .hint("give one --cover a tile")),
        }
    }

    /// Adds the next pixels of a tile. Each code is a kind by its name in `names`, else by itself; 0 without a
    /// name is none. Refuses more kinds than a table is read for.
    pub fn push(&mut self, tile: &str, codes: &[i32], names: &BTreeMap<i32, String>) -> Result<()> {
        let mut known: BTreeMap<i32, u8> = BTreeMap::new();
        let mut row = Vec::with_capacity(codes.len());
        for code in codes {
            let kind = match known.get(code) {
                Some(kind) => *kind,
                None => {
                    let kind = self.kind(*code, names)?;
                    known.insert(*code, kind);
                    kind
                }
            };
            row.push(kind);
        }
        let none = || Error::internal(format!("the cover of {tile} was not begun"));
        self.tiles.get_mut(tile).ok_or_else(none)?.of.append(&mut row);
        Ok(())
    }

    fn kind(&mut self, code: i32, names: &BTreeMap<i32, String>) -> Result<u8> {
        let name = match names.get(&code) {
            Some(name) => name.clone(),
            None if code == 0 => return Ok(0),
            None => code.to_string(),
        };
        let at = self.kinds.iter().position(|known| *known == name).unwrap_or(self.kinds.len());
        if at == self.kinds.len() {
            if at == limits::COVER_KINDS_MAX {
                return Err(Error::usage(format!("a map of land cover has more than {at} kinds"))
                    .hint("name its codes in a .csv beside it (code,name): codes of one name are one kind"));
            }
            self.kinds.push(name);
        }
        Ok((at + 1) as u8)
    }

    /// Name and meaning of each part of the pixels, in the order of [`Cover::masks`].
    pub(super) fn parts(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let part =
            |kind: &String| (format!("cover: {kind}"), format!("{kind} in the map of land cover"));
        self.kinds.iter().map(part)
    }

    /// One mask a kind, bool `[b, 1, side, side]` on `device`. Refuses a sample of a tile without a map.
    pub(super) fn masks(
        &self,
        rows: &[Sample],
        side: usize,
        device: Device,
    ) -> Result<Vec<Tensor>> {
        let mut codes = Vec::with_capacity(rows.len() * side * side);
        for sample in rows {
            let kinds = self.tiles.get(&*sample.tile).ok_or_else(|| {
                Error::usage(format!("there is no map of land cover for tile {}", sample.tile))
                    .hint("give a --cover for every tile that has samples")
            })?;
            let (row, col) = (sample.row as usize * side, sample.col as usize * side);
            for y in row..row + side {
                let at = y * kinds.width + col;
                let run = kinds.of.get(at..at + side).ok_or_else(|| {
                    Error::internal(format!("the cover of {} ends before its tile", sample.tile))
                })?;
                codes.extend_from_slice(run);
            }
        }
        let shape = [rows.len() as i64, 1, side as i64, side as i64];
        let codes = Tensor::f_from_slice(&codes)?.f_view(shape)?.f_to_device(device)?;
        (1..=self.kinds.len()).map(|kind| Ok(codes.f_eq(kind as i64)?)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::{Split, Stamp};
    use crate::layout::PatchRef;

    fn sample(tile: &str, row: u32, col: u32) -> Sample {
        let patches = vec![PatchRef { slot: 0, row, col, time: Stamp(0) }];
        Sample { tile: tile.into(), row, col, split: Split::Test, patches }
    }

    #[test]
    fn each_pixel_is_of_the_kind_that_its_map_names() {
        let names = BTreeMap::from([(7, "water".to_owned()), (9, "water".to_owned())]);
        let mut cover = Cover::default();
        cover.begin("31TCJ", 4).unwrap();
        assert!(cover.begin("31TCJ", 4).is_err());
        // Two rows of two patches of two pixels.
        cover.push("31TCJ", &[0, 7, 5, 5], &names).unwrap();
        cover.push("31TCJ", &[9, 5, 5, 0], &names).unwrap();
        let parts: Vec<String> = cover.parts().map(|(name, _)| name).collect();
        assert_eq!(parts, ["cover: water", "cover: 5"]);
        let rows = [sample("31TCJ", 0, 0), sample("31TCJ", 0, 1)];
        let masks = cover.masks(&rows, 2, Device::Cpu).unwrap();
        let flat = |mask: &Tensor| Vec::<bool>::try_from(mask.view([-1])).unwrap();
        assert_eq!(flat(&masks[0]), [false, true, true, false, false, false, false, false]);
        assert_eq!(flat(&masks[1]), [false, false, false, true, true, true, true, false]);
        let error = cover.masks(&[sample("31TDJ", 0, 0)], 2, Device::Cpu).unwrap_err();
        assert!(error.to_string().contains("for tile 31TDJ"), "{error}");
        assert!(cover.masks(&[sample("31TCJ", 1, 0)], 2, Device::Cpu).is_err());
    }

    #[test]
    fn a_map_of_more_kinds_than_a_table_is_read_for_is_refused() {
        let mut cover = Cover::default();
        cover.begin("31TCJ", 1).unwrap();
        let codes: Vec<i32> = (1..=limits::COVER_KINDS_MAX as i32 + 1).collect();
        let error = cover.push("31TCJ", &codes, &BTreeMap::new()).unwrap_err();
        assert!(error.advice().contains(".csv"), "{error:?}");
        let one = codes.iter().map(|code| (*code, "field".to_owned())).collect();
        Cover { tiles: cover.tiles.clone(), kinds: Vec::new() }
            .push("31TCJ", &codes, &one)
            .unwrap();
    }
}
