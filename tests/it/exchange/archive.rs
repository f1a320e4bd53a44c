//! A small archive of numbers, and its samples written by the library.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use eclaircie::{
    Archive, Block, Cancel, Catalog, Cells, Codec, Contents, Decode, Describe, Each, Emit, Entry,
    Graph, Grid, Items, Kind, Layer, Layout, Origin, Read, Records, Result, Samples, Scene, Scenes,
    Sensor, Session, Settings, ShardForm, Shards, Splitter, Stamp, Target, Tile, Values, Window,
};

const TILE: &str = "31TCJ";
const HOUR: i64 = 3_600_000_000;
/// 2018-08-04T10:50:22.620Z.
const START: i64 = 1_533_379_822_620_000;
/// Pixels of the tile: four by four patches.
const SIDE: usize = 256;

/// Optical: cloudy, then clear twice. Radar: near each, up, down and up.
const SCENES: [(Sensor, i64, u16, Option<&str>); 7] = [
    (Sensor::S2, 0, 2048, None),
    (Sensor::S2, 48, 0, None),
    (Sensor::S2, 96, 0, None),
    (Sensor::S1, 5, 0, Some("ASC")),
    (Sensor::S1, 50, 0, Some("DES")),
    (Sensor::S1, 97, 0, Some("ASC")),
    (Sensor::Dem, 0, 0, None),
];

/// The folder of the archive, made once; it lives as long as the test binary.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let root = tempfile::tempdir().unwrap().keep();
        make(&root.join("archive"));
        root.join("archive")
    })
}

/// Makes the archive.
pub fn make(root: &Path) {
    let archive = Archive::create(root, Settings::new(64, Codec::None).unwrap()).unwrap();
    let grid = Grid::new(32631, 300_000.0, 4_900_020.0, 10.0, SIDE, SIDE).unwrap();
    let tile = archive.create_tile(TILE, &grid).unwrap();
    let times = |of: Sensor| -> Vec<Stamp> {
        let all = SCENES.iter().filter(|s| s.0 == of);
        all.map(|s| Stamp(START + s.1 * HOUR)).collect()
    };
    tile.set_times(Sensor::S2, &times(Sensor::S2)).unwrap();
    tile.set_times(Sensor::S1, &times(Sensor::S1)).unwrap();
    let mut scenes: Vec<Scene> = Vec::new();
    for (sensor, _, cloudy, direction) in SCENES {
        let slot = scenes.iter().filter(|s| s.sensor == sensor).count();
        fill(&tile, sensor, slot, cloudy);
        scenes.push(Scene {
            scene: format!("{}-{slot}", sensor.name()),
            sensor,
            tile: TILE.into(),
            time: tile.times(sensor).unwrap()[slot],
            slot: slot as u32,
            product: "series".into(),
            platform: String::new(),
            orbit: None,
            direction: direction.map(str::to_owned),
            cloud_percent: (sensor == Sensor::S2).then_some(0.0),
            nodata_percent: 0.0,
            scale: 1e-4,
            offset: 0.0,
            fingerprint: format!("{}-{slot}", sensor.name()),
        });
    }
    Catalog::open(&archive).unwrap().upsert(scenes).unwrap();
}

/// Every value differs from its neighbours, its bands and its slots.
fn fill(tile: &Tile, sensor: Sensor, slot: usize, cloudy: u16) {
    for layer in Layer::ALL.into_iter().filter(|l| l.sensor() == sensor) {
        let side = SIDE / layer.factor();
        let count = layer.bands().len() * side * side;
        let value = |i: usize| (i * 31 + slot * 7 + i / side) % 60_000;
        let values = match layer.kind() {
            Kind::U8 => Values::U8((0..count).map(|i| value(i) as u8).collect()),
            Kind::U16 => Values::U16((0..count).map(|i| value(i) as u16).collect()),
            Kind::I16 => {
                Values::I16((0..count).map(|i| (value(i) as i32 - 30_000) as i16).collect())
            }
        };
        tile.write(slot, &Block { layer, window: Window::new(0, 0, side, side), values }).unwrap();
    }
    if sensor != Sensor::Dem {
        let cells = Cells { rows: 4, cols: 4, cloudy: vec![cloudy; 16], nodata: vec![0; 16] };
        tile.write_cells(sensor, slot, &cells).unwrap();
    }
}

