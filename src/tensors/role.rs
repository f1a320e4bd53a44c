//! Which layer a role of a layout or a card reads.

use crate::archive::Layer;
use crate::error::{Error, Result};

/// The layer of a role: `s2_t` is 10 m optical, `s2_20m_t` 20 m optical, `s1_tm1` radar,
/// `dem` elevation. Refuses any other beginning.
pub fn role_layer(role: &str) -> Result<Layer> {
    // The longer beginning first: `s2_20m_t` also starts with `s2_`.
    let known = [("s2_20m_", Layer::S2Coarse), ("s2_", Layer::S2Fine), ("s1_", Layer::S1)];
    if role == "dem" {
        return Ok(Layer::Dem);
    }
    known
        .into_iter()
        .find(|(start, _)| role.len() > start.len() && role.starts_with(start))
        .map(|(_, layer)| layer)
        .ok_or_else(|| {
            Error::usage(format!("'{}' is not a role", role.escape_debug()))
                .hint("roles are named s2_*, s2_20m_*, s1_* or dem")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_role_tells_its_layer() {
        let layer = |role| role_layer(role).unwrap();
        assert_eq!(layer("s2_t"), Layer::S2Fine);
        assert_eq!(layer("s2_20m_t"), Layer::S2Coarse);
        assert_eq!(layer("s1_tm1"), Layer::S1);
        assert_eq!(layer("dem"), Layer::Dem);
        for bad in ["", "s2_", "s3_t", "dem_t", "s2t", "mask_t"] {
            assert!(role_layer(bad).is_err(), "{bad}");
        }
    }
}
