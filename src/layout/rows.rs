//! The batches of a query become sorted samples.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, StructArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, Schema, TimeUnit, TimestampMicrosecondType};

use super::{PatchRef, Role, Sample};
use crate::archive::Sensor;
use crate::error::{Error, Result};
use crate::geo::{Split, Splitter, Stamp};
use crate::limits;
use crate::sql::{Param, Session, is_patch, patch_field};

/// Slot of a patch that is not there, until [`Gatherer::finish`] has seen all rows.
const ABSENT: u32 = u32::MAX;

/// What a query gives.
pub(super) struct Collected {
    pub roles: Vec<Role>,
    pub rows: Vec<Sample>,
    /// Whether a column told some rows their use.
    pub told: bool,
}

/// Runs the query; equal samples are one, unless `repeats`.
pub(super) fn collect(
    session: &Session,
    sql: &str,
    params: &[(String, Param)],
    splitter: &Splitter,
    repeats: bool,
) -> Result<Collected> {
    let mut gatherer = Gatherer::new(splitter);
    let schema = session.stream(sql, params, &mut |batch| gatherer.take(&batch))?;
    gatherer.finish(&schema, repeats)
}

/// Reads samples off batches.
pub(super) struct Gatherer<'a> {
    splitter: &'a Splitter,
    tiles: BTreeSet<Arc<str>>,
    rows: Vec<Sample>,
    sensors: Vec<Option<Sensor>>,
    absent: Vec<u64>,
    told: bool,
}

impl<'a> Gatherer<'a> {
    pub fn new(splitter: &'a Splitter) -> Self {
        let (rows, sensors, absent) = (Vec::new(), Vec::new(), Vec::new());
        Self { splitter, tiles: BTreeSet::new(), rows, sensors, absent, told: false }
    }

    fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = Columns::of(batch)?;
        if self.rows.len() + batch.num_rows() > limits::SAMPLES_MAX {
            return Err(Error::usage(format!(
                "the layout gives more than {} samples",
                limits::SAMPLES_MAX
            ))
            .hint("narrow its windows, or draw some per place with per_place"));
        }
        for i in 0..batch.num_rows() {
            let sample = self.sample(&columns, i)?;
            self.rows.push(sample);
        }
        Ok(())
    }

    /// The samples of a batch, with the patches of these roles only.
    pub fn samples(&mut self, batch: &RecordBatch, roles: &[String]) -> Result<Vec<Sample>> {
        let columns = Columns::of(batch)?;
        let at = |name: &String| columns.roles.iter().position(|r| r.name == *name);
        let kept: Vec<usize> = roles.iter().filter_map(at).collect();
        let one = |i: usize| {
            let mut sample = self.sample(&columns, i)?;
            sample.patches = kept.iter().map(|k| sample.patches[*k]).collect();
            Ok(sample)
        };
        (0..batch.num_rows()).map(one).collect()
    }

    fn sample(&mut self, columns: &Columns, i: usize) -> Result<Sample> {
        if columns.tile.is_null(i) {
            return Err(Error::usage("a row of the layout has no tile"));
        }
        self.sensors.resize(columns.roles.len(), None);
        self.absent.resize(columns.roles.len(), 0);
        let tile = self.tile(columns.tile.value(i));
        let mut place = match (&columns.row, &columns.col) {
            (Some(r), Some(c)) if r.is_valid(i) && c.is_valid(i) => Some((r.value(i), c.value(i))),
            _ => None,
        };
        let mut patches = Vec::with_capacity(columns.roles.len());
        for (k, role) in columns.roles.iter().enumerate() {
            let Some(patch) = role.patch(i)? else {
                self.absent[k] += 1;
                patches.push(PatchRef { slot: ABSENT, row: 0, col: 0, time: Stamp(0) });
                continue;
            };
            let known = self.sensors[k].get_or_insert(patch.sensor);
            if *known != patch.sensor {
                return Err(Error::usage(format!("role {} mixes sensors", role.name))
                    .hint("select patches of one sensor into one column"));
            }
            // Row and column -1 are a whole scene: it lies at every place.
            let whole = patch.row < 0;
            let at = *place.get_or_insert(if whole { (0, 0) } else { (patch.row, patch.col) });
            if !whole && at != (patch.row, patch.col) {
                return Err(Error::usage(format!(
                    "role {} lies at row {}, column {}, its sample at row {}, column {} \
                     of tile {tile}",
                    role.name, patch.row, patch.col, at.0, at.1
                ))
                .hint("join the tables on cell"));
            }
            let index = |v: i64| if v < 0 { Ok(u32::MAX) } else { small(v) };
            let (row, col) = (index(patch.row)?, index(patch.col)?);
            patches.push(PatchRef { slot: small(patch.slot)?, row, col, time: Stamp(patch.time) });
        }
        let (row, col) = place.unwrap_or((0, 0));
        let (row, col) = (small(row)?, small(col)?);
        let split = match &columns.split {
            Some(s) if s.is_valid(i) => {
                self.told = true;
                named(s.value(i))?
            }
            _ => self.splitter.of(&tile, row, col),
        };
        Ok(Sample { tile, row, col, split, patches })
    }

    fn tile(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.tiles.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(name);
        self.tiles.insert(Arc::clone(&new));
        new
    }

    fn finish(mut self, schema: &Schema, repeats: bool) -> Result<Collected> {
        let names = role_names(schema)?;
        self.sensors.resize(names.len(), None);
        self.absent.resize(names.len(), 0);
        let total = self.rows.len() as u64;
        let (mut roles, mut kept) = (Vec::new(), Vec::new());
        for (k, name) in names.iter().enumerate() {
            let missing = self.absent[k];
            if missing > 0 && missing == total {
                continue;
            }
            if missing > 0 {
                let first = self.rows.iter().find(|s| s.patches[k].slot == ABSENT);
                let place = first.map_or_else(String::new, |s| {
                    format!(", first at tile {} row {} column {}", s.tile, s.row, s.col)
                });
                return Err(Error::usage(format!(
                    "role {name} has no patch in {missing} of {total} rows{place}"
                ))
                .hint("use JOIN instead of LEFT JOIN, or add WHERE … IS NOT NULL"));
            }
            roles.push(Role { name: name.clone(), sensor: sensor(name, self.sensors[k])? });
            kept.push(k);
        }
        if kept.len() < names.len() {
            for sample in &mut self.rows {
                sample.patches = kept.iter().map(|k| sample.patches[*k]).collect();
            }
        }
        if roles.is_empty() {
            return Err(Error::usage("no role of the layout has a patch in any row"));
        }
        self.rows.sort_unstable_by(order);
        if !repeats {
            let same = |a: &mut Sample, b: &mut Sample| {
                a.tile == b.tile && a.patches == b.patches && place(a) == place(b)
            };
            self.rows.dedup_by(same);
        }
        Ok(Collected { roles, rows: self.rows, told: self.told })
    }
}

fn place(s: &Sample) -> (u32, u32) {
    (s.row, s.col)
}

/// By tile, place and times; slots and the split only make the order total.
fn order(a: &Sample, b: &Sample) -> Ordering {
    let times = |s: &Sample| s.patches.iter().map(|p| p.time).collect::<Vec<_>>();
    let slots = |s: &Sample| s.patches.iter().map(|p| p.slot).collect::<Vec<_>>();
    (&a.tile, place(a))
        .cmp(&(&b.tile, place(b)))
        .then_with(|| times(a).cmp(&times(b)))
        .then_with(|| slots(a).cmp(&slots(b)))
        .then_with(|| a.split.name().cmp(b.split.name()))
}

pub(super) fn role_names(schema: &Schema) -> Result<Vec<String>> {
    let patches = schema.fields().iter().filter(|f| is_patch(f));
    let names: Vec<String> = patches.map(|f| f.name().clone()).collect();
    if names.is_empty() {
        return Err(Error::usage("the query has no column of type patch, so it is no layout")
            .hint("select patches as roles, for example t.patch AS s2_t"));
    }
    Ok(names)
}

/// The sensor that the rows show, or, without rows, that the name begins with.
fn sensor(role: &str, seen: Option<Sensor>) -> Result<Sensor> {
    seen.or_else(|| Sensor::parse(role.split('_').next().unwrap_or(role))).ok_or_else(|| {
        Error::usage(format!("role {role} has no rows, and its name does not tell its sensor"))
            .hint("begin the names of roles with s2_, s1_ or dem")
    })
}

