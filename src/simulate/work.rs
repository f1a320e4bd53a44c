//! The run: builds each tile's ground, then its acquisitions side by side, each published whole.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use rayon::prelude::*;

use super::events;
use super::ground::Ground;
use super::optics::{Date, NODATA, Pass};
use super::plan::{Calendar, Job, Sensor, jobs};
use super::product::{optical_name, radar_name, write_tiff};
use super::radar;
use super::spectra::{BANDS, TEN_METRES};
use super::weather::Weather;
use super::world::{Summary, World};
use crate::error::{Error, Kind, Result, While};
use crate::geo::Grid;
use crate::store::{Pending, PendingFolder, publish, read_json, write_json};

/// Share of cloud beyond which the processor makes no product.
const CLOUD_MAX: f64 = 0.9;

/// Simulates `world` into `out/products` and `out/truth`.
///
/// `cancelled` is asked several times a second; a stopped run gives [`Kind::Cancelled`] and leaves
/// whole products. `progress` is told how many acquisitions of how many are done. Run again into
/// the same folder, it skips what is there. Takes about 70 MB a thread at 1024 pixels.
pub fn simulate(
    world: &World,
    out: &Path,
    cancelled: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Summary> {
    world.check()?;
    claim(world, out)?;
    let calendar = Calendar::of(world)?;
    let weather = Weather::of(world.region, world.seed, calendar.warm_doy, calendar.days());
    let jobs = jobs(world, &calendar);
    let total = jobs.len() as u64;
    progress(0, total);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(world.threads)
        .build()
        .map_err(|e| Error::new(Kind::Io, "starting threads").with_source(e))?;
    let stop = AtomicBool::new(cancelled());
    let run = Run { world, out, calendar, weather, stop: &stop };
    let (tell, hear) = channel();
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| pool.install(|| run.all(&jobs, tell)));
        let mut summary = Summary::default();
        let mut done = 0;
        loop {
            if cancelled() {
                stop.store(true, Ordering::Relaxed);
            }
            match hear.recv_timeout(Duration::from_millis(100)) {
                Ok(outcome) => {
                    done += 1;
                    summary.count(outcome);
                    progress(done, total);
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        worker.join().map_err(|_| Error::internal("a simulating thread stopped by surprise"))??;
        Ok(summary)
    })
}

/// A folder belongs to one world: what it holds would not fit another.
fn claim(world: &World, out: &Path) -> Result<()> {
    let path = out.join("truth/world.json");
    if !path.exists() {
        return write_json(&path, world);
    }
    let before: World = read_json(&path)?;
    if before == (World { threads: before.threads, ..world.clone() }) {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{} holds another simulated world: {}, not {}",
        out.display(),
        text(&before),
        text(world)
    ))
    .hint("give its options, choose another folder, or remove this one"))
}

/// What tells worlds apart, as JSON.
fn text(world: &World) -> String {
    serde_json::json!(World { threads: 0, ..world.clone() }).to_string()
}

/// What became of one acquisition.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    Optical,
    Radar,
    Dropped,
    Skipped,
}

impl Summary {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Optical => self.s2 += 1,
            Outcome::Radar => self.s1 += 1,
            Outcome::Dropped => self.dropped += 1,
            Outcome::Skipped => self.skipped += 1,
        }
    }
}

struct Run<'a> {
    world: &'a World,
    out: &'a Path,
    calendar: Calendar,
    weather: Weather,
    stop: &'a AtomicBool,
}