/// All samples of the layout `ssop`: two for each of 16 places.
pub fn samples(archive: &Archive) -> Samples {
    let catalog = Catalog::open(archive).unwrap();
    let session = Session::new(256 << 20).unwrap().with_catalog(&catalog).unwrap();
    Layout::open("ssop").unwrap().samples(&session, &Splitter::default()).unwrap()
}

/// What the archive's samples hold, 20 m bands too, and the stream of the first `most`, each of
/// which `change` may spoil.
pub fn contents() -> (Arc<Contents>, Archive, Samples) {
    let archive = Archive::open(folder()).unwrap();
    let samples = samples(&archive);
    let origin = Origin { layout: Some("ssop".into()), seed: Some(7), ..Origin::default() };
    let (contents, _) = Contents::of_layout(&samples.roles, &archive, true, origin).unwrap();
    let scenes = Scenes::of(&Catalog::open(&archive).unwrap());
    (Arc::new(contents.with_directions(&samples.rows, &scenes)), archive, samples)
}

/// Shards with their numbers of samples, and what went into the pipe.
type Written = (Vec<(String, u64)>, Vec<u8>);

/// Writes the first `most` samples; each passes through `change`.
pub fn write_changed(
    form: ShardForm,
    target: &Target,
    per_shard: usize,
    most: usize,
    change: impl Fn(usize, &mut Entry) -> Result<()> + Send + 'static,
) -> Result<Written> {
    let (contents, archive, samples) = contents();
    let scenes = Scenes::of(&Catalog::open(&archive)?);
    let origin = Origin::default();
    let (_, wants) = Contents::of_layout(&samples.roles, &archive, true, origin)?;
    let rows: Vec<_> = samples.rows.into_iter().take(most).collect();
    let piped = Piped::default();
    let pipe = piped.clone();
    let mut shards = Shards::new(&contents, form, target, per_shard, || Box::new(pipe))?;
    let mut seen = 0;
    let changed = Each::new("change", move |mut entry: Entry, out: &mut Emit<Entry>| {
        change(seen, &mut entry)?;
        seen += 1;
        out.push(entry);
        Ok(())
    });
    Graph::new("test", 64 << 20)
        .source(Items::new("samples", rows))
        .spread(3, |_| Read::new(&archive, None, &wants))
        .then(Describe::new(&archive, &scenes, &contents.roles))
        .then(changed)
        .sink(&mut shards)
        .run(&Cancel::default())?;
    let bytes = piped.0.lock().unwrap().clone();
    Ok((shards.shards().to_vec(), bytes))
}

/// Writes the first `most` samples as they are.
pub fn write(
    form: ShardForm,
    target: &Target,
    per_shard: usize,
    most: usize,
) -> Vec<(String, u64)> {
    write_changed(form, target, per_shard, most, |_, _| Ok(())).unwrap().0
}

/// The first `most` samples as entries.
pub fn entries(most: usize) -> Vec<Entry> {
    let kept: Arc<Mutex<Vec<Entry>>> = Arc::default();
    let keep = kept.clone();
    let folder = tempfile::tempdir().unwrap();
    let target = Target::File(folder.path().join("x.tar"));
    write_changed(ShardForm::WebDataset, &target, 1, most, move |_, entry| {
        keep.lock().unwrap().push(entry.clone());
        Ok(())
    })
    .unwrap();
    let all = kept.lock().unwrap().clone();
    assert_eq!(all.len(), most);
    all
}

/// All samples of a folder of TFRecord.
pub fn read_back(path: &Path) -> Result<(Contents, Vec<Entry>)> {
    let (records, contents) = Records::open(path, usize::MAX)?;
    let all = Arc::new(contents.clone());
    let mut kept = eclaircie::Collect::new("entries");
    Graph::new("test", 64 << 20)
        .source(records)
        .spread(2, |_| Decode::new(&all))
        .sink(&mut kept)
        .run(&Cancel::default())?;
    Ok((contents, kept.into_items()))
}

/// Standard output, as a test sees it.
#[derive(Clone, Default)]
struct Piped(Arc<Mutex<Vec<u8>>>);

impl Write for Piped {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
