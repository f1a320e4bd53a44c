//! The samples of a layout as a Parquet file, written as they are found.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, StructArray,
};
use arrow::buffer::NullBuffer;
use arrow::compute::{cast, nullif, take_record_batch};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::chosen::Chosen;
use super::counted::counted;
use super::rows::{named, role_names};
use super::{Draw, Layout};
use crate::catalog::{from_parquet, schema};
use crate::error::{Error, Result};
use crate::geo::Splitter;
use crate::sql::{Session, is_patch, patch_field};
use crate::store::Pending;

const COLUMNS: &str = include_str!("../../schemas/samples.json");
/// Columns that every file begins with.
const FIRST: [&str; 4] = ["tile", "row", "col", "split"];

impl Layout {
    /// Writes the rows of the query, in the order in which they are found: the columns of
    /// `schemas/samples.json`, for every role its patch and beside it `<role>_id` and
    /// `<role>_scene`, then the other columns of the query. Returns the number of rows.
    ///
    /// The tables must have been registered with [`Session::with_identity`]. Holds a few batches,
    /// whatever the number of rows. The file is published whole or not at all.
    pub(crate) fn export(&self, session: &Session, splitter: &Splitter, to: &Path) -> Result<u64> {
        self.write(session, splitter, to, &self.hash(), None)
    }

    /// As [`Layout::export`], of the samples that `draw` leaves: those that training would get. A
    /// sample that comes twice is written twice. Runs the query a second time, and holds all
    /// samples while it draws. The file's digest covers the draw.
    pub(crate) fn export_drawn(
        &self,
        session: &Session,
        splitter: &Splitter,
        draw: &Draw,
        to: &Path,
    ) -> Result<u64> {
        let samples = self.samples(session, splitter)?.drawn(draw);
        let chosen = Some(Chosen::of(&samples));
        self.write(session, splitter, to, &samples.query_hash, chosen)
    }

    fn write(
        &self,
        session: &Session,
        splitter: &Splitter,
        to: &Path,
        query: &str,
        mut chosen: Option<Chosen>,
    ) -> Result<u64> {
        let pending = Pending::new(to)?;
        let mut shape = Shape { splitter, splits: HashMap::new() };
        let (mut writer, mut rows) = (None, 0u64);
        let columns = session
            .stream(&self.sql, &self.params, &mut |batch| {
                let batch = match &mut chosen {
                    Some(chosen) => {
                        take_record_batch(&batch, &chosen.rows(&batch)?).map_err(unfit)?
                    }
                    None => batch,
                };
                let batch = shape.rows(&batch)?;
                rows += batch.num_rows() as u64;
                if writer.is_none() {
                    writer = Some(self.writer(pending.create()?, &batch.schema(), query)?);
                }
                match writer.as_mut() {
                    Some(w) => w.write(&batch).map_err(unwritten),
                    None => Err(Error::internal("no file to write to")),
                }
            })
            .map_err(|e| e.context(format!("running layout {}", self.name)))?;
        if let Some(n) = chosen.map(|c| c.missing()).filter(|n| *n > 0) {
            return Err(Error::internal(format!("{n} drawn samples were not found again")));
        }
        let writer = match writer {
            Some(writer) => writer,
            // A file without rows still has its columns.
            None => {
                let empty = shape.rows(&RecordBatch::new_empty(columns))?;
                self.writer(pending.create()?, &empty.schema(), query)?
            }
        };
        writer.close().map_err(unwritten)?;
        pending.commit()?;
        Ok(rows)
    }

    fn writer(&self, file: File, schema: &SchemaRef, query: &str) -> Result<ArrowWriter<File>> {
        let level = ZstdLevel::try_new(1).map_err(unwritten)?;
        let about =
            [("eclaircie.layout", self.name.clone()), ("eclaircie.query", query.to_owned())];
        let about = about.map(|(k, v)| KeyValue::new(k.to_owned(), v)).to_vec();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_key_value_metadata(Some(about))
            .build();
        ArrowWriter::try_new(file, Arc::clone(schema), Some(properties)).map_err(unwritten)
    }
}

