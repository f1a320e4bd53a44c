//! The search of the original, by its definition: every image as reference, every combination.

use super::archive::Reference;
use super::roles::Role;
use crate::archive::Sensor;
use crate::sql::fixture::Patch;

/// All samples as sorted lines, repeats kept.
pub(super) fn search(reference: &Reference, roles: &[Role]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut places: Vec<(i32, i32)> = reference.patches.iter().map(|p| (p.row, p.col)).collect();
    places.sort_unstable();
    places.dedup();
    for place in places {
        let of = |sensor: Sensor| -> Vec<&Patch> {
            let here = |p: &&Patch| p.sensor == sensor && (p.row, p.col) == place;
            reference.patches.iter().filter(here).collect()
        };
        let (optical, radar) = (of(Sensor::S2), of(Sensor::S1));
        for origin in &optical {
            let mut found = vec![format!("{},{}", place.1, place.0)];
            for role in roles {
                let picks: Vec<String> = optical
                    .iter()
                    .filter_map(|p| pick(p, origin, &radar, role))
                    .map(|pick| format!("|{}={pick}", role.name))
                    .collect();
                found = found
                    .iter()
                    .flat_map(|line| picks.iter().map(move |p| format!("{line}{p}")))
                    .collect();
            }
            lines.extend(found);
        }
    }
    lines.sort_unstable();
    lines
}

/// The image and its radar image, if it fits the role.
fn pick(image: &Patch, origin: &Patch, radar: &[&Patch], role: &Role) -> Option<String> {
    let seconds = (image.time - origin.time) as f64 / 1e6;
    let cloud = image.cloud?;
    let fits = image.valid
        && (role.cloud.0..=role.cloud.1).contains(&cloud)
        && (role.window.0..=role.window.1).contains(&seconds);
    if !fits {
        return None;
    }
    let Some(limit) = role.gap else { return Some(image.scene.clone()) };
    let gap = |r: &&&Patch| ((r.time - image.time).abs(), r.time, r.scene.clone());
    let near = radar.iter().filter(|r| r.valid).min_by_key(gap)?;
    let fits = (near.time - image.time).abs() as f64 / 1e6 <= limit;
    fits.then(|| format!("{}/{}", image.scene, near.scene))
}
