//! The bare sweep: what one layout costs over plain arrays, without SQL and without an engine.
//!
//! `cargo bench --bench sweep -- FOLDER` reads `s2.parquet` and `s1.parquet` of a folder, sorted by
//! place and time, and answers the layout `os2_count` of `benches/layouts/` on one thread. Every
//! table is walked once: nearest radar and windows are pointers that only go forward. The
//! combinations are counted one by one, and once more from running sums without looking at them; and
//! a third time with an R-tree for each place instead of the pointers.
//! `make bench-layouts` sets the whole program beside it.

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Int64Type, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

const HOUR: i64 = 3600;

#[derive(Default)]
struct Table {
    id: Vec<i64>,
    cell: Vec<i64>,
    time: Vec<i64>,
    cloud: Vec<f32>,
    valid: Vec<bool>,
}

impl Table {
    fn read(file: &Path) -> Result<Self, Box<dyn Error>> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(file)?)?;
        let names = ["id", "cell", "time", "cloud_percent", "valid"];
        let mask = ProjectionMask::columns(builder.parquet_schema(), names);
        let mut table = Self::default();
        let seconds = DataType::Timestamp(TimeUnit::Second, None);
        for batch in builder.with_projection(mask).with_batch_size(1 << 16).build()? {
            let batch = batch?;
            let column = |name: &str| batch.column_by_name(name).ok_or(format!("no {name}"));
            for (name, to) in [("id", &mut table.id), ("cell", &mut table.cell)] {
                let values = cast(column(name)?, &DataType::Int64)?;
                to.extend_from_slice(values.as_primitive::<Int64Type>().values());
            }
            let times = cast(&cast(column("time")?, &seconds)?, &DataType::Int64)?;
            table.time.extend_from_slice(times.as_primitive::<Int64Type>().values());
            if let Ok(cloud) = column("cloud_percent") {
                table.cloud.extend_from_slice(cloud.as_primitive::<Float32Type>().values());
            }
            table.valid.extend(column("valid")?.as_boolean().values().iter());
        }
        Ok(table)
    }

    /// The rows from `from` on that are of one place.
    fn place(&self, from: usize, cell: i64) -> Range<usize> {
        let rows = self.cell[from..].iter().take_while(|c| **c == cell).count();
        from..from + rows
    }
}

/// One place: optical rows that have radar, in the order of time, and the times of clear ones.
#[derive(Default)]
struct Place {
    time: Vec<i64>,
    cloud: Vec<f32>,
    /// Parts of ids, and their running sums, one longer.
    optical: Vec<i64>,
    radar: Vec<i64>,
    optical_sum: Vec<i64>,
    radar_sum: Vec<i64>,
    clear: Vec<i64>,
}

impl Place {
    fn fill(&mut self, s2: &Table, rows: Range<usize>, s1: &Table, radar: Range<usize>) {
        *self = Self { optical_sum: vec![0], radar_sum: vec![0], ..Self::default() };
        let sar: Vec<usize> = radar.filter(|r| s1.valid[*r]).collect();
        let mut near = 0;
        for row in rows.filter(|r| s2.valid[*r]) {
            let time = s2.time[row];
            if s2.cloud[row] == 0.0 {
                self.clear.push(time);
            }
            let gap = |n: usize| (s1.time[sar[n]] - time).abs();
            while near + 1 < sar.len() && gap(near + 1) <= gap(near) {
                near += 1;
            }
            if sar.is_empty() || gap(near) > 72 * HOUR {
                continue;
            }
            let (optical, radar) = (s2.id[row] % 1000, s1.id[sar[near]] % 1000);
            self.optical_sum.push(self.optical_sum.last().unwrap_or(&0) + optical);
            self.radar_sum.push(self.radar_sum.last().unwrap_or(&0) + radar);
            self.time.push(time);
            self.cloud.push(s2.cloud[row]);
            self.optical.push(optical);
            self.radar.push(radar);
        }
    }
}

/// A range of rows whose times lie between two bounds that only grow.
#[derive(Default)]
struct Window(Range<usize>);

impl Window {
    fn to(&mut self, times: &[i64], from: i64, until: i64) -> Range<usize> {
        while times.get(self.0.start).is_some_and(|t| *t < from) {
            self.0.start += 1;
        }
        while times.get(self.0.end).is_some_and(|t| *t <= until) {
            self.0.end += 1;
        }
        self.0.start..self.0.end.max(self.0.start)
    }
}

/// Calls `found` with every place.
fn places(s2: &Table, s1: &Table, mut found: impl FnMut(&Place)) {
    let (mut at, mut radar, mut place) = (0, 0, Place::default());
    while let Some(&cell) = s2.cell.get(at) {
        let rows = s2.place(at, cell);
        radar += s1.cell[radar..].iter().take_while(|c| **c < cell).count();
        let radars = s1.place(radar, cell);
        (at, radar) = (rows.end, radars.end);
        place.fill(s2, rows, s1, radars);
        found(&place);
    }
}

