//! `fill`: the classical answers for a sample, from the series of its patch.

use std::collections::HashMap;
use std::sync::Arc;

use super::series::{Area, Series, load_series};
use super::{Fetched, interpolate, nearest};
use crate::archive::{Archive, Layer, Patch, Tile, Values};
use crate::error::Result;
use crate::geo::Stamp;
use crate::stream::{Emit, Operator};

/// A method that needs nothing but clear dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// In a line between the clear dates before and after.
    Interpolate,
    /// A copy of the nearest clear date.
    Nearest,
}

impl Filling {
    /// Every one of them.
    pub const ALL: [Self; 2] = [Self::Interpolate, Self::Nearest];

    /// Its name, also that of its tensor.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interpolate => "gapfill",
            Self::Nearest => "nearest",
        }
    }

    fn fill(self, series: &Series, time: Stamp) -> Result<Vec<i16>> {
        match self {
            Self::Interpolate => interpolate(series, time),
            Self::Nearest => nearest(series, time),
        }
    }
}

/// Adds the answers of some fillings to each sample: the series of its patch brought to the time of
/// one of its roles.
pub struct Fill {
    archive: Archive,
    fillings: Vec<Filling>,
    role: usize,
    hide: bool,
    days: f64,
    tiles: HashMap<Arc<str>, Tile>,
}

impl Fill {
    /// To the time of `role`; `hide` leaves that scene itself out (it is the answer); dates beyond
    /// `days` are not used.
    pub fn new(
        archive: &Archive,
        fillings: &[Filling],
        role: usize,
        hide: bool,
        days: f64,
    ) -> Self {
        let (archive, fillings) = (archive.clone(), fillings.to_vec());
        Self { archive, fillings, role, hide, days, tiles: HashMap::new() }
    }
}

impl Operator for Fill {
    type In = Fetched;
    type Out = Fetched;

    fn name(&self) -> String {
        "fill".into()
    }

    fn apply(&mut self, mut item: Fetched, out: &mut Emit<Fetched>) -> Result<()> {
        let name = item.sample.tile.clone();
        if !self.tiles.contains_key(&name) {
            self.tiles.insert(name.clone(), self.archive.tile(&name)?);
        }
        let at = item.sample.patches[self.role];
        let place = Area::Patch(at.row as usize, at.col as usize);
        let hidden = |slot: usize| self.hide && slot == at.slot as usize;
        let mut series = load_series(&self.tiles[&name], &place, at.time, self.days, hidden)?;
        // Without any other date every pixel is no-data, which no score counts.
        if series.times.is_empty() {
            series.len = item.pixels();
        }
        for filling in &self.fillings {
            let values = Arc::new(Values::I16(filling.fill(&series, at.time)?));
            item.patches.push((filling.name().into(), Layer::S2Fine, Patch::Owned(values)));
        }
        out.push(item);
        Ok(())
    }
}