pub(super) fn named(text: &str) -> Result<Split> {
    Split::parse(text).ok_or_else(|| {
        Error::usage(format!("'{text}' is no split"))
            .hint("the column split holds train, valid, test or buffer")
    })
}

fn small(value: i64) -> Result<u32> {
    u32::try_from(value)
        .ok()
        .filter(|v| *v != u32::MAX)
        .ok_or_else(|| Error::invalid(format!("{value} is no index of a patch")))
}

/// The columns of one batch that a sample is made of.
struct Columns {
    tile: StringArray,
    row: Option<Int64Array>,
    col: Option<Int64Array>,
    split: Option<StringArray>,
    roles: Vec<RoleColumn>,
}

impl Columns {
    fn of(batch: &RecordBatch) -> Result<Self> {
        let schema = batch.schema();
        let find = |name: &str, kind: &DataType| -> Result<Option<ArrayRef>> {
            let Some(column) = batch.column_by_name(name) else { return Ok(None) };
            let fits = cast(column, kind).map_err(|e| {
                Error::usage(format!("column {name} of the layout is not {kind}")).with_source(e)
            })?;
            Ok(Some(fits))
        };
        let tile = find("tile", &DataType::Utf8)?.ok_or_else(|| {
            Error::usage("the layout has no column tile").hint("add t.tile to its SELECT")
        })?;
        let whole = |a: ArrayRef| a.as_primitive::<Int64Type>().clone();
        role_names(&schema)?;
        let mut roles = Vec::new();
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            if is_patch(field) {
                roles.push(RoleColumn::of(field.name(), column)?);
            }
        }
        Ok(Self {
            tile: tile.as_string::<i32>().clone(),
            row: find("row", &DataType::Int64)?.map(whole),
            col: find("col", &DataType::Int64)?.map(whole),
            split: find("split", &DataType::Utf8)?.map(|a| a.as_string::<i32>().clone()),
            roles,
        })
    }
}

struct RoleColumn {
    name: String,
    column: StructArray,
    sensor: StringArray,
    numbers: [Int64Array; 4],
}

struct Patch {
    sensor: Sensor,
    slot: i64,
    row: i64,
    col: i64,
    time: i64,
}

impl RoleColumn {
    fn of(name: &str, column: &ArrayRef) -> Result<Self> {
        let fit = cast(column, patch_field(name).data_type())
            .map_err(|e| Error::usage(format!("role {name} is not a patch")).with_source(e))?;
        let column = fit.as_struct().clone();
        let part = |name: &str| {
            let found = column.column_by_name(name).cloned();
            found.ok_or_else(|| Error::internal("a patch without its parts"))
        };
        let number = |name: &str| -> Result<Int64Array> {
            let wide = cast(&part(name)?, &DataType::Int64)
                .map_err(|e| Error::internal("a patch without numbers").with_source(e))?;
            Ok(wide.as_primitive::<Int64Type>().clone())
        };
        let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
        let time = cast(&part("time")?, &micros)
            .map_err(|e| Error::internal("a patch without a time").with_source(e))?;
        let time = time.as_primitive::<TimestampMicrosecondType>().reinterpret_cast::<Int64Type>();
        Ok(Self {
            name: name.to_owned(),
            sensor: part("sensor")?.as_string::<i32>().clone(),
            numbers: [number("slot")?, number("row")?, number("col")?, time],
            column,
        })
    }

    fn patch(&self, i: usize) -> Result<Option<Patch>> {
        let [slot, row, col, time] = &self.numbers;
        if self.column.is_null(i) || slot.is_null(i) {
            return Ok(None);
        }
        let sensor = Sensor::parse(self.sensor.value(i)).ok_or_else(|| {
            Error::invalid(format!("role {}: no sensor '{}'", self.name, self.sensor.value(i)))
        })?;
        // Elevation has no time of its own.
        let time = if time.is_null(i) || sensor == Sensor::Dem { 0 } else { time.value(i) };
        let (slot, row, col) = (slot.value(i), row.value(i), col.value(i));
        Ok(Some(Patch { sensor, slot, row, col, time }))
    }
}
