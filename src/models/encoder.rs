//! What is fed to a network date by date, and the first two levels that all of them share.

use std::collections::BTreeMap;

use tch::Tensor;

use super::Card;
use super::conv::Conv;
use super::inputs::{channels, join, take};
use super::layers::Layers;
use crate::error::Result;

/// One date: its roles (radar first) and the layers that take it in.
#[derive(Debug, Clone)]
pub(super) struct Date {
    /// Roles at 10 m whose channels are joined in this order.
    pub roles: Vec<String>,
    /// The role of the 20 m bands.
    pub coarse: Option<String>,
    /// Layer at 10 m.
    pub conv1: &'static str,
    /// Layer that leads to 20 m.
    pub conv2: &'static str,
}

/// How elevation joins at 20 m.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dem {
    /// Not at all.
    None,
    /// Through a convolution of its own.
    Conv,
    /// As it is, one channel.
    Raw,
}

/// How the 20 m bands join at 20 m.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coarse {
    /// Not at all.
    None,
    /// Through two convolutions of their own, beside what comes from 10 m.
    Beside,
    /// Through one of their own; a second one mixes them with all else. A date without 20 m bands
    /// passes by, and elevation with it.
    Mixed,
}

/// The first two levels, shared by all dates that name the same layers.
#[derive(Debug, Clone)]
pub(super) struct Stem {
    pub dates: Vec<Date>,
    pub dem: Dem,
    pub coarse: Coarse,
    pub width: i64,
}

impl Date {
    /// A date of one role.
    pub fn single(role: &str, conv1: &'static str, conv2: &'static str) -> Self {
        Self { roles: vec![role.to_owned()], coarse: None, conv1, conv2 }
    }
}

impl Stem {
    /// The radar and optical roles of each suffix, as far as the card names them, with `conv1` and
    /// `conv2`; elevation and 20 m bands through layers of their own.
    pub fn of(card: &Card, suffixes: &[&str]) -> Self {
        let named = |role: &String| card.inputs.contains(role);
        let date = |suffix: &&str| Date {
            roles: [format!("s1_{suffix}"), format!("s2_{suffix}")]
                .into_iter()
                .filter(named)
                .collect(),
            coarse: Some(format!("s2_20m_{suffix}")).filter(named),
            conv1: "conv1",
            conv2: "conv2",
        };
        let dates: Vec<Date> = suffixes.iter().map(date).collect();
        let dem = if card.inputs.iter().any(|r| r == "dem") { Dem::Conv } else { Dem::None };
        let all_bands = dates.iter().any(|date| date.coarse.is_some());
        let coarse = if all_bands { Coarse::Beside } else { Coarse::None };
        Self { dates, dem, coarse, width: card.width }
    }

    /// Its layers, each once.
    pub fn convs(&self) -> Result<Vec<Conv>> {
        let w = self.width;
        let mut convs: Vec<Conv> = Vec::new();
        for date in &self.dates {
            if !convs.iter().any(|c| c.name == date.conv1) {
                let inputs = date.roles.iter().map(|r| channels(r)).sum::<Result<i64>>()?;
                convs.push(Conv::new(date.conv1, inputs, w, 5));
            }
            if !convs.iter().any(|c| c.name == date.conv2) {
                convs.push(Conv::down(date.conv2, w, 2 * w));
            }
        }
        if let Some(role) = self.dates.iter().find_map(|date| date.coarse.as_ref()) {
            convs.push(Conv::new("conv1_20m", channels(role)?, w, 3));
        }
        match self.coarse {
            Coarse::None => {}
            Coarse::Beside => convs.push(Conv::new("conv2_20m", w, 2 * w, 3)),
            Coarse::Mixed => {
                convs.push(Conv::new("conv2_20m", 3 * w + self.relief_channels(), 2 * w, 3));
            }
        }
        if self.dem == Dem::Conv {
            convs.push(Conv::new("conv1_dem", 1, w, 3));
        }
        Ok(convs)
    }

    /// Channels at 20 m after all has joined.
    pub fn joined(&self) -> i64 {
        match self.coarse {
            Coarse::None => 2 * self.width + self.relief_channels(),
            Coarse::Beside => 4 * self.width + self.relief_channels(),
            Coarse::Mixed => 2 * self.width,
        }
    }

    fn relief_channels(&self) -> i64 {
        match self.dem {
            Dem::None => 0,
            Dem::Conv => self.width,
            Dem::Raw => 1,
        }
    }

    /// Optical roles at 10 m, by date.
    pub fn optical(&self) -> Vec<String> {
        let roles = self.dates.iter().flat_map(|d| &d.roles);
        roles.filter(|r| r.starts_with("s2_")).cloned().collect()
    }

    /// Optical roles at 20 m, by date.
    pub fn optical_coarse(&self) -> Vec<String> {
        self.dates.iter().filter_map(|date| date.coarse.clone()).collect()
    }

    /// Elevation as it joins; the same for every date.
    pub fn relief(
        &self,
        layers: &Layers,
        inputs: &BTreeMap<String, Tensor>,
    ) -> Result<Option<Tensor>> {
        Ok(match self.dem {
            Dem::None => None,
            Dem::Conv => Some(layers.run("conv1_dem", take(inputs, "dem")?)?),
            Dem::Raw => Some(take(inputs, "dem")?.shallow_clone()),
        })
    }

    /// Whether elevation stays apart from the dates, since it stands beside several of them. One raw
    /// channel would not be worth it.
    pub fn apart(&self) -> bool {
        self.dem == Dem::Conv && self.coarse != Coarse::Mixed && self.dates.len() > 1
    }

    /// One date at 10 m and, with 20 m bands and elevation joined in this order, at 20 m; without
    /// elevation where that stays [apart](Self::apart).
    pub fn run(
        &self,
        layers: &Layers,
        date: &Date,
        inputs: &BTreeMap<String, Tensor>,
        relief: Option<&Tensor>,
    ) -> Result<(Tensor, Tensor)> {
        let fine = layers.run(date.conv1, &join(inputs, &date.roles)?)?;
        let mut parts = vec![layers.run(date.conv2, &fine)?];
        if let Some(role) = &date.coarse {
            let bands = layers.run("conv1_20m", take(inputs, role)?)?;
            parts.push(match self.coarse {
                Coarse::Beside => layers.run("conv2_20m", &bands)?,
                Coarse::Mixed | Coarse::None => bands,
            });
        }
        let passes_by = self.coarse == Coarse::Mixed && date.coarse.is_none();
        let inside = !passes_by && !self.apart();
        parts.extend(relief.filter(|_| inside).map(Tensor::shallow_clone));
        let joined = Tensor::f_cat(&parts, 1)?;
        Ok(match passes_by || self.coarse != Coarse::Mixed {
            true => (fine, joined),
            false => (fine, layers.run("conv2_20m", &joined)?),
        })
    }
}
