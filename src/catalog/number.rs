//! Numbers that name a place or a patch for ever, in any archive.

/// Bits of a row and of a column: 43,920 px hold at most 686 patches of 64 px.
const SIDE: u32 = 10;
/// Bits of a slot: an axis holds at most 10,000.
const SLOT: u32 = 14;
/// Bits of the hash that numbers a tile that is not of the military grid.
const HASH: u32 = 28;

/// The number of a tile, below 2^29.
///
/// A tile of the military grid (two digits, three capitals) has a number of its own; other names
/// are hashed, and the catalog refuses two that meet.
pub fn tile_number(tile: &str) -> i64 {
    let letters = tile.len() == 5
        && tile[..].bytes().take(2).all(|b| b.is_ascii_digit())
        && tile.bytes().skip(2).all(|b| b.is_ascii_uppercase());
    if letters {
        return tile.bytes().enumerate().fold(0, |sum, (i, b)| match i {
            0 | 1 => sum * 10 + i64::from(b - b'0'),
            _ => sum * 26 + i64::from(b - b'A'),
        });
    }
    let hash = blake3::hash(tile.as_bytes());
    let low = hash.as_bytes().iter().take(4).fold(0i64, |sum, b| sum << 8 | i64::from(*b));
    (1 << HASH) | (low & ((1 << HASH) - 1))
}

/// The number of a place: equal across sensors and scenes.
pub fn cell_number(tile: i64, row: u32, col: u32) -> i64 {
    tile << (2 * SIDE) | i64::from(row) << SIDE | i64::from(col)
}

/// The number of a patch, unique within its sensor.
pub fn patch_id(tile: i64, slot: u32, row: u32, col: u32) -> i64 {
    tile << (SLOT + 2 * SIDE)
        | i64::from(slot) << (2 * SIDE)
        | i64::from(row) << SIDE
        | i64::from(col)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    #[test]
    fn the_largest_parts_do_not_meet() {
        const { assert!(limits::SLOTS_MAX < 1 << SLOT) };
        const { assert!(limits::SIDE_MAX / limits::CELL < 1 << SIDE) };
        let tile = tile_number("a place of its own");
        assert!((1 << HASH..1 << (HASH + 1)).contains(&tile));
        let id = patch_id(tile, (1 << SLOT) - 1, 1023, 1023);
        assert_eq!(id + 1, (tile + 1) << 34);
        assert!(id > 0);
    }

    #[test]
    fn tiles_of_the_military_grid_have_numbers_of_their_own() {
        assert_eq!(tile_number("00AAA"), 0);
        assert_eq!(tile_number("31TCJ"), ((31 * 26 + 19) * 26 + 2) * 26 + 9);
        assert!(tile_number("99ZZZ") < 1 << 21);
        assert!(tile_number("31tcj") >= 1 << HASH);
    }
}
