//! The real series: 72 optical and 80 radar dates over a Belgian field, if it is at hand.

use crate::archive::{Archive, Layer, Sensor, mask};
use crate::catalog::Catalog;
use crate::geo::Window;
use crate::ingest::raster::Raster;
use crate::ingest::{IngestOptions, flags, ingest, sigma};
use crate::store::reference;

#[test]
fn the_real_series_enters_with_its_values() {
    let Some(source) = reference("the real series", "real/series-be-31UES") else { return };
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("archive");
    let options = IngestOptions { patch: Some(64), ..IngestOptions::default() };
    let run = || ingest(&source, &root, &options, &|| false, &mut |_, _| {}).unwrap();
    let summary = run();
    assert_eq!((summary.added, summary.quarantined), (72 + 80 + 1, vec![]));
    assert_eq!(run().unchanged, 153);

    let archive = Archive::open(&root).unwrap();
    let tile = archive.tile("31UES").unwrap();
    let catalog = Catalog::open(&archive).unwrap();
    let first = catalog.scenes().iter().find(|s| s.scene == "S2_31UES_20180804T105022").unwrap();
    assert_eq!((first.sensor, first.slot), (Sensor::S2, 0));
    let (fine, coarse) = (Window::new(0, 0, 64, 64), Window::new(0, 0, 32, 32));
    let raw = |name: &str, band| {
        let raster = Raster::open(&source.join(name)).unwrap();
        let side = raster.grid().width;
        raster.read::<i32>(band, Window::new(0, 0, side, side)).unwrap()
    };
    let mut clouds = 0;
    for slot in 0..72 {
        let read = tile.read(Layer::S2Fine, slot, fine).unwrap();
        let b08 = &read.i16s().unwrap()[3 * 4096..];
        for (ours, theirs) in b08.iter().zip(raw("S2_10m_B08.tif", slot + 1)) {
            let want = if theirs == 0 { -10_000 } else { theirs.min(32_767) };
            assert_eq!(i32::from(*ours), want);
        }
        let read = tile.read(Layer::S2Coarse, slot, coarse).unwrap();
        let b12 = raw("S2_20m_B12.tif", slot + 1);
        assert!(
            read.i16s().unwrap()[5 * 1024..].iter().zip(&b12).all(|(a, b)| {
                i32::from(*a) == if *b == 0 { -10_000 } else { (*b).min(32_767) }
            })
        );
        let read = tile.read(Layer::S2Mask, slot, fine).unwrap();
        let scl = raw("S2_20m_SCL.tif", slot + 1);
        for (i, ours) in read.u8s().unwrap().iter().enumerate() {
            let class = scl[i / 64 / 2 * 32 + i % 64 / 2] as u8;
            assert_eq!(*ours, flags::from_scl(class).unwrap());
            clouds += usize::from(ours & mask::CLOUDY != 0);
        }
    }
    assert!(clouds > 0, "a Belgian year has clouds");
    let read = tile.read(Layer::S1, 79, fine).unwrap();
    let vv = raw("S1_20m_asc_VV.tif", 80);
    for (i, ours) in read.u16s().unwrap()[..4096].iter().enumerate() {
        let db = f64::from(vv[i / 64 / 2 * 32 + i % 64 / 2]) * 1e-4;
        assert_eq!(*ours, if db == 0.0 { 0 } else { sigma::scale_decibels(db) });
    }
    let dem = tile.read(Layer::Dem, 0, coarse).unwrap();
    assert!(dem.i16s().unwrap().iter().zip(raw("DEM_20m.tif", 1)).all(|(a, b)| i32::from(*a) == b));
}
