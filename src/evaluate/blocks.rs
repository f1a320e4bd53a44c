//! What a bootstrap draws: samples that share ground and day.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::archive::Archive;
use crate::error::Result;
use crate::geo::Grid;
use crate::layout::Sample;

/// Side of a square of ground, metres. What makes a prediction hard is alike over tens of kilometres: the haze of a pass, its
/// light, what its processor made of both.
const SIDE: f64 = 40_000.0;

/// A square of ground in its UTM zone, whatever tile shows it.
type Square = (u32, i64, i64);

/// The block of each sample, by a name: samples of one square of ground are one block if an image of the one, that at t or the
/// answer, is of the same day as one of the other. `roles` are the positions of these two.
///
/// Refuses tiles that the archive does not have.
pub(super) fn blocks(archive: &Archive, rows: &[Sample], roles: [usize; 2]) -> Result<Vec<String>> {
    let mut grids: BTreeMap<&str, (Grid, f64)> = BTreeMap::new();
    for row in rows {
        if let Entry::Vacant(place) = grids.entry(&row.tile) {
            let tile = archive.tile(&row.tile)?;
            place.insert((tile.grid().clone(), tile.patch_side() as f64));
        }
    }
    let squares = rows.iter().map(|row| {
        let (grid, side) = &grids[&*row.tile];
        square(grid, *side, row)
    });
    let days = |row: &Sample| roles.map(|role| row.patches[role].time.day());
    Ok(joined(squares.zip(rows.iter().map(days))))
}

/// Where the middle of a patch lies.
fn square(grid: &Grid, side: f64, row: &Sample) -> Square {
    let metres = |patch: u32| (f64::from(patch) + 0.5) * side * grid.step;
    let at = |v: f64| (v / SIDE).floor() as i64;
    (grid.epsg, at(grid.x0 + metres(row.col)), at(grid.y0 - metres(row.row)))
}

/// The name of each sample's block, that of its first sample.
fn joined(all: impl Iterator<Item = (Square, [i64; 2])>) -> Vec<String> {
    let mut leads: Vec<usize> = Vec::new();
    let mut first: BTreeMap<(Square, i64), usize> = BTreeMap::new();
    let mut names = Vec::new();
    for (i, (square, days)) in all.enumerate() {
        leads.push(i);
        let (zone, x, y) = square;
        names.push(format!("{zone}/{x}/{y}#{i}"));
        for day in days {
            let other = lead(&mut leads, *first.entry((square, day)).or_insert(i));
            let own = lead(&mut leads, i);
            leads[own.max(other)] = own.min(other);
        }
    }
    (0..names.len()).map(|i| names[lead(&mut leads, i)].clone()).collect()
}

/// The first of those that `i` is joined to; the way there is made shorter.
fn lead(leads: &mut [usize], mut i: usize) -> usize {
    while leads[i] != i {
        leads[i] = leads[leads[i]];
        i = leads[i];
    }
    i
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::geo::{Split, Stamp};
    use crate::layout::PatchRef;

    fn groups(all: &[(Square, [i64; 2])]) -> Vec<usize> {
        let names = joined(all.iter().copied());
        names.iter().map(|n| names.iter().position(|m| m == n).unwrap()).collect()
    }

    #[test]
    fn samples_that_share_a_day_on_one_square_are_one_block() {
        let (a, b) = ((32631, 0, 0), (32631, 0, 1));
        // Two clouds with one target, a target that is another's t, and the same days elsewhere.
        assert_eq!(groups(&[(a, [1, 5]), (a, [2, 5]), (b, [1, 5]), (a, [7, 7])]), [0, 0, 2, 3]);
        // The last joins what were two.
        assert_eq!(groups(&[(a, [1, 1]), (a, [4, 4]), (a, [4, 1])]), [0, 0, 0]);
        assert_eq!(groups(&[]), [0; 0]);
    }

    #[test]
    fn ground_under_two_tiles_is_one_square() {
        let grid = |x0: f64| Grid::new(32631, x0, 4_900_020.0, 10.0, 10_980, 10_980).unwrap();
        let row = |col: u32| Sample {
            tile: "31TCJ".into(),
            row: 3,
            col,
            split: Split::Test,
            patches: vec![PatchRef { slot: 0, row: 3, col, time: Stamp(0) }],
        };
        // The second tile begins 99,840 m further east: 39 patches of 256 px.
        let (west, east) = (grid(300_000.0), grid(399_840.0));
        assert_eq!(square(&west, 256.0, &row(40)), square(&east, 256.0, &row(1)));
        assert_ne!(square(&west, 256.0, &row(0)), square(&west, 256.0, &row(40)));
        // The tile south of it begins 99,840 m further south.
        let south = Grid::new(32631, 300_000.0, 4_800_180.0, 10.0, 10_980, 10_980).unwrap();
        let at = |y: u32| Sample { row: y, ..row(1) };
        assert_eq!(square(&west, 256.0, &at(40)), square(&south, 256.0, &at(1)));
        assert_ne!(square(&west, 256.0, &at(0)), square(&west, 256.0, &at(40)));
        // A date of a tile is some squares, not one.
        let all = (0..42).flat_map(|y| (0..42).map(move |x| Sample { row: y, ..row(x) }));
        let squares: BTreeSet<Square> = all.map(|s| square(&west, 256.0, &s)).collect();
        assert!((9..=16).contains(&squares.len()), "{squares:?}");
    }
}
