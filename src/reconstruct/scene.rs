//! One cube of reconstructed scenes.

use std::path::{Path, PathBuf};

use serde_json::json;
use tch::Device;

use super::sink::WritePieces;
use crate::archive::{Archive, Cube, CubeSpec, Tile};
use crate::error::{Error, Result, While};
use crate::layout::{Sample, Samples};
use crate::models::Model;
use crate::ops::{
    FillPiece, Filling, Piece, Predict, ReadPiece, SceneRole, Want, check_coarse, cut, halo, wants,
};
use crate::store::digest;
use crate::stream::{Cancel, Graph, Items, Pipe, Report, Trace, cores};

/// How to fill.
#[derive(Debug, Clone)]
pub enum Method {
    /// From the clear dates alone.
    Filling(Filling),
    /// A network, by its weights file or, of TorchScript, its card.
    Network(PathBuf),
}

impl Method {
    /// `gapfill` or another filling, or a path to `*.safetensors` or a card.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(filling) = Filling::ALL.into_iter().find(|f| f.name() == text) {
            return Ok(Self::Filling(filling));
        }
        match text {
            path if Path::new(path).is_file() => Ok(Self::Network(path.into())),
            other => {
                let names = Filling::ALL.map(Filling::name).join(", ");
                Err(Error::usage(format!("no method or weights file is called '{other}'")).hint(
                    format!(
                        "write {names}, or the path of a weights.safetensors that `train` wrote"
                    ),
                ))
            }
        }
    }

    /// Whether it answers the 20 m bands too.
    fn answers_coarse(&self) -> Result<bool> {
        match self {
            Self::Filling(_) => Ok(false),
            Self::Network(path) => Ok(Model::card(path)?.coarse_target().is_some()),
        }
    }
}

/// How to run.
#[derive(Debug, Clone)]
pub struct ReconstructOptions {
    /// Pixels on a side of a piece, a multiple of the cube's chunk.
    pub piece: usize,
    /// Leave pixels that are clear at t as observed.
    pub keep_clear: bool,
    /// Gap-filling uses dates up to so many days away.
    pub days: f64,
    /// Bytes on the edges of the graph.
    pub edge_bytes: usize,
    /// Reading threads.
    pub workers: usize,
    /// Where the network runs.
    pub device: Device,
    /// Whether a network that is a program (TorchScript) may run.
    pub allow_code: bool,
    /// Where runs are recorded, if anywhere.
    pub trace: Option<Trace>,
}

impl Default for ReconstructOptions {
    fn default() -> Self {
        Self {
            piece: 256,
            keep_clear: false,
            days: 90.0,
            edge_bytes: 512 << 20,
            workers: cores(),
            device: Device::Cpu,
            allow_code: false,
            trace: None,
        }
    }
}

/// What to reconstruct, by what, into what.
#[derive(Debug, Clone, Copy)]
pub struct ReconstructJob<'a> {
    /// Where the pixels are.
    pub archive: &'a Archive,
    /// The scene layout: its roles say what the patches of a row are.
    pub layout: &'a Samples,
    /// The scenes: rows of that layout, of one tile.
    pub rows: &'a [Sample],
    /// By what.
    pub method: &'a Method,
    /// The cube to write; one of that name is replaced.
    pub out: &'a Path,
}

impl ReconstructJob<'_> {
    /// The rows' tile. Refuses no row, and rows of two tiles.
    fn tile(&self) -> Result<Tile> {
        let first = self.rows.first().ok_or_else(|| {
            let layout = &self.layout.layout;
            Error::not_found(format!("layout '{layout}' gives no scene to reconstruct"))
                .hint("choose another date with --date, or widen its windows with --set")
        })?;
        if let Some(other) = self.rows.iter().find(|r| r.tile != first.tile) {
            let (one, two) = (&first.tile, &other.tile);
            return Err(Error::usage(format!("scenes of two tiles: {one} and {two}"))
                .hint("one cube holds one tile; choose it with --tile"));
        }
        self.archive.tile(&first.tile)
    }

    /// The role of the scene itself.
    fn role_at_t(&self) -> Result<usize> {
        self.layout.role("s2_t").ok_or_else(|| {
            Error::usage(format!("layout '{}' has no role 's2_t'", self.layout.layout))
                .hint("use a scene layout such as os2_scene or ssop_scene")
        })
    }
}

