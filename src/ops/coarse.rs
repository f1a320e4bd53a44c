//! Whether an archive has the 20 m bands that a run asks for.

use std::collections::BTreeSet;

use super::Want;
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
