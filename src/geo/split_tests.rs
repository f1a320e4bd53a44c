//! Tests: what a split promises.

use super::*;
use crate::geo::{Grid, Utm, Window};

#[test]
fn patches_of_one_block_share_their_use() {
    let s = Splitter::default();
    for block in 0..50u32 {
        let first = s.of("31TCJ", block * 2, 0);
        assert_eq!(first, s.of("31TCJ", block * 2 + 1, 1));
    }
}

#[test]
fn shares_are_met_on_average() {
    let s = Splitter::new(1, 0.15, 0.2, 1);
    let test = (0..10_000).filter(|i| s.of("31TCJ", i / 100, i % 100) == Split::Test).count();
    assert!((1_800..2_200).contains(&test), "{test}");
}

fn tile(name: &str, epsg: u32, x0: f64, y0: f64, side: usize) -> (String, Grid) {
    (name.to_owned(), Grid::new(epsg, x0, y0, 10.0, side, side).unwrap())
}

/// Use and bounds of every patch.
fn all(splitter: &Splitter, (name, grid): &(String, Grid)) -> Vec<(Split, [f64; 4])> {
    let count = grid.width / 256;
    let patch = |i: usize| {
        let (row, col) = (i / count, i % count);
        let bounds = grid.crop(&Window::patch(row, col, 256)).unwrap().bounds();
        (splitter.of(name, row as u32, col as u32), bounds)
    };
    (0..count * count).map(patch).collect()
}

fn gap(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    let x = (b[0] - a[2]).max(a[0] - b[2]);
    let y = (b[1] - a[3]).max(a[1] - b[3]);
    x.max(y)
}

/// The least distance of patches of two different uses, metres; below 0 they overlap.
fn nearest(tiles: &[(String, Grid)], splitter: &Splitter) -> f64 {
    let patches: Vec<_> = tiles.iter().flat_map(|t| all(splitter, t)).collect();
    let mut least = f64::INFINITY;
    for (a, at_a) in patches.iter().filter(|p| p.0 != Split::Buffer) {
        for (b, at_b) in patches.iter().filter(|p| p.0 != Split::Buffer) {
            if a != b {
                least = least.min(gap(at_a, at_b));
            }
        }
    }
    least
}

/// Two tiles that overlap by some 10 km, whose patches do not lie on one another.
fn neighbours() -> Vec<(String, Grid)> {
    vec![
        tile("31TCJ", 32631, 300_000.0, 4_900_020.0, 10_980),
        tile("31TDJ", 32631, 399_960.0, 4_900_020.0, 10_980),
    ]
}

#[test]
fn no_pixel_of_overlapping_tiles_is_shared_between_uses_and_the_buffer_is_kept() {
    let tiles = neighbours();
    let by_name = Splitter::new(8, 0.15, 0.2, 1);
    assert!(nearest(&tiles, &by_name) < 0.0, "by name, ground has two uses");
    let ground = Ground::new(tiles.clone(), 256);
    let splitter = by_name.clone().over(&ground, 66).unwrap();
    assert!(nearest(&tiles, &splitter) >= 660.0);
    let touching = by_name.over(&ground, 0).unwrap();
    assert!(nearest(&tiles, &touching) > -1.0);
    // Enough is left, in the shares that were asked for.
    let patches: Vec<_> = tiles.iter().flat_map(|t| all(&splitter, t)).collect();
    let share =
        |s: Split| patches.iter().filter(|p| p.0 == s).count() as f64 / patches.len() as f64;
    assert!(share(Split::Train) > 0.3 && share(Split::Buffer) < 0.4, "{}", share(Split::Buffer));
    assert!(share(Split::Test) > 0.08 && share(Split::Valid) > 0.04, "{}", share(Split::Test));
}

#[test]
fn the_same_ground_has_the_same_use_under_another_name_and_in_another_zone() {
    let one = tile("31TCJ", 32631, 300_000.0, 4_900_020.0, 2_560);
    let same = tile("99XXX", 32631, 300_000.0, 4_900_020.0, 2_560);
    let ground = Ground::new(vec![one.clone(), same.clone()], 256);
    let splitter = Splitter::new(2, 0.3, 0.3, 7).over(&ground, 0).unwrap();
    assert_eq!(all(&splitter, &one), all(&splitter, &same));
    // The same square in zones 30 and 31, where they meet at the meridian of Greenwich: no patch
    // of one zone trains on what one of the other tests on.
    let (a, b) = (Utm::new(32631).unwrap(), Utm::new(32630).unwrap());
    let (lon, lat) = a.inverse(260_000.0, 4_800_000.0);
    let (x, y) = b.forward(lon, lat);
    let (x, y) = ((x / 10.0).round() * 10.0, (y / 10.0).round() * 10.0);
    let (t31, t30) =
        (tile("31TBH", 32631, 260_000.0, 4_800_000.0, 5_120), tile("30TYN", 32630, x, y, 5_120));
    let splitter = Splitter::new(4, 0.3, 0.3, 2)
        .over(&Ground::new(vec![t31.clone(), t30.clone()], 256), 0)
        .unwrap();
    let centres = |t: &(String, Grid), zone: &Utm| {
        let point =
            |(s, b): (Split, [f64; 4])| (s, zone.inverse((b[0] + b[2]) / 2.0, (b[1] + b[3]) / 2.0));
        all(&splitter, t).into_iter().map(point).collect::<Vec<_>>()
    };
    let mut met = 0;
    for (s, (lon, lat)) in centres(&t31, &a) {
        for (other, (x, y)) in centres(&t30, &b) {
            // Nearer than half a patch: they show common ground.
            let near =
                (lon - x).abs() * 80_000.0 < 1_200.0 && (lat - y).abs() * 111_000.0 < 1_200.0;
            if near && s != Split::Buffer && other != Split::Buffer {
                assert_eq!(s, other, "{lon} {lat}");
                met += 1;
            }
        }
    }
    assert!(met > 20, "{met}");
}