/// Turns the rows of a query into those of the file.
struct Shape<'a> {
    splitter: &'a Splitter,
    /// The split of every place seen so far: there are few places and many rows.
    splits: HashMap<String, HashMap<(i64, i64), &'static str>>,
}

impl Shape<'_> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let from = batch.schema();
        role_names(&from)?;
        let mut fields: Vec<FieldRef> = schema(COLUMNS)?.fields().iter().cloned().collect();
        let mut columns = self.place(batch, &fields)?;
        let patches = from.fields().iter().zip(batch.columns());
        for (field, column) in patches.clone().filter(|(f, _)| is_patch(f)) {
            for (field, column) in role(field.name(), column)? {
                fields.push(field);
                columns.push(column);
            }
        }
        for (field, column) in patches {
            if !is_patch(field) && !fields.iter().any(|f| f.name() == field.name()) {
                fields.push(Arc::clone(field));
                columns.push(Arc::clone(column));
            }
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(unfit)
    }

    /// Tile, row, column and split.
    fn place(&mut self, batch: &RecordBatch, fields: &[FieldRef]) -> Result<Vec<ArrayRef>> {
        let column = |at: usize| -> Result<ArrayRef> {
            let (name, kind) = (FIRST[at], fields[at].data_type());
            let found = batch.column_by_name(name).ok_or_else(|| {
                Error::usage(format!("the layout has no column {name}"))
                    .hint(format!("add t.{name} to its SELECT"))
            })?;
            let fit = cast(found, kind).map_err(unfit)?;
            match fit.null_count() {
                0 => Ok(fit),
                n => {
                    let rows = counted(n as u64, "row");
                    Err(Error::usage(format!("the layout has {rows} without {name}")))
                }
            }
        };
        let (tile, row, col) = (column(0)?, column(1)?, column(2)?);
        let given = batch.column_by_name("split").map(|c| cast(c, &DataType::Utf8).map_err(unfit));
        let given = given.transpose()?;
        let (tiles, rows, cols) = (tile.as_string::<i32>(), wide(&row)?, wide(&col)?);
        let mut splits = Vec::with_capacity(batch.num_rows());
        for i in 0..batch.num_rows() {
            splits.push(match given.as_ref().map(|g| g.as_string::<i32>()) {
                Some(given) if given.is_valid(i) => named(given.value(i))?.name(),
                _ => self.split(tiles.value(i), rows.value(i), cols.value(i)),
            });
        }
        let split: ArrayRef = Arc::new(StringArray::from(splits));
        Ok(vec![tile, row, col, split])
    }

    fn split(&mut self, tile: &str, row: i64, col: i64) -> &'static str {
        if !self.splits.contains_key(tile) {
            self.splits.insert(tile.to_owned(), HashMap::new());
        }
        let index = |v: i64| u32::try_from(v).unwrap_or(0);
        let draw = || self.splitter.of(tile, index(row), index(col)).name();
        match self.splits.get_mut(tile) {
            Some(places) => places.entry((row, col)).or_insert_with(draw),
            None => draw(),
        }
    }
}

fn wide(column: &ArrayRef) -> Result<Int64Array> {
    Ok(cast(column, &DataType::Int64).map_err(unfit)?.as_primitive::<Int64Type>().clone())
}

/// The patch of a role, and what tells other programs which image it is.
fn role(name: &str, column: &ArrayRef) -> Result<Vec<(FieldRef, ArrayRef)>> {
    let parts = column.as_struct();
    let field = patch_field(name);
    let DataType::Struct(words) = field.data_type() else {
        return Err(Error::internal("a patch is no struct"));
    };
    let mut kept = Vec::with_capacity(words.len());
    for word in words {
        let part = parts.column_by_name(word.name());
        let part = part.ok_or_else(|| Error::internal("a patch without its parts"))?;
        kept.push(cast(part, word.data_type()).map_err(unfit)?);
    }
    let patch = StructArray::try_new(words.clone(), kept, parts.nulls().cloned());
    let mut all: Vec<(FieldRef, ArrayRef)> =
        vec![(Arc::new(field), Arc::new(patch.map_err(unfit)?))];
    if let Some(id) = parts.column_by_name("id") {
        // A table that does not name its scenes has none but the id.
        let scene = parts.column_by_name("scene").unwrap_or(id);
        for (word, part, kind) in [("id", id, DataType::Int64), ("scene", scene, DataType::Utf8)] {
            let flat = cast(&masked(part, parts.nulls())?, &kind).map_err(unfit)?;
            all.push((Arc::new(Field::new(format!("{name}_{word}"), kind, true)), flat));
        }
    }
    Ok(all)
}

