//! Whether an archive has the 20 m bands that a run asks for.

use std::collections::BTreeSet;

use super::Want;
#[cfg(feature = "torch")]
use super::places::Places;
use crate::archive::{Archive, Layer};
use crate::error::{Error, Result};
use crate::layout::Sample;

/// Refuses an archive that lacks the optical 20 m bands of a sample, before hours of work.
pub fn check_coarse(archive: &Archive, wants: &[Want], rows: &[Sample]) -> Result<()> {
    let mut scenes = BTreeSet::new();
    for want in wants.iter().filter(|w| w.layer == Layer::S2Coarse && !w.truth) {
        let slots = rows.iter().map(|r| (&*r.tile, r.patches.get(want.role).map(|p| p.slot)));
        scenes.extend(slots);
    }
    for (name, slot) in scenes {
        let (tile, slot) = (archive.tile(name)?, slot.unwrap_or_default());
        if tile.missing(Layer::S2Coarse, slot as usize)?.is_none() {
            let text = format!("the archive has no 20 m bands of tile {name} in slot {slot}");
            return Err(Error::usage(text).hint(
                "do without them (no --with-20m, a card without s2_20m_*), or ingest products that \
                 have these bands",
            ));
        }
    }
    Ok(())
}

/// Whether the 20 m bands that are wanted are there for every sample, in the archive or in that of the truth.
#[cfg(feature = "torch")]
pub fn has_coarse(
    archive: &Archive,
    truth: Option<&Archive>,
    want: &Want,
    rows: &[Sample],
) -> Result<bool> {
    let mut places = Places::new(archive, truth);
    let mut seen = BTreeSet::new();
    for row in rows {
        let at = places.find(row, want)?;
        if seen.insert((row.tile.clone(), at.slot))
            && at.tile.missing(want.layer, at.slot)?.is_none()
        {
            return Ok(false);
        }
    }
    Ok(true)
}