#[test]
fn regions_rule_and_ground_near_them_is_kept_out() {
    let one = tile("31TCJ", 32631, 300_000.0, 4_900_000.0, 2_560);
    let ground = Ground::new(vec![one.clone()], 256);
    // Patches of rows and columns 0 to 3, in the metres of the zone.
    let metres = "{\"type\": \"FeatureCollection\", \
        \"crs\": {\"type\": \"name\", \"properties\": {\"name\": \"urn:ogc:def:crs:EPSG::32631\"}}, \
        \"features\": [{\"type\": \"Feature\", \"properties\": {\"split\": \"test\"}, \"geometry\": \
        {\"type\": \"Polygon\", \"coordinates\": [[[300000, 4900000], [310240, 4900000], \
        [310240, 4889760], [300000, 4889760], [300000, 4900000]]]}}]}";
    let regions = Regions::parse(metres).unwrap();
    let splitter = Splitter::default().within(&ground, &regions, 66).unwrap();
    let of = |r, c| splitter.of("31TCJ", r, c);
    assert_eq!([of(0, 0), of(3, 3), of(0, 3)], [Split::Test; 3]);
    assert_eq!([of(4, 0), of(0, 4), of(4, 4)], [Split::Buffer; 3]);
    assert_eq!([of(5, 0), of(9, 9), of(3, 5)], [Split::Train; 3]);
    assert_eq!(splitter.of("31TDJ", 0, 0), Split::Buffer);
    let beside = Splitter::default().within(&ground, &regions, 0).unwrap();
    assert_eq!(beside.of("31TCJ", 4, 0), Split::Train);

    // The same corners in degrees, drawn a little larger: and once something trains by name, the
    // rest has no use.
    let zone = Utm::new(32631).unwrap();
    let ring = |bounds: [f64; 4]| {
        let [w, s, e, n] = bounds;
        let corner = |(x, y): (f64, f64)| {
            let (lon, lat) = zone.inverse(x, y);
            format!("[{lon}, {lat}]")
        };
        [(w, s), (e, s), (e, n), (w, n), (w, s)].map(corner).join(", ")
    };
    let feature = |split: &str, bounds| {
        format!(
            "{{\"properties\": {{\"split\": \"{split}\"}}, \"geometry\": {{\"type\": \"Polygon\", \
             \"coordinates\": [[{}]]}}}}",
            ring(bounds)
        )
    };
    let text = format!(
        "{{\"features\": [{}, {}]}}",
        feature("test", [299_950.0, 4_889_750.0, 310_250.0, 4_900_050.0]),
        feature("train", [312_000.0, 4_870_000.0, 330_000.0, 4_900_050.0])
    );
    let regions = Regions::parse(&text).unwrap();
    let splitter = Splitter::default().within(&ground, &regions, 66).unwrap();
    let of = |r, c| splitter.of("31TCJ", r, c);
    assert_eq!(
        [of(0, 0), of(3, 3), of(0, 4), of(0, 5)],
        [Split::Test, Split::Test, Split::Buffer, Split::Train]
    );
    assert_eq!(of(9, 0), Split::Buffer);
}

#[test]
fn regions_that_cannot_be_meant_are_refused_with_the_next_step() {
    for (text, why) in [
        ("nonsense", "not JSON"),
        ("{}", "no list of features"),
        ("{\"features\": []}", "no region"),
        ("{\"features\": [{\"properties\": {\"split\": \"holdout\"}}]}", "'holdout'"),
        (
            "{\"features\": [{\"properties\": {\"split\": \"test\"}, \"geometry\": {\"type\": \"Point\"}}]}",
            "Point",
        ),
        (
            "{\"features\": [{\"properties\": {\"split\": \"test\"}, \"geometry\": {\"type\": \"Polygon\", \
          \"coordinates\": [[[300000, 4900000], [1, 1], [2, 2]]]}}]}",
            "no longitude",
        ),
        ("{\"features\": [], \"crs\": {\"properties\": {\"name\": \"EPSG:2154\"}}}", "2154"),
    ] {
        let error = Regions::parse(text).unwrap_err();
        assert!(error.to_string().contains(why), "{text}: {error}");
        assert!(error.next_step().is_some(), "{text}");
    }
}

#[test]
fn settings_by_tile_are_written_as_they_always_were() {
    let text = serde_json::json!(Splitter::default()).to_string();
    assert_eq!(text, r#"{"block":2,"valid":0.15,"test":0.2,"seed":1}"#);
    let ground = Ground::new(neighbours(), 256);
    let over = Splitter::default().over(&ground, 66).unwrap();
    let text = serde_json::json!(over).to_string();
    assert!(text.contains(r#""buffer":66"#) && text.contains(r#""by":"ground""#), "{text}");
    let read: Splitter = serde_json::from_str(&text).unwrap();
    assert_eq!((read.by, read.buffer), (SplitBy::Ground, 66));
}
