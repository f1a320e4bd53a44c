//! `report`: one page to look at.

use std::path::{Path, PathBuf};

use super::{Done, args};
use crate::archive::{Archive, Block, Cube, Layer, Sensor, Tile};
use crate::catalog::Catalog;
use crate::error::{Error, Result, While};
use crate::evaluate::read_rows;
use crate::geo::{Stamp, Window};
use crate::report::{Cloudiness, Comparison, Curve, Page, Picture, ScoreRow, View, write_page};
use crate::sql::{Param, Session};
use crate::stream::Report as RunReport;

/// Make one self-contained HTML page: before and after with a slider, scores, losses, cloudiness,
/// where time went.
///
/// Example: eclaircie report report.html --archive archive/ --tile 31TCJ --date 2019-04-28 --cube msop=msop.zarr --scores scores.parquet
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The page to write.
    page: PathBuf,
    /// The archive.
    #[arg(long)]
    archive: PathBuf,
    /// An archive of the clear truth.
    #[arg(long)]
    truth: Option<PathBuf>,
    /// Tile of the scene that is shown.
    #[arg(long)]
    tile: String,
    /// Its day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: String,
    /// A reconstructed cube to show; may be repeated.
    #[arg(long = "cube", value_name = "NAME=CUBE", value_parser = args::parse_named)]
    cubes: Vec<(String, PathBuf)>,
    /// Scores that `evaluate` wrote; may be repeated.
    #[arg(long = "scores", value_name = "FILE")]
    scores: Vec<PathBuf>,
    /// A training folder, for its loss curve; may be repeated.
    #[arg(long = "run", value_name = "NAME=FOLDER", value_parser = args::parse_named)]
    runs: Vec<(String, PathBuf)>,
    /// Folder of the JSON files that `--stats-to` wrote.
    #[arg(long)]
    stats: Option<PathBuf>,
    /// A sentence under the scores; may be repeated.
    #[arg(long = "note", value_name = "TEXT")]
    notes: Vec<String>,
    /// Something to say at the end; may be repeated.
    #[arg(long = "fact", value_name = "NAME=VALUE")]
    facts: Vec<String>,
}

/// True colour of a block of the four fine bands.
fn true_colour(block: &Block) -> Result<Picture> {
    let values = block.i16s().ok_or_else(|| Error::internal("optical pixels are not int16"))?;
    Ok(colour(values, block.window.height, block.window.width))
}

fn colour(values: &[i16], height: usize, width: usize) -> Picture {
    let n = height * width;
    Picture::true_colour(width, height, &values[2 * n..3 * n], &values[n..2 * n], &values[..n])
}

fn whole(tile: &Tile) -> Window {
    Window::new(0, 0, tile.grid().height, tile.grid().width)
}

/// The slot of a sensor that is nearest in time.
fn nearest(tile: &Tile, sensor: Sensor, time: Stamp) -> Result<(usize, Stamp)> {
    let times = tile.times(sensor)?;
    let best = times.iter().enumerate().min_by_key(|(_, t)| (t.0 - time.0).abs());
    best.map(|(i, t)| (i, *t)).ok_or_else(|| {
        Error::not_found(format!("tile {} has no {} scene", tile.name(), sensor.name()))
    })
}

fn views(a: &Args, archive: &Archive) -> Result<Comparison> {
    let tile = archive.tile(&a.tile)?;
    let day = Stamp::parse(&a.date)?;
    let noon = Stamp(day.0 + 43_200_000_000);
    let (slot, time) = nearest(&tile, Sensor::S2, noon)?;
    if time.date() != day.date() {
        return Err(Error::not_found(format!("tile {} has no scene on {}", a.tile, a.date))
            .hint(format!("the nearest is at {time}")));
    }
    let mut views = Vec::new();
    let mut view = |label: String, note: String, picture: Picture| {
        views.push(View { label, note, picture });
    };
    let input = tile.read(Layer::S2Fine, slot, whole(&tile))?;
    view("input".into(), format!("Sentinel-2, {time}"), true_colour(&input)?);
    if let Ok((radar_slot, radar_time)) = nearest(&tile, Sensor::S1, time) {
        let block = tile.read(Layer::S1, radar_slot, whole(&tile))?;
        let n = block.window.len();
        if let Some(v) = block.u16s() {
            let picture = Picture::radar(block.window.width, block.window.height, &v[..n], &v[n..]);
            view("radar".into(), format!("Sentinel-1, {radar_time}"), picture);
        }
    }
    for (name, path) in &a.cubes {
        let cube = Cube::open(path)?;
        cube.check_tile(&tile, archive)?;
        let slot = cube.times().iter().position(|t| *t == time).ok_or_else(|| {
            Error::not_found(format!("cube {} has no scene at {time}", path.display()))
        })?;
        let values = cube.read(slot, Layer::S2Fine, whole(&tile))?;
        let picture = colour(&values, tile.grid().height, tile.grid().width);
        view(name.clone(), "reconstructed".into(), picture);
    }
    if let Some(truth) = &a.truth {
        let truth = Archive::open(truth)?.tile(&a.tile)?;
        let (slot, at) = nearest(&truth, Sensor::S2, time)?;
        if at == time {
            let block = truth.read(Layer::S2Fine, slot, whole(&truth))?;
            view("truth".into(), "the same scene without clouds".into(), true_colour(&block)?);
        }
    }
    Ok(Comparison { title: format!("Tile {}, {}", a.tile, a.date), views })
}

