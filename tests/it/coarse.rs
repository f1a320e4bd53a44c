//! The 20 m bands, from products to a GeoTIFF.

use gdal::Metadata;

use crate::flow::{cloudy_day, say};
use crate::world::{copy, fails, ok, world};

#[test]
fn the_20_m_bands_go_from_products_to_a_geotiff() {
    let w = world();
    say(
        w,
        "train {archive} --layout ssop --model ssop-unet-20m-small --to {coarse/run} --steps 4 \
         --steps-per-epoch 2 --batch 2 --valid-max 2 --split-block 1",
    );
    let day = cloudy_day(w);
    let weights = "--method {coarse/run/weights.safetensors}";
    let rebuild = format!(
        "reconstruct {{archive}} --tile 31TCJ --date {day} {weights} --to {{coarse/a.zarr}} \
         --piece 64"
    );
    say(w, &rebuild);
    let metadata = w.root.join("coarse/a.zarr/reflectance_20m/zarr.json");
    let metadata = std::fs::read_to_string(metadata).expect("the array of the 20 m bands");
    assert!(metadata.contains("B8A") && metadata.contains("y_20m"), "{metadata}");
    say(w, "export {coarse/a.zarr} --to {coarse/10m.tif}");
    say(w, "export {coarse/a.zarr} --20m --to {coarse/20m.tif}");
    let count = |name: &str| {
        let file = gdal::Dataset::open(w.root.join("coarse").join(name)).expect("a GeoTIFF");
        (file.raster_size(), file.raster_count())
    };
    assert_eq!(count("10m.tif"), ((256, 256), 4));
    assert_eq!(count("20m.tif"), ((128, 128), 6));
    tells_of_itself(&w.root.join("coarse/20m.tif"), &day);
    let table = say(
        w,
        "evaluate {archive} --layout ssop --split-block 1 --samples-max 4 \
         --method {coarse/run/weights.safetensors} --to {coarse/scores.parquet}",
    );
    assert!(table.contains("ssop-unet-20m-small"), "{table}");
    let scores = format!("t={}", w.path("coarse/scores.parquet"));
    let sql =
        "SELECT band FROM t WHERE metric = 'mae' AND stratum = 'all' AND value > 0 ORDER BY 1";
    let bands = ok(&["sql", "--table", &scores, sql, "--format", "csv"]);
    let fine = "B02\nB03\nB04\n";
    let coarse = "B05\nB06\nB07\n";
    assert_eq!(bands, format!("band\n{fine}{coarse}B08\nB11\nB12\nB8A\nall\nall 20 m\n"));
    say(w, &rebuild.replace(weights, "--method gapfill").replace("a.zarr", "b.zarr"));
    let (code, text) = fails(&["export", &w.path("coarse/b.zarr"), "--20m", "--to", "x.tif"]);
    assert!(code == 1 && text.contains("no s2_20m bands"), "{code} {text}");
}

/// A GeoTIFF of the 20 m bands says what its integers are, and when and how they came about.
fn tells_of_itself(path: &std::path::Path, day: &str) {
    let file = gdal::Dataset::open(path).expect("a GeoTIFF");
    let band = file.rasterband(6).expect("a band");
    assert_eq!(band.description().expect("a name"), "B12");
    assert_eq!((band.scale(), band.offset()), (Some(0.0001), Some(0.0)));
    assert_eq!((band.no_data_value(), band.band_type().name()), (Some(-10_000.0), "Int16".into()));
    assert_eq!(band.metadata_item("units", "").as_deref(), Some("1"));
    let tag = |name: &str| file.metadata_item(name, "").unwrap_or_default();
    for (name, part) in [
        ("TIFFTAG_DATETIME", day.replace('-', ":").as_str()),
        ("TIFFTAG_SOFTWARE", "eclaircie "),
        ("TIFFTAG_IMAGEDESCRIPTION", "reflectance x 10000, no data -10000"),
        ("time", day),
        ("title", "reconstructed"),
        ("method", "weights_blake3"),
        ("layout", "ssop_scene"),
    ] {
        assert!(tag(name).contains(part), "{name} is '{}', without {part}", tag(name));
    }
}

#[test]
fn an_archive_without_20_m_bands_is_refused_before_a_step() {
    let w = world();
    let dir = tempfile::tempdir().expect("a folder");
    copy(&w.root.join("archive"), dir.path());
    for tile in ["31TCJ", "31TDJ"] {
        let bands = dir.path().join(format!("pixels/{tile}.zarr/s2_20m/c"));
        if bands.exists() {
            std::fs::remove_dir_all(bands).expect("bands");
        }
    }
    let (archive, to) = (dir.path().display().to_string(), w.path("coarse/refused"));
    let mut words = vec!["train", &archive, "--layout", "ssop", "--to", &to];
    words.extend(["--model", "ssop-unet-20m-small", "--split-block", "1", "--steps", "1"]);
    let (code, text) = fails(&words);
    assert!(code == 2 && text.contains("no 20 m bands") && text.contains("next:"), "{text}");
    assert!(!std::path::Path::new(&to).exists());
}
