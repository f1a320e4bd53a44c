//! What every sample of a set holds.

use serde::Serialize;
use serde_json::Value;

use super::{Scenes, Tensor};
use crate::archive::{Archive, Layer, Sensor};
use crate::error::{Error, Result};
use crate::geo::Split;
use crate::layout::{Role, Sample, coarse_name};
use crate::limits;
use crate::ops::{Want, wants};

/// What a set of samples was made from, as far as it is known.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Origin {
    /// Name of the layout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// Digest of query and parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Digest of the catalog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// Chance of the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Number of the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// How the epoch was mixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shuffle: Option<String>,
    /// Whose part of a shared epoch this is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<usize>,
    /// Among how many the epoch was shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub world: Option<usize>,
    /// Use of the samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
}

/// Roles and tensors of a set of samples.
#[derive(Debug, Clone)]
pub struct Contents {
    /// Roles, in order.
    pub roles: Vec<Role>,
    /// Whether the orbit's direction of a role is known in every sample.
    pub directions: Vec<bool>,
    /// Whether the corners of every sample are known.
    pub corners: bool,
    /// Tensors, in order.
    pub tensors: Vec<Tensor>,
    /// Where they come from.
    pub origin: Origin,
}

impl Contents {
    /// What the samples of a layout hold, and the arrays to read for them; with `coarse` the
    /// optical 20 m bands too, as `s2_20m_<role>`.
    pub fn of_layout(
        roles: &[Role],
        archive: &Archive,
        coarse: bool,
        origin: Origin,
    ) -> Result<(Self, Vec<Want>)> {
        let names: Vec<String> = roles.iter().map(|r| r.name.clone()).collect();
        let mut all = Vec::new();
        for want in wants(roles, &names)? {
            let more = Want { name: coarse_name(&want.name), layer: Layer::S2Coarse, ..want };
            let optical = want.layer == Layer::S2Fine;
            all.push(want);
            if coarse && optical {
                all.push(more);
            }
        }
        let side = archive.settings().patch;
        let tensor = |want: &Want| {
            let (height, width) = (side / want.layer.factor(), side / want.layer.factor());
            let name = want.name.clone();
            Tensor { name, role: want.role, layer: want.layer, height, width }
        };
        let tensors = all.iter().map(tensor).collect();
        let (roles, directions) = (roles.to_vec(), vec![false; roles.len()]);
        let contents = Self { roles, directions, corners: true, tensors, origin };
        contents.check()?;
        Ok((contents, all))
    }

    /// Learns of which roles the catalog knows the orbit's direction in every sample.
    #[must_use]
    pub fn with_directions(mut self, rows: &[Sample], scenes: &Scenes) -> Self {
        for (i, role) in self.roles.iter().enumerate() {
            let known = |row: &Sample| {
                let slot = row.patches.get(i).map(|p| p.slot);
                slot.is_some_and(|slot| scenes.image(&row.tile, role.sensor, slot).1.is_some())
            };
            if let Some(direction) = self.directions.get_mut(i) {
                *direction = role.sensor == Sensor::S1 && rows.iter().all(known);
            }
        }
        self
    }

    /// Refuses names that cannot be columns, keys and parts of a file's name at once.
    pub(super) fn check(&self) -> Result<()> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
        let most = limits::ROLE_NAME_MAX + "s2_20m_".len();
        for (i, tensor) in self.tensors.iter().enumerate() {
            let name = &tensor.name;
            if name.is_empty() || name.len() > most || !name.chars().all(legal) {
                let text = format!("'{}' cannot name a tensor in a file", name.escape_debug());
                return Err(Error::usage(text).hint(format!(
                    "rename the column with AS: up to {most} letters, digits, '_', '-' and '+'"
                )));
            }
            if self.tensors[..i].iter().any(|t| t.name == *name) {
                return Err(Error::usage(format!("two tensors have the name {name}"))
                    .hint("give the roles of the layout names of their own with AS"));
            }
        }
        Ok(())
    }

    /// All tensors, described for a reader.
    pub(super) fn about(&self) -> Vec<Value> {
        let role = |t: &Tensor| self.roles.get(t.role).map_or("", |r| r.name.as_str());
        self.tensors.iter().map(|t| t.about(role(t))).collect()
    }
}