impl Run<'_> {
    fn all(&self, jobs: &[Job], tell: Sender<Outcome>) -> Result<()> {
        let grounds: Vec<Ground> =
            self.world.tiles.par_iter().map(|tile| self.ground(tile)).collect::<Result<_>>()?;
        self.log(&grounds)?;
        jobs.par_iter().with_max_len(1).try_for_each_with(tell, |tell, job| {
            self.check_stop()?;
            let ground = &grounds[job.tile];
            let outcome = match job.sensor {
                Sensor::Optical => self.optical(ground, job)?,
                Sensor::Radar => self.radar(ground, job)?,
            };
            // The listener leaves only when the run is over.
            let _ = tell.send(outcome);
            Ok(())
        })
    }

    fn check_stop(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::new(Kind::Cancelled, "the simulation was stopped")
                .hint("run it again into the same folder to go on"));
        }
        Ok(())
    }

    /// Builds the ground of a tile and publishes its terrain model.
    fn ground(&self, tile: &str) -> Result<Ground> {
        self.check_stop()?;
        let ground = Ground::build(self.world, tile, &self.weather, &self.calendar)?;
        let heights = ground.terrain.height.means(2);
        let heights: Vec<i16> = heights.values.iter().map(|h| h.round() as i16).collect();
        for room in ["products", "truth"] {
            let path = self.out.join(room).join("DEM").join(format!("{tile}.tif"));
            // Written again it would be another product to `ingest`, and the archive another one to a training.
            if path.exists() {
                continue;
            }
            let grid = ground.grid.coarsen(2)?;
            publish_tiff(&path, |to| write_tiff(to, &grid, heights.clone(), None, 2))?;
        }
        self.fields(&ground)?;
        Ok(ground)
    }

    /// Publishes which field owns each pixel, and what the fields are.
    fn fields(&self, ground: &Ground) -> Result<()> {
        let folder = self.out.join("truth/fields");
        let path = folder.join(format!("{}.tif", ground.tile));
        let owner = ground.land.owner.clone();
        publish_tiff(&path, |to| write_tiff(to, &ground.grid, owner, None, 2))?;
        let mut text = String::from("field,cover,pixels\n");
        for (field, p) in ground.land.parcels.iter().enumerate() {
            text += &format!("{field},{},{}\n", p.cover.name(), p.size);
        }
        publish(&folder.join(format!("{}.csv", ground.tile)), text.as_bytes())
    }

    /// Publishes the log of events.
    fn log(&self, grounds: &[Ground]) -> Result<()> {
        let mut text = String::from("tile,field,date,type\n");
        let (first, last) = (self.calendar.first, self.calendar.end - 1);
        for g in grounds {
            text += &events::lines(&g.tile, &g.histories, first, last);
        }
        publish(&self.out.join("truth/events.csv"), text.as_bytes())
    }

    fn state(&self, ground: &Ground, day: i64) -> super::ground::State {
        let c = &self.calendar;
        ground.state(&self.weather, day, c.index(day), c.january(day))
    }

    fn optical(&self, ground: &Ground, job: &Job) -> Result<Outcome> {
        let name = optical_name(&ground.tile, job.when(), job.satellite());
        let place = |room: &str| self.out.join(room).join("S2").join(&ground.tile).join(&name);
        let (product, truth) = (place("products"), place("truth"));
        if product.exists() && truth.exists() {
            return Ok(Outcome::Skipped);
        }
        let index = self.calendar.index(job.day);
        let pass = Pass {
            day: job.day,
            day_of_year: job.when().day_of_year(),
            orbit: job.rank % 2,
            cloud: self.weather.cloud[index],
            wind: self.weather.wind[index].0,
            history: job.rank,
        };
        let mut date = Date::new(ground, &pass, self.world);
        if date.cloudiness > CLOUD_MAX {
            return Ok(Outcome::Dropped);
        }
        self.publish_optical(ground, job, &mut date, [&product, &truth], &name)
            .during(|| format!("writing {}", product.display()))?;
        Ok(Outcome::Optical)
    }

    /// Writes the product and its truth aside, and publishes both when both are whole.
    fn publish_optical(
        &self,
        ground: &Ground,
        job: &Job,
        date: &mut Date,
        [product, truth]: [&Path; 2],
        name: &str,
    ) -> Result<()> {
        let state = self.state(ground, job.day);
        let (seen, clear) = (PendingFolder::new(product)?, PendingFolder::new(truth)?);
        write_masks(seen.path(), name, &ground.grid, date.mask.clone(), date.edge.clone())?;
        let zeros = vec![0u8; date.mask.len()];
        write_masks(clear.path(), name, &ground.grid, zeros.clone(), zeros)?;
        let sky = clear.path().join("MASKS").join(format!("{name}_CLD_R1.tif"));
        write_tiff(&sky, &ground.grid, date.sky.clone(), None, 1)?;
        let coarse = ground.grid.coarsen(2)?;
        date.bands(&state, |band, observed, there| {
            let grid = if TEN_METRES[band] { &ground.grid } else { &coarse };
            let file = format!("{name}_FRE_{}.tif", BANDS[band]);
            let missing = Some(f64::from(NODATA));
            write_tiff(&seen.path().join(&file), grid, observed, missing, 2)?;
            write_tiff(&clear.path().join(&file), grid, there, missing, 2)
        })?;
        // The truth first: a product that is there has its truth.
        clear.commit()?;
        seen.commit()
    }

    fn radar(&self, ground: &Ground, job: &Job) -> Result<Outcome> {
        let folder = self.out.join("products/S1").join(&ground.tile);
        let paths: [PathBuf; 2] = ["vv", "vh"].map(|polarisation| {
            folder.join(radar_name(&ground.tile, job.when(), job.satellite(), polarisation))
        });
        if paths.iter().all(|p| p.exists()) {
            return Ok(Outcome::Skipped);
        }
        let state = self.state(ground, job.day);
        let bands = radar::scene(ground, &state, job.day, self.world.seed);
        for (path, values) in paths.iter().zip(bands) {
            publish_tiff(path, |to| write_tiff(to, &ground.grid, values, Some(0.0), 3))?;
        }
        Ok(Outcome::Radar)
    }
}

fn write_masks(
    folder: &Path,
    name: &str,
    grid: &Grid,
    clouds: Vec<u8>,
    edge: Vec<u8>,
) -> Result<()> {
    let masks = folder.join("MASKS");
    std::fs::create_dir_all(&masks).during(|| format!("creating {}", masks.display()))?;
    write_tiff(&masks.join(format!("{name}_CLM_R1.tif")), grid, clouds, None, 1)?;
    write_tiff(&masks.join(format!("{name}_EDG_R1.tif")), grid, edge, None, 1)
}

fn publish_tiff(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let pending = Pending::new(path)?;
    write(pending.path()).during(|| format!("writing {}", path.display()))?;
    pending.commit()
}
