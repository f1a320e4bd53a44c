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
    /// Roles whose channels are joined in this order.
    pub roles: Vec<String>,
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

/// The first two levels, shared by all dates that name the same layers.
#[derive(Debug, Clone)]
pub(super) struct Stem {
    pub dates: Vec<Date>,
    pub dem: Dem,
    pub width: i64,
}

impl Stem {
    /// The radar and optical role of each suffix, as far as the card names them, with `conv1` and
    /// `conv2`.
    pub fn of(card: &Card, suffixes: &[&str]) -> Self {
        let date = |suffix: &&str| {
            let roles = [format!("s1_{suffix}"), format!("s2_{suffix}")];
            let roles = roles.into_iter().filter(|role| card.inputs.contains(role)).collect();
            Date { roles, conv1: "conv1", conv2: "conv2" }
        };
        let dem = if card.inputs.iter().any(|r| r == "dem") { Dem::Conv } else { Dem::None };
        Self { dates: suffixes.iter().map(date).collect(), dem, width: card.width }
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
        if self.dem == Dem::Conv {
            convs.push(Conv::new("conv1_dem", 1, w, 3));
        }
        Ok(convs)
    }

    /// Channels at 20 m after elevation has joined.
    pub fn joined(&self) -> i64 {
        2 * self.width
            + match self.dem {
                Dem::None => 0,
                Dem::Conv => self.width,
                Dem::Raw => 1,
            }
    }

    /// Optical roles, by date.
    pub fn optical(&self) -> Vec<String> {
        let roles = self.dates.iter().flat_map(|d| &d.roles);
        roles.filter(|r| r.starts_with("s2_")).cloned().collect()
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

    /// One date at 10 m and, with elevation joined, at 20 m.
    pub fn run(
        &self,
        layers: &Layers,
        date: &Date,
        inputs: &BTreeMap<String, Tensor>,
        relief: Option<&Tensor>,
    ) -> Result<(Tensor, Tensor)> {
        let fine = layers.run(date.conv1, &join(inputs, &date.roles)?)?;
        let coarse = layers.run(date.conv2, &fine)?;
        let coarse = match relief {
            Some(relief) => Tensor::f_cat(&[&coarse, relief], 1)?,
            None => coarse,
        };
        Ok((fine, coarse))
    }
}