fn scores(paths: &[PathBuf]) -> Result<Vec<ScoreRow>> {
    let mut all = Vec::new();
    for path in paths {
        let set = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        for r in read_rows(path)? {
            let stratum = match paths.len() {
                1 => r.stratum,
                _ => format!("{set}: {}", r.stratum),
            };
            all.push(ScoreRow {
                method: r.method,
                stratum,
                metric: r.metric,
                band: r.band,
                value: r.value,
                unit: r.unit,
                definition: r.definition,
                low: r.low,
                high: r.high,
            });
        }
    }
    Ok(all)
}

/// The curves of the training folders, through the same SQL door that users have.
fn curves(runs: &[(String, PathBuf)]) -> Result<Vec<Curve>> {
    let mut all = Vec::new();
    for (name, folder) in runs {
        let session =
            Session::new(256 << 20)?.with_table("curve", &folder.join("curve.parquet"))?;
        for split in ["train", "valid"] {
            let sql = "SELECT CAST(step AS DOUBLE) AS x, loss AS y FROM curve \
                       WHERE split = $split ORDER BY step";
            let answer = session.query(sql, &[("split".into(), Param::Text(split.into()))])?;
            let points = answer.pairs("x", "y")?;
            let points = if split == "train" { smooth(&points) } else { points };
            let curve = Curve {
                name: format!("{name} {split}"),
                x_label: "steps".into(),
                points,
                group: name.clone(),
            };
            all.push(curve);
        }
    }
    Ok(all)
}

/// Mean over ten steps: single batches are too noisy to look at.
fn smooth(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mean =
        |c: &[(f64, f64)], f: fn(&(f64, f64)) -> f64| c.iter().map(f).sum::<f64>() / c.len() as f64;
    points.chunks(10).map(|c| (mean(c, |p| p.0), mean(c, |p| p.1))).collect()
}

fn cloudiness(catalog: &Catalog) -> Vec<Cloudiness> {
    let mut all: Vec<Cloudiness> = Vec::new();
    for scene in catalog.scenes() {
        let Some(percent) = scene.cloud_percent else { continue };
        if all.last().is_none_or(|c| c.tile != scene.tile) {
            all.push(Cloudiness { tile: scene.tile.clone(), points: Vec::new() });
        }
        if let (Some(c), Some(day)) = (all.last_mut(), scene.time.date()) {
            c.points.push((day.to_string(), percent));
        }
    }
    all
}

fn statistics(folder: Option<&Path>) -> Result<Vec<RunReport>> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let doing = || format!("reading {}", folder.display());
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).during(doing)? {
        files.push(entry.during(doing)?.path());
    }
    files.retain(|f| f.extension().is_some_and(|e| e == "json"));
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let reports: Vec<RunReport> = crate::store::read_json(&file)?;
        all.extend(reports.into_iter().map(|r| RunReport { graph: stem.clone(), ..r }));
    }
    Ok(all)
}

fn facts(a: &Args, archive: &Archive, catalog: &Catalog) -> Result<Vec<(String, String)>> {
    let mut all = vec![
        ("program".to_owned(), concat!("eclaircie ", env!("CARGO_PKG_VERSION")).to_owned()),
        ("archive snapshot".to_owned(), catalog.snapshot()?),
        ("scenes".to_owned(), catalog.scenes().len().to_string()),
        ("patch".to_owned(), format!("{} px", archive.settings().patch)),
        ("page made".to_owned(), chrono::Utc::now().format("%Y-%m-%d %H:%M UTC").to_string()),
    ];
    for fact in &a.facts {
        let (name, value) = fact.split_once('=').unwrap_or((fact, ""));
        all.push((name.to_owned(), value.to_owned()));
    }
    Ok(all)
}

fn notes(a: &Args) -> Vec<String> {
    let mut all = a.notes.clone();
    all.push(
        "All methods are scored on the same pixels. Intervals: 95 %, bootstrap over blocks of ground and day."
            .into(),
    );
    all
}

pub(super) fn run(a: Args) -> Result<Done> {
    let archive = Archive::open(&a.archive)?;
    let catalog = Catalog::open(&archive)?;
    let page = Page {
        title: format!("A break in the clouds: {} on {}", a.tile, a.date),
        lead: "A cloudy Sentinel-2 scene, the radar image nearest in time, and the same ground \
               as each method reconstructs it. Drag the handle to compare two pictures."
            .into(),
        comparisons: vec![views(&a, &archive)?],
        scores: scores(&a.scores)?,
        score_notes: notes(&a),
        curves: curves(&a.runs)?,
        cloudiness: cloudiness(&catalog),
        runs: statistics(a.stats.as_deref())?,
        facts: facts(&a, &archive, &catalog)?,
    };
    write_page(&a.page, &page)?;
    super::say(&a.page.display().to_string())?;
    Ok(Done::Whole)
}
