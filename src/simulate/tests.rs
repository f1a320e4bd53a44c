//! Whole small worlds, read back as a user would.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gdal::Dataset;
use gdal::raster::GdalType;

use super::{Cause, Gate, Region, Summary, World, check, mask, place, product, simulate};

fn small() -> World {
    World {
        tiles: vec!["31TCJ".into()],
        side: 128,
        start: crate::geo::Stamp::parse("2018-05-01").unwrap(),
        months: 2,
        seed: 3,
        threads: 2,
        ..World::default()
    }
}

fn run(world: &World, out: &Path) -> Summary {
    simulate(world, out, &|| false, &mut |_, _| ()).unwrap()
}

fn read<T: Copy + GdalType>(path: &Path) -> Vec<T> {
    let file = Dataset::open(path).unwrap();
    file.rasterband(1).unwrap().read_band_as::<T>().unwrap().data().to_vec()
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    all
}

fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(folders(&path));
        } else {
            let name = path.strip_prefix(root).unwrap().to_owned();
            out.insert(name, std::fs::read(&path).unwrap());
        }
    }
    out
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn a_world_holds_the_files_that_the_agencies_would_write() {
    let dir = tempfile::tempdir().unwrap();
    let mut last = (0, 0);
    let summary =
        simulate(&small(), dir.path(), &|| false, &mut |done, total| last = (done, total)).unwrap();
    assert_eq!(summary.s2 + summary.dropped, 12);
    assert_eq!((summary.s1, last), (10, (22, 22)));
    let products = folders(&dir.path().join("products/S2/31TCJ"));
    assert_eq!(products.len() as u64, summary.s2);
    for product in &products {
        let p = name(product);
        for (band, side) in [("B2", 128), ("B8", 128), ("B5", 64), ("B8A", 64), ("B12", 64)] {
            let file = Dataset::open(product.join(format!("{p}_FRE_{band}.tif"))).unwrap();
            assert_eq!(file.raster_size(), (side, side));
            let step = 1280.0 / side as f64;
            let place = [300_000.0, step, 0.0, 4_900_020.0, 0.0, -step];
            assert_eq!(file.geo_transform().unwrap(), place);
            assert_eq!(file.spatial_ref().unwrap().auth_code().unwrap(), 32_631);
            let band = file.rasterband(1).unwrap();
            assert_eq!(band.no_data_value(), Some(-10_000.0));
            assert_eq!(band.band_type(), gdal::raster::GdalDataType::Int16);
        }
        let mask = |room: &str, kind: &str| {
            let folder = dir.path().join(room).join("S2/31TCJ").join(&p).join("MASKS");
            read::<u8>(&folder.join(format!("{p}_{kind}_R1.tif")))
        };
        assert_eq!(mask("products", "EDG").len(), 128 * 128);
        assert!(mask("truth", "CLM").iter().all(|v| *v == 0));
    }
    let radar = folders(&dir.path().join("products/S1/31TCJ"));
    assert_eq!(radar.len(), 20);
    assert_eq!(name(&radar[0]), "s1a_31TCJ_vh_ASC_132_20180502t174500.tif");
    let heights = read::<i16>(&dir.path().join("products/DEM/31TCJ.tif"));
    assert!(heights.len() == 64 * 64 && heights.iter().any(|h| *h != heights[0]));
    let events = std::fs::read_to_string(dir.path().join("truth/events.csv")).unwrap();
    assert!(events.starts_with("tile,field,date,type\n31TCJ,"));
}

#[test]
fn the_truth_is_the_product_where_nothing_hides_the_ground() {
    let dir = tempfile::tempdir().unwrap();
    run(&small(), dir.path());
    let (mut clear_pixels, mut hidden, mut brighter) = (0, 0, 0);
    for product in folders(&dir.path().join("products/S2/31TCJ")) {
        let p = name(&product);
        let truth = dir.path().join("truth/S2/31TCJ").join(&p);
        let band = format!("{p}_FRE_B4.tif");
        let (seen, there) = (read::<i16>(&product.join(&band)), read::<i16>(&truth.join(&band)));
        let sky = read::<u8>(&truth.join(format!("MASKS/{p}_CLD_R1.tif")));
        let edge = read::<u8>(&product.join(format!("MASKS/{p}_EDG_R1.tif")));
        for i in 0..seen.len() {
            assert_eq!(seen[i] == -10_000, edge[i] == 1);
            assert!(there[i] > 0);
            if edge[i] == 0 && sky[i] == 0 {
                // Light from clouds near by, and the last thin hundredth, stay under 0.025.
                assert!((seen[i] - there[i]).abs() < 250, "{} {}", seen[i], there[i]);
                clear_pixels += 1;
            } else if edge[i] == 0 && sky[i] == 1 {
                hidden += 1;
                brighter += usize::from(seen[i] > there[i] + 100);
            }
        }
    }
    assert!(clear_pixels > 10_000 && hidden > 1_000, "{clear_pixels} {hidden}");
    assert!(brighter * 10 > hidden * 8, "{brighter} of {hidden}");
}

