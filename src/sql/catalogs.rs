//! Tests: a session over the catalog of a real, small archive.

use super::Session;
use crate::archive::{Archive, Block, Cells, Codec, Kind, Layer, Sensor, Settings, Values};
use crate::catalog::{Catalog, Scene};
use crate::geo::{Grid, Splitter, Stamp, Window};
use crate::layout::Layout;

const TILE: &str = "31TCJ";
const DAY: i64 = 86_400_000_000;
const SIDE: usize = 256;

/// Two optical dates, a cloudy and a clear one, with a radar date between, and elevation; 2 x 2
/// patches.
fn catalog(archive: &Archive) -> Catalog {
    let grid = Grid::new(32631, 600_000.0, 4_900_000.0, 10.0, SIDE, SIDE).unwrap();
    let tile = archive.create_tile(TILE, &grid).unwrap();
    let start = 17_000 * DAY;
    tile.set_times(Sensor::S2, &[Stamp(start), Stamp(start + DAY)]).unwrap();
    tile.set_times(Sensor::S1, &[Stamp(start + DAY / 2)]).unwrap();
    let mut scenes = Vec::new();
    for (sensor, slot) in [(Sensor::S2, 0), (Sensor::S2, 1), (Sensor::S1, 0), (Sensor::Dem, 0)] {
        for layer in Layer::ALL.into_iter().filter(|l| l.sensor() == sensor) {
            let side = SIDE / layer.factor();
            let count = layer.bands().len() * side * side;
            let values = match layer.kind() {
                Kind::U8 => Values::U8(vec![0; count]),
                Kind::U16 => Values::U16(vec![1; count]),
                Kind::I16 => Values::I16(vec![1; count]),
            };
            let window = Window::new(0, 0, side, side);
            tile.write(slot, &Block { layer, window, values }).unwrap();
        }
        let cloudy = sensor == Sensor::S2 && slot == 0;
        if sensor != Sensor::Dem {
            let cloudy = vec![if cloudy { 1024 } else { 0 }; 16];
            let cells = Cells { rows: 4, cols: 4, cloudy, nodata: vec![0; 16] };
            tile.write_cells(sensor, slot, &cells).unwrap();
        }
        scenes.push(Scene {
            scene: format!("{}-{slot}", sensor.name()),
            sensor,
            tile: TILE.to_owned(),
            time: tile.times(sensor).unwrap()[slot],
            slot: slot as u32,
            product: "series".to_owned(),
            platform: String::new(),
            orbit: None,
            direction: None,
            cloud_percent: (sensor == Sensor::S2).then_some(if cloudy { 25.0 } else { 0.0 }),
            nodata_percent: 0.0,
            scale: 1e-4,
            offset: 0.0,
            fingerprint: "1".to_owned(),
        });
    }
    let mut catalog = Catalog::open(archive).unwrap();
    catalog.upsert(scenes).unwrap();
    catalog
}

#[test]
fn the_tables_of_an_archive_serve_patches_and_scenes_to_the_same_query() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("archive");
    let archive = Archive::create(&root, Settings::new(128, Codec::None).unwrap()).unwrap();
    let fresh = || Session::new(64 << 20).unwrap();
    let before = fresh().with_catalog(&Catalog::open(&archive).unwrap()).unwrap();
    assert_eq!(before.query("SELECT * FROM patches", &[]).unwrap().rows(), 0);
    assert_eq!(before.query("SELECT * FROM scenes", &[]).unwrap().rows(), 0);

    let catalog = catalog(&archive);
    let patches = fresh().with_catalog(&catalog).unwrap();
    let scenes = fresh().with_scenes(&catalog).unwrap();
    assert_eq!(patches.query("SELECT * FROM patches", &[]).unwrap().rows(), 16);
    assert_eq!(scenes.query("SELECT * FROM patches", &[]).unwrap().rows(), 4);
    let coverage = Layout::open("coverage").unwrap();
    for session in [&patches, &scenes] {
        let answer = session.query(&coverage.sql, &coverage.params).unwrap();
        assert_eq!(answer.rows(), 3);
        let all = session.query("SELECT * FROM scenes", &[]).unwrap();
        assert_eq!((all.rows(), all.schema.fields().len()), (4, 14));
    }
    let columns = |s: &Session| s.query("SELECT * FROM s2", &[]).unwrap().schema.to_string();
    let names = |s: &Session| {
        let schema = s.query("SELECT * FROM s2", &[]).unwrap().schema;
        schema.fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&patches), names(&scenes));
    assert!(columns(&patches).contains("patch"));

    let layout = Layout::open("ssop").unwrap();
    let rows = |s: &Session| layout.samples(s, &Splitter::default()).unwrap();
    let (small, whole) = (rows(&patches), rows(&scenes));
    assert_eq!((small.roles.len(), small.rows.len()), (4, 4));
    assert_eq!((whole.roles.len(), whole.rows.len()), (4, 1));
    assert_eq!((small.rows[3].row, small.rows[3].col), (1, 1));
    assert_eq!(small.rows[3].patches[0].time, Stamp(17_000 * DAY));
}