/// Calls `found` with the windows before, after and around every cloudy row.
fn sweep(
    s2: &Table,
    s1: &Table,
    mut found: impl FnMut(&Place, Range<usize>, Range<usize>, Range<usize>),
) {
    places(s2, s1, |place| {
        let (mut before, mut after, mut around) = Default::default();
        for (t, cloud) in place.time.iter().zip(&place.cloud) {
            let before = Window::to(&mut before, &place.time, t - 720 * HOUR, t - 240 * HOUR);
            let after = Window::to(&mut after, &place.time, t + 240 * HOUR, t + 720 * HOUR);
            let around = Window::to(&mut around, &place.clear, t - 240 * HOUR, t + 240 * HOUR);
            if *cloud >= 1.0 {
                found(place, before, after, around);
            }
        }
    });
}

/// Rows, and the sums of the parts of ids.
type Totals = [i64; 3];

fn enumerated(s2: &Table, s1: &Table) -> Totals {
    let mut totals = [0; 3];
    sweep(s2, s1, |place, before, after, around| {
        for m in before {
            for p in after.clone() {
                for g in around.clone() {
                    // Each combination is there for a moment: the loop may not become a product.
                    black_box(g);
                    totals[0] += 1;
                    totals[1] += place.optical[m];
                    totals[2] += place.radar[p];
                }
            }
        }
    });
    totals
}

fn by_sums(s2: &Table, s1: &Table) -> Totals {
    let mut totals = [0; 3];
    let sum = |sums: &[i64], rows: &Range<usize>| sums[rows.end] - sums[rows.start];
    sweep(s2, s1, |place, before, after, around| {
        let [m, p, g] = [&before, &after, &around].map(|w| w.len() as i64);
        totals[0] += m * p * g;
        totals[1] += sum(&place.optical_sum, &before) * p * g;
        totals[2] += sum(&place.radar_sum, &after) * m * g;
    });
    totals
}

/// As [`by_sums`], but each window is asked of an R-tree of its place over time and cloud.
fn by_trees(s2: &Table, s1: &Table) -> Totals {
    type Tree = RTree<GeomWithData<[f64; 2], usize>>;
    let mut totals = [0; 3];
    places(s2, s1, |place| {
        let point =
            |k: usize, time: i64, cloud: f32| GeomWithData::new([time as f64, f64::from(cloud)], k);
        let times = place.time.iter().zip(&place.cloud).enumerate();
        let paired = Tree::bulk_load(times.map(|(k, (t, c))| point(k, *t, *c)).collect());
        let times = place.clear.iter().enumerate();
        let clear = Tree::bulk_load(times.map(|(k, t)| point(k, *t, 0.0)).collect());
        let sum = |tree: &Tree, from: i64, until: i64, values: &[i64]| {
            let box_ = AABB::from_corners([from as f64, 0.0], [until as f64, 100.0]);
            tree.locate_in_envelope(box_).fold((0, 0), |(n, sum), found| {
                (n + 1, sum + values.get(found.data).copied().unwrap_or(0))
            })
        };
        for (t, cloud) in place.time.iter().zip(&place.cloud) {
            if *cloud >= 1.0 {
                let (m, optical) = sum(&paired, t - 720 * HOUR, t - 240 * HOUR, &place.optical);
                let (p, radar) = sum(&paired, t + 240 * HOUR, t + 720 * HOUR, &place.radar);
                let (g, _) = sum(&clear, t - 240 * HOUR, t + 240 * HOUR, &[]);
                totals[0] += m * p * g;
                totals[1] += optical * p * g;
                totals[2] += radar * m * g;
            }
        }
    });
    totals
}

fn timed<T>(run: impl FnOnce() -> T) -> (T, f64) {
    let began = Instant::now();
    let found = run();
    (found, began.elapsed().as_secs_f64())
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().skip(1).find(|a| !a.starts_with('-')).map(PathBuf::from);
    let Some(folder) = folder else {
        println!("sweep: nothing to read; `make bench-layouts` gives it a folder");
        return Ok(());
    };
    let (tables, reading) = timed(|| {
        Ok::<_, Box<dyn Error>>((
            Table::read(&folder.join("s2.parquet"))?,
            Table::read(&folder.join("s1.parquet"))?,
        ))
    });
    let (s2, s1) = tables?;
    let (totals, listing) = timed(|| enumerated(black_box(&s2), black_box(&s1)));
    let (summed, summing) = timed(|| by_sums(black_box(&s2), black_box(&s1)));
    let (indexed, indexing) = timed(|| by_trees(black_box(&s2), black_box(&s1)));
    assert_eq!(totals, summed, "the two ways of counting disagree");
    assert_eq!(totals, indexed, "the R-trees count something else");
    println!("answer {} {} {}", totals[0], totals[1], totals[2]);
    println!("figure sweep_read {reading:.6} s");
    println!("figure sweep_os2_count_by_sums {summing:.6} s");
    println!("figure sweep_os2_count {listing:.6} s");
    println!("figure rtree_os2_count_by_sums {indexing:.6} s");
    Ok(())
}