#[test]
fn the_bytes_depend_on_the_seed_and_not_on_the_threads() {
    let [a, b, c] = [0; 3].map(|_| tempfile::tempdir().unwrap());
    let world = World { months: 1, ..small() };
    run(&World { threads: 1, ..world.clone() }, a.path());
    run(&world, b.path());
    run(&World { seed: 4, ..world }, c.path());
    let (a, b, c) = (files(a.path()), files(b.path()), files(c.path()));
    assert!(a == b);
    let products = |all: BTreeMap<PathBuf, Vec<u8>>| -> BTreeMap<PathBuf, Vec<u8>> {
        all.into_iter().filter(|(file, _)| file.starts_with("products")).collect()
    };
    assert!(products(a) != products(c));
}

#[test]
fn a_stopped_run_leaves_whole_products_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let world = World { months: 1, ..small() };
    let stopped = simulate(&world, dir.path(), &|| true, &mut |_, _| ());
    assert!(stopped.unwrap_err().is_cancelled());
    let first = run(&world, dir.path());
    let when = || {
        let products = files(dir.path()).into_keys().filter(|f| f.starts_with("products"));
        let at = |f: &PathBuf| std::fs::metadata(dir.path().join(f)).unwrap().modified().unwrap();
        products.map(|f| (at(&f), f)).collect::<Vec<_>>()
    };
    let before = when();
    let again = run(&world, dir.path());
    assert_eq!((again.s2, again.s1), (0, 0));
    assert!(!before.is_empty() && when() == before, "what is there is not written again");
    assert_eq!(again.skipped + again.dropped, first.s2 + first.s1 + first.skipped + first.dropped);
    assert!(files(dir.path()).keys().all(|f| !f.to_str().unwrap().contains(".partial")));
    let other = simulate(&World { seed: 9, ..world }, dir.path(), &|| false, &mut |_, _| ());
    assert!(other.unwrap_err().to_string().contains("another simulated world"));
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for world in [
        World { side: 100, ..small() },
        World { side: 1 << 40, ..small() },
        World { months: 0, ..small() },
        World { s1_every_days: 0, ..small() },
        World { tiles: vec!["../31TCJ".into()], ..small() },
        World { tiles: vec![], ..small() },
    ] {
        assert!(simulate(&world, dir.path(), &|| false, &mut |_, _| ()).is_err(), "{world:?}");
    }
    assert!(folders(dir.path()).is_empty());
}

#[test]
fn what_a_world_lacks_is_known_to_its_truth_alone() {
    let dir = tempfile::tempdir().unwrap();
    let without = vec![Cause::MaskErrors, Cause::Events];
    let world = World { without, ..small() };
    run(&world, dir.path());
    let kept: World = crate::store::read_json(&dir.path().join("truth/world.json")).unwrap();
    assert_eq!(kept.without, world.without);
    let events = std::fs::read_to_string(dir.path().join("truth/events.csv")).unwrap();
    assert_eq!(events, "tile,field,date,type\n");
    let all = files(dir.path());
    let named = |f: &&PathBuf| f.starts_with("products") && f.extension().unwrap() != "tif";
    assert_eq!(all.keys().find(named), None);
    for product in folders(&dir.path().join("products/S2/31TCJ")) {
        let p = name(&product);
        let mask = read::<u8>(&product.join(format!("MASKS/{p}_CLM_R1.tif")));
        let truth = dir.path().join("truth/S2/31TCJ").join(&p);
        let sky = read::<u8>(&truth.join(format!("MASKS/{p}_CLD_R1.tif")));
        assert!(mask.iter().zip(&sky).all(|(m, s)| (*m != 0) == (*s != 0)));
    }
}

#[test]
fn the_second_world_is_another_and_passes_its_radar_half_as_often() {
    let dir = tempfile::tempdir().unwrap();
    let region = Region::Burkina;
    let world = World {
        tiles: vec![region.tiles()[0].to_owned()],
        s1_every_days: region.radar_days(),
        region,
        ..small()
    };
    let summary = run(&world, dir.path());
    assert_eq!(summary.s1, 5);
    let events = std::fs::read_to_string(dir.path().join("truth/events.csv")).unwrap();
    // Fields are ploughed before the rains; nobody harvests in May or June.
    assert!(events.contains(",plough") && !events.contains(",harvest"));
}

#[test]
fn the_gates_are_measured_on_what_was_written() {
    let dir = tempfile::tempdir().unwrap();
    run(&small(), dir.path());
    let checked = check(dir.path(), false, &|| Ok(()), &mut |_| ()).unwrap();
    let numbers: Vec<u8> = checked.gates.iter().map(|g| g.number).collect();
    assert_eq!((numbers, checked.spared), ((1..=6).collect(), None));
    let recall = |gates: &[Gate]| gates[5].measures[0].value;
    assert!((0.5..1.0).contains(&recall(&checked.gates)));
    // A mask that is changed on disk changes what is measured.
    for product in folders(&dir.path().join("products/S2/31TCJ")) {
        let p = name(&product);
        let file = format!("MASKS/{p}_CLM_R1.tif");
        let grid = place::tile_grid("31TCJ", 128).unwrap();
        let covered = vec![mask::bits::CLOUD; 128 * 128];
        std::fs::remove_file(product.join(&file)).unwrap();
        product::write_tiff(&product.join(&file), &grid, covered, None, 1).unwrap();
    }
    let all = check(dir.path(), false, &|| Ok(()), &mut |_| ()).unwrap();
    assert_eq!(recall(&all.gates), 1.0);
    assert!(check(&dir.path().join("products"), false, &|| Ok(()), &mut |_| ()).is_err());
}