/// Reconstructs the scenes of a job into a cube, one date a row, in time order: reflectance x
/// 10000, int16.
///
/// `progress` hears the pixels written so far and in all. Returns one report a scene. Refuses a job
/// without rows or with rows of two tiles, a layout without the role `s2_t`, a card that does not
/// fit the layout.
pub fn reconstruct(
    job: &ReconstructJob<'_>,
    options: &ReconstructOptions,
    cancel: &Cancel,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Vec<Report>> {
    let tile = job.tile()?;
    let at_t = job.role_at_t()?;
    let mut rows = job.rows.to_vec();
    rows.sort_by_key(|r| r.patches[at_t].time);
    let spec = CubeSpec {
        grid: tile.grid().clone(),
        times: rows.iter().map(|r| r.patches[at_t].time).collect(),
        chunk: job.archive.settings().patch,
        coarse: job.method.answers_coarse()?,
        attributes: provenance(job.layout, job.method)?,
    };
    let cube = Cube::create(job.out, &spec)?;
    let (mut done, all) = (0, (tile.grid().width * tile.grid().height * rows.len()) as u64);
    let mut reports = Vec::new();
    for (slot, row) in rows.iter().enumerate() {
        let mut step = |pixels: u64| {
            done += pixels;
            progress(done, all);
        };
        let mut sink = WritePieces { cube: &cube, slot, progress: &mut step };
        let pipe = pieces(job, &tile, row, at_t, options)
            .during(|| format!("reconstructing {} at {}", row.tile, row.patches[at_t].time))?;
        let plan = pipe.sink(&mut sink).with_trace(options.trace.as_ref());
        reports.push(plan.run(cancel)?);
    }
    cube.commit()?;
    Ok(reports)
}

fn provenance(layout: &Samples, method: &Method) -> Result<serde_json::Value> {
    let mut about = json!({
        "title": "reconstructed optical scenes",
        "layout": layout.layout,
        "query_hash": layout.query_hash,
        "program": concat!("eclaircie ", env!("CARGO_PKG_VERSION")),
    });
    about["method"] = match method {
        Method::Filling(filling) => json!(format!("{}: {}", filling.name(), filling.meaning())),
        Method::Network(path) => {
            let script = Model::card(path)?.script.map(PathBuf::from);
            let path = script.as_ref().unwrap_or(path);
            json!({ "weights_blake3": digest(path)? })
        }
    };
    Ok(about)
}

/// The graph that makes the pieces of one scene.
fn pieces(
    job: &ReconstructJob<'_>,
    tile: &Tile,
    row: &Sample,
    at_t: usize,
    o: &ReconstructOptions,
) -> Result<Pipe<Piece>> {
    let (time, slot) = (row.patches[at_t].time, row.patches[at_t].slot as usize);
    // A piece owns whole chunks of the cube.
    let side = o.piece.next_multiple_of(job.archive.settings().patch);
    let graph = |halo| {
        let tasks = cut(tile.grid(), side, halo);
        Graph::new("reconstruct", o.edge_bytes).source(Items::new("pieces", tasks))
    };
    let path = match job.method {
        Method::Filling(filling) => {
            let kept = o.keep_clear.then_some(slot);
            let fill = |_| FillPiece::new(tile, *filling, time, o.days, kept);
            return Ok(graph(0).spread(o.workers, fill));
        }
        Method::Network(path) => path,
    };
    let model = Model::open(path, o.device, o.allow_code)?;
    let names: Vec<&str> = job.layout.roles.iter().map(|r| r.name.as_str()).collect();
    model.card.check_roles(&names, false)?;
    let roles = scene_roles(job.archive, job.layout, row, &model.card.inputs)?;
    Ok(graph(halo(model.network.support()))
        .spread(o.workers, |_| ReadPiece::new(tile, &roles, slot, o.device))
        .then(Predict::new(model, o.keep_clear)))
}

/// The inputs of a network for one scene. Refuses an archive that lacks its 20 m bands.
fn scene_roles(
    archive: &Archive,
    layout: &Samples,
    row: &Sample,
    inputs: &[String],
) -> Result<Vec<SceneRole>> {
    let wants = wants(&layout.roles, inputs)?;
    check_coarse(archive, &wants, std::slice::from_ref(row))?;
    let role = |want: &Want| SceneRole {
        name: want.name.clone(),
        layer: want.layer,
        slot: row.patches[want.role].slot as usize,
    };
    Ok(wants.iter().map(role).collect())
}
