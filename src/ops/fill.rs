//! `fill`: the classical answers for a sample, from the series of its patch.

use std::collections::HashMap;
use std::sync::Arc;

use super::loess::{self, loess};
use super::series::{Area, Series, load_series};
use super::{Fetched, interpolate, nearest};
use crate::archive::{Archive, Layer, Patch, Tile, Values};
use crate::error::Result;
use crate::geo::{Stamp, Window};
use crate::stream::{Emit, Operator};

/// A method that needs nothing but clear dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// In a line between the clear dates before and after.
    Interpolate,
    /// A copy of the nearest clear date.
    Nearest,
    /// A line through all clear dates, weighted by how near and how clear they are.
    Loess,
}

impl Filling {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Interpolate, Self::Nearest, Self::Loess];

    /// Its name, also that of its tensor.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interpolate => "gapfill",
            Self::Nearest => "nearest",
            Self::Loess => "gapfill-loess",
        }
    }

    /// What it does, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Interpolate => "linear interpolation between the nearest clear dates",
            Self::Nearest => "the nearest clear date of each pixel",
            Self::Loess => "locally weighted regression through the clear dates",
        }
    }

    /// Pixels around a window that its values depend on.
    pub(super) fn margin(self) -> usize {
        match self {
            Self::Interpolate | Self::Nearest => 0,
            Self::Loess => loess::MARGIN,
        }
    }

    /// Fills `inner` at `time` from a series over `outer`, which is larger by the margin where the
    /// tile goes on.
    pub(super) fn fill(
        self,
        series: &Series,
        outer: Window,
        inner: Window,
        time: Stamp,
    ) -> Result<Vec<i16>> {
        match self {
            Self::Interpolate => interpolate(series, time),
            Self::Nearest => nearest(series, time),
            Self::Loess => loess(series, outer, inner, time),
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
        let tile = &self.tiles[&name];
        let at = item.sample.patches[self.role];
        let (row, col) = (at.row as usize, at.col as usize);
        let hidden = |slot: usize| self.hide && slot == at.slot as usize;
        // Those that need no margin share a series, which is not copied.
        let mut shared: Option<Series> = None;
        for filling in &self.fillings {
            let inner = Window::patch(row, col, tile.patch_side());
            let outer = inner.grow(filling.margin(), tile.grid().height, tile.grid().width);
            let load = |place: &Area| load_series(tile, place, at.time, self.days, hidden);
            let values = if filling.margin() > 0 {
                filling.fill(&load(&Area::Window(outer))?, outer, inner, at.time)?
            } else {
                let series = match shared.take() {
                    Some(series) => series,
                    None => load(&Area::Patch(row, col))?,
                };
                filling.fill(shared.insert(series), outer, inner, at.time)?
            };
            let values = Arc::new(Values::I16(values));
            item.patches.push((filling.name().into(), Layer::S2Fine, Patch::Owned(values)));
        }
        out.push(item);
        Ok(())
    }
}