/// A part of a struct, empty where the struct is.
fn masked(part: &ArrayRef, nulls: Option<&NullBuffer>) -> Result<ArrayRef> {
    let Some(nulls) = nulls else { return Ok(Arc::clone(part)) };
    let absent = BooleanArray::new(!nulls.inner(), None);
    nullif(part, &absent).map_err(unfit)
}

fn unfit(error: ArrowError) -> Error {
    Error::usage("the rows of the layout do not fit a file of samples").with_source(error)
}

fn unwritten(error: ParquetError) -> Error {
    from_parquet("writing samples as Parquet", error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixture::{Patch, session};

    /// A session over files of an id, a place, a time and a name.
    fn tables(patches: &[Patch], names: bool) -> (Session, tempfile::TempDir) {
        let (full, folder) = session(patches);
        let mut fresh = Session::new(64 << 20).unwrap().with_identity();
        for (table, cloud) in [("s2", ", cloud_percent"), ("s1", "")] {
            let scene = if names { ", scene" } else { "" };
            let sql = format!(
                "SELECT id + 70 AS id, tile, row, col, cell, time, valid{cloud}{scene} FROM {table}"
            );
            let path = folder.path().join(format!("{table}.parquet"));
            full.query(&sql, &[]).unwrap().to_parquet(&path).unwrap();
            fresh = fresh.with_table(table, &path).unwrap();
        }
        (fresh.with_empty_dem().unwrap(), folder)
    }

    fn patches() -> Vec<Patch> {
        let here = [Patch::s2(0, 0.0, 50.0), Patch::s2(1, 24.0, 0.0), Patch::s1(0, 1.0)];
        here.map(|p| p.at(1, 2)).to_vec()
    }

    fn csv(folder: &tempfile::TempDir, path: &Path, columns: &str) -> String {
        let session = Session::new(64 << 20).unwrap().with_table("mine", path).unwrap();
        assert!(folder.path().exists());
        let sql = format!("SELECT {columns} FROM mine");
        session.query(&sql, &[]).unwrap().to_csv().unwrap()
    }

    #[test]
    fn every_role_has_the_id_and_scene_of_its_image_beside_its_patch() {
        let (session, folder) = tables(&patches(), true);
        let path = folder.path().join("out.parquet");
        let layout = Layout::open("ssop").unwrap();
        assert_eq!(layout.export(&session, &Splitter::default(), &path).unwrap(), 1);
        let columns = "tile, row, col, s2_t_id, s1_t_id, s2_target_id, s2_t_scene, s1_t_scene, \
                       s2_target_scene, dem_id, dem_scene, cloud_percent";
        let got = csv(&folder, &path, columns);
        assert!(got.ends_with("\n31TEJ,1,2,70,70,71,s2-000,s1-000,s2-001,,,50.0\n"), "{got}");
        // And it is a layout again.
        let again = Session::new(64 << 20).unwrap().with_table("mine", &path).unwrap();
        let mine = Layout::parse("mine", "SELECT * FROM mine").unwrap();
        let samples = mine.samples(&again, &Splitter::default()).unwrap();
        assert_eq!((samples.roles.len(), samples.rows.len()), (3, 1));
        let split = Splitter::default().of("31TEJ", 1, 2);
        assert_eq!(samples.rows[0].split, split);
    }

    #[test]
    fn without_names_the_scene_is_the_id_and_without_rows_there_are_still_columns() {
        let (session, folder) = tables(&patches(), false);
        let path = folder.path().join("out.parquet");
        let mut layout = Layout::open("ssop").unwrap();
        layout.export(&session, &Splitter::default(), &path).unwrap();
        assert_eq!(csv(&folder, &path, "s2_target_scene"), "s2_target_scene\n71\n");
        layout.set(&["cloud_min=99".into()]).unwrap();
        assert_eq!(layout.export(&session, &Splitter::default(), &path).unwrap(), 0);
        let columns = "split, s2_t, s2_t_id, s2_target_scene";
        assert_eq!(csv(&folder, &path, columns), "split,s2_t,s2_t_id,s2_target_scene\n");
    }

    #[test]
    fn repeats_of_compatible_mode_are_written() {
        let mut all = patches();
        all.push(Patch { scene: "twin".into(), ..Patch::s2(9, 0.0, 50.0).invalid().at(1, 2) });
        let (session, folder) = tables(&all, true);
        let path = folder.path().join("out.parquet");
        let layout = Layout::open("ssop").unwrap().compat();
        assert_eq!(layout.export(&session, &Splitter::default(), &path).unwrap(), 2);
        assert_eq!(csv(&folder, &path, "s2_t_scene"), "s2_t_scene\ns2-000\ns2-000\n");
    }

    #[test]
    fn a_draw_exports_the_samples_that_it_draws() {
        // Cloudy dates in spring and summer, each with a clear one and radar beside it.
        let hours = [0.0, 30.0, 60.0, 90.0, 2_900.0];
        let mut all = Vec::new();
        for (i, hour) in (0i32..).zip(hours) {
            all.push(Patch::s2(2 * i, hour, 50.0).at(1, 2));
            all.push(Patch::s2(2 * i + 1, hour + 1.0, 0.0).at(1, 2));
            all.push(Patch::s1(i, hour).at(1, 2));
        }
        let (session, folder) = tables(&all, true);
        let (path, splitter) = (folder.path().join("out.parquet"), Splitter::default());
        let layout = Layout::open("ssop").unwrap();
        let balance = Some(crate::layout::Balance::Season);
        for draw in [
            Draw { per_place: Some(3), seed: 1, ..Draw::default() },
            Draw { per_place: Some(3), seed: 2, ..Draw::default() },
            Draw { balance, seed: 1, ..Draw::default() },
            Draw { per_place: Some(7), balance, seed: 1 },
        ] {
            let samples = layout.samples(&session, &splitter).unwrap().drawn(&draw);
            let rows = layout.export_drawn(&session, &splitter, &draw, &path).unwrap();
            assert_eq!(rows, samples.rows.len() as u64, "{draw:?}");
            let mut want: Vec<String> = samples
                .rows
                .iter()
                .map(|s| format!("{},{}", s.patches[0].slot, s.patches[2].slot))
                .collect();
            want.sort();
            let csv = csv(&folder, &path, "s2_t['slot'] AS t, s2_target['slot'] AS target");
            let mut got: Vec<&str> = csv.lines().skip(1).collect();
            got.sort_unstable();
            assert_eq!(got, want, "{draw:?}");
            let digest = std::fs::read(&path).unwrap();
            let digest = String::from_utf8_lossy(&digest).contains(&samples.query_hash);
            assert!(digest, "{draw:?}");
        }
        // The rare season repeats.
        let twice = layout.samples(&session, &splitter).unwrap();
        let drawn = twice.clone().drawn(&Draw { balance, ..Draw::default() });
        let summer = |s: &crate::layout::Samples| {
            s.rows.iter().filter(|r| s.season(r).name() == "summer").count()
        };
        assert!(summer(&drawn) > summer(&twice), "{}", summer(&drawn));
    }

    #[test]
    fn a_query_that_is_no_layout_leaves_no_file() {
        let (session, folder) = tables(&patches(), true);
        let path = folder.path().join("out.parquet");
        let layout = Layout::parse("x", "SELECT tile, row, col FROM s2").unwrap();
        let error = layout.export(&session, &Splitter::default(), &path).unwrap_err();
        assert!(error.to_string().contains("no column of type patch"), "{error}");
        assert!(!path.exists());
    }
}
