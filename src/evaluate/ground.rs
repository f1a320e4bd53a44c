//! Whether an archive of truth lies where the archive lies.

use crate::archive::Archive;
use crate::error::{Error, Result};

/// Refuses an archive of truth in which a patch of the archive would be another's ground, or none.
pub fn same_ground(archive: &Archive, truth: &Archive) -> Result<()> {
    let refuse = |what: String, next: String| {
        Err(Error::usage(format!("the archive of truth {} {what}", truth.root().display()))
            .hint(next))
    };
    let (ours, theirs) = (archive.settings().patch, truth.settings().patch);
    if ours != theirs {
        let what = format!("has patches of {theirs} px, where the archive's have {ours}");
        return refuse(what, format!("ingest the truth once more, with --patch {ours}"));
    }
    let (ours, theirs) = (archive.tiles()?, truth.tiles()?);
    // A truth of some tiles will do where the others are not scored.
    let shared: Vec<&String> = ours.iter().filter(|name| theirs.contains(name)).collect();
    if shared.is_empty() {
        let what = format!("has none of the tiles {}", ours.join(", "));
        return refuse(
            what,
            "ingest the truth of the same products, or leave out --truth".to_owned(),
        );
    }
    for name in shared {
        if archive.tile(name)?.grid() != truth.tile(name)?.grid() {
            let what = format!("has another grid than the archive for tile {name}");
            return refuse(what, "name the truth of the same products".to_owned());
        }
    }
    Ok(())
}
