//! Faulty products: set aside with their reason, never zeros.

use std::fs;
use std::path::Path;

use super::archive::run;
use super::product::{self, SIDE};
use crate::archive::{Archive, Layer};
use crate::geo::{Grid, Window};
use crate::ingest::raster::Raster;

/// Reads a raster's first band whole.
fn read(path: &Path) -> crate::error::Result<Vec<i16>> {
    Raster::open(path)?.read::<i16>(1, Window::new(0, 0, SIDE, SIDE))
}

#[test]
fn a_missing_file_sets_the_product_aside_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (source, archive) = (dir.path().join("in"), dir.path().join("out"));
    product::theia(&source, 4, "2-2", 0);
    let bad = product::theia(&source, 9, "2-2", 1);
    let gone = format!("{}_FRE_B8A.tif", bad.file_name().unwrap().to_str().unwrap());
    fs::remove_file(bad.join(gone)).unwrap();
    fs::remove_file(product::s1(&source, 5)).unwrap();
    let summary = run(&source, &archive).unwrap();
    assert_eq!((summary.added, summary.quarantined.len()), (1, 2));
    let reasons = format!("{:?}", summary.quarantined);
    assert!(reasons.contains("_FRE_B8A.tif") && reasons.contains("_vh_"), "{reasons}");
}

#[test]
fn a_truncated_band_sets_the_product_aside() {
    let dir = tempfile::tempdir().unwrap();
    let (source, archive) = (dir.path().join("in"), dir.path().join("out"));
    let good = product::theia(&source, 4, "2-2", 0);
    let bad = product::theia(&source, 9, "2-2", 1);
    let band = |folder: &Path, end: &str| {
        folder.join(format!("{}_FRE_{end}.tif", folder.file_name().unwrap().to_str().unwrap()))
    };
    let cut = band(&bad, "B3");
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[..bytes.len() * 3 / 4]).unwrap();
    let summary = run(&source, &archive).unwrap();
    assert_eq!((summary.added, summary.quarantined.len(), summary.scenes), (1, 1, 1));
    assert!(summary.quarantined[0].1.contains("_FRE_B3.tif"), "{:?}", summary.quarantined);
    // A damaged newer copy does not destroy what is there.
    let cut = band(&good, "B12");
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[..bytes.len() * 3 / 4]).unwrap();
    let summary = run(&source, &archive).unwrap();
    assert_eq!((summary.replaced, summary.quarantined.len(), summary.scenes), (0, 2, 1));
    let tile = Archive::open(&archive).unwrap().tile("31TCJ").unwrap();
    let window = Window::new(0, 0, SIDE / 2, SIDE / 2);
    let kept = tile.read(Layer::S2Coarse, 0, window).unwrap();
    assert_eq!(kept.i16s().unwrap()[..4_900], product::reflectance(Layer::S2Coarse, 0, 0));
}

#[test]
fn a_tile_has_one_grid() {
    let dir = tempfile::tempdir().unwrap();
    let (source, archive) = (dir.path().join("in"), dir.path().join("out"));
    product::theia(&source, 4, "2-2", 0);
    let g = product::grid(20.0);
    let shifted = Grid { x0: g.x0 + 20.0, ..g };
    product::tif(&source.join("DEM/31TCJ.tif"), &shifted, &[product::elevation()], &[]);
    let summary = run(&source, &archive).unwrap();
    assert_eq!(summary.added, 1);
    let reason = &summary.quarantined[0].1;
    assert!(reason.contains("(300020, ") && reason.contains("(300000, "), "{reason}");
}

#[test]
fn a_cut_geotiff_is_an_error_or_whole_at_every_length() {
    let dir = tempfile::tempdir().unwrap();
    let (path, cut) = (dir.path().join("a.tif"), dir.path().join("b.tif"));
    let band = product::reflectance(Layer::S2Fine, 0, 3);
    let strips = ["TILED=NO", "BLOCKYSIZE=3", "INTERLEAVE=PIXEL"];
    for options in [&["COMPRESS=DEFLATE"][..], &[], &["COMPRESS=LZW", "PREDICTOR=2"], &strips] {
        let bands = [band.clone(), vec![1; band.len()]];
        product::tif(&path, &product::grid(10.0), &bands, options);
        let bytes = fs::read(&path).unwrap();
        assert_eq!(read(&path).unwrap(), band);
        for part in 0..64 {
            fs::write(&cut, &bytes[..bytes.len() * part / 64]).unwrap();
            match read(&cut) {
                Ok(values) => assert!(values == band, "{options:?} cut at {part}/64: other pixels"),
                Err(e) => assert!(format!("{e}").contains("b.tif"), "{e}"),
            }
        }
    }
}

#[test]
fn a_sparse_geotiff_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sparse.tif");
    let mut band = product::reflectance(Layer::S2Fine, 0, 3);
    band[..SIDE * 64].fill(0);
    product::tif(&path, &product::grid(10.0), &[band], &["SPARSE_OK=TRUE"]);
    let error = read(&path).unwrap_err();
    assert!(format!("{error}").contains("has no block (0, 0)"), "{error}");
}

#[test]
fn only_real_geotiffs_are_opened() {
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().join("real.tif");
    product::tif(&real, &product::grid(10.0), &[product::reflectance(Layer::S2Fine, 0, 3)], &[]);
    let vrt = format!(
        "<VRTDataset rasterXSize=\"4\" rasterYSize=\"4\">\
         <VRTRasterBand dataType=\"Int16\" band=\"1\">\
         <SimpleSource><SourceFilename>{}</SourceFilename></SimpleSource>\
         </VRTRasterBand></VRTDataset>",
        real.display()
    );
    fs::write(dir.path().join("disguise.tif"), &vrt).unwrap();
    fs::write(dir.path().join("empty.tif"), "").unwrap();
    for name in ["disguise.tif", "empty.tif", "."] {
        assert!(Raster::open(&dir.path().join(name)).is_err(), "{name}");
    }
    for name in [&vrt, "/vsicurl/http://localhost/a.tif", "GTIFF_DIR:1:real.tif", "MEM:::X=1"] {
        assert!(Raster::open(Path::new(name)).is_err(), "{name}");
    }
    assert!(Raster::open(&real).is_ok());
}

#[test]
fn oversized_rasters_are_refused_before_they_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wide.tif");
    let wide = Grid { width: 50_000, height: 1, ..product::grid(10.0) };
    product::tif(&path, &wide, &[vec![0u8; 50_000]], &["SPARSE_OK=TRUE"]);
    let error = Raster::open(&path).err().unwrap();
    assert!(format!("{error}").contains("43920"), "{error}");
}

#[test]
fn a_sidecar_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tif");
    product::tif(&path, &product::grid(10.0), &[product::reflectance(Layer::S2Fine, 0, 3)], &[]);
    let lie = "<PAMDataset><GeoTransform>0,10,0,0,0,-10</GeoTransform>\
               <PAMRasterBand band=\"1\"><NoDataValue>7</NoDataValue></PAMRasterBand></PAMDataset>";
    fs::write(dir.path().join("a.tif.aux.xml"), lie).unwrap();
    let raster = Raster::open(&path).unwrap();
    assert_eq!(*raster.grid(), product::grid(10.0));
    assert_eq!(raster.nodata(1), None);
}
