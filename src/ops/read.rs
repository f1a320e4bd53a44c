//! `read`: the patches of a sample.

use std::sync::Arc;

use super::Fetched;
use super::places::Places;
use crate::archive::{Archive, Layer, Sensor};
use crate::error::{Error, Result, While};
use crate::layout::{Role, Sample, fine_name};
use crate::stream::{Emit, Operator};

/// One array to read for every sample.
#[derive(Debug, Clone)]
pub struct Want {
    /// Name of the tensor, as `s2_t`, or `cloudy` and `hidden` for masks.
    pub name: String,
    /// Position of the layout's role that names the scene.
    pub role: usize,
    /// Which array.
    pub layer: Layer,
    /// Read the scene of the same time from the archive of truth instead.
    pub truth: bool,
}

/// The arrays for some roles of a layout; `s2_20m_t` are the 20 m bands of its role `s2_t`.
///
/// Refuses a name that the layout does not offer.
pub fn wants(roles: &[Role], names: &[String]) -> Result<Vec<Want>> {
    let find = |name: &str| {
        let fine = fine_name(name);
        let named = |r: &Role| r.name == name || fine.as_ref() == Some(&r.name);
        roles.iter().position(named).ok_or_else(|| {
            let offered: Vec<&str> = roles.iter().map(|r| r.name.as_str()).collect();
            Error::usage(format!("the layout has no role '{name}'"))
                .hint(format!("it offers {}; use another layout or card", offered.join(", ")))
        })
    };
    let mut all = Vec::new();
    for name in names {
        let role = find(name)?;
        let layer = match roles[role].sensor {
            Sensor::S2 if fine_name(name).is_some() => Layer::S2Coarse,
            Sensor::S2 => Layer::S2Fine,
            Sensor::S1 => Layer::S1,
            Sensor::Dem => Layer::Dem,
        };
        all.push(Want { name: name.clone(), role, layer, truth: false });
    }
    Ok(all)
}

/// Reads the wanted arrays of each sample, mapped where the archive allows it.
pub struct Read {
    wants: Arc<[Want]>,
    places: Places,
}

impl Read {
    /// `truth` is needed only if a want asks for it.
    pub fn new(archive: &Archive, truth: Option<&Archive>, wants: &[Want]) -> Self {
        Self { wants: wants.into(), places: Places::new(archive, truth) }
    }

    /// The patches of one sample.
    pub(crate) fn read(&mut self, sample: Sample) -> Result<Fetched> {
        let mut patches = Vec::with_capacity(self.wants.len());
        for want in self.wants.iter() {
            let at = self.places.find(&sample, want)?;
            let patch = at
                .tile
                .patch(want.layer, at.slot, at.row, at.col)
                .during(|| format!("reading {} of sample {}", want.name, sample.name()))?;
            patches.push((want.name.clone(), want.layer, patch));
        }
        Ok(Fetched { sample, patches })
    }
}

impl Operator for Read {
    type In = Sample;
    type Out = Fetched;

    fn name(&self) -> String {
        "read".into()
    }

    fn apply(&mut self, item: Sample, out: &mut Emit<Fetched>) -> Result<()> {
        out.push(self.read(item)?);
        Ok(())
    }
}
