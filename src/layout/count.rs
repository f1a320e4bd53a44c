//! How many samples a layout finds, without holding them.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};

use super::rows::{named, role_names};
use super::{Layout, Samples};
use crate::error::{Error, Result};
use crate::geo::{Split, Splitter};
use crate::sql::{Session, is_drawn};

/// Rows of a layout by tile and split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Patch columns of the query.
    pub roles: Vec<String>,
    /// Rows by tile and split.
    pub rows: BTreeMap<(String, &'static str), u64>,
}

impl Counts {
    /// All rows.
    pub fn total(&self) -> u64 {
        self.rows.values().sum()
    }
}

impl Samples {
    /// These samples by tile and split.
    pub fn counts(&self) -> Counts {
        tally(self.roles.iter().map(|r| r.name.clone()).collect(), self)
    }
}

impl Layout {
    /// Counts the rows of the query by place, and gives every place its split. Reads no column that
    /// the count does not need; a query that gives equal rows counts each of them.
    pub fn count(&self, session: &Session, splitter: &Splitter) -> Result<Counts> {
        let doing = |e: Error| e.context(format!("counting layout {}", self.name));
        // Planned by itself first: an error names the lines of the layout, not of what counts it.
        let schema = session.columns(&self.sql, &self.params).map_err(doing)?;
        let roles = role_names(&schema)?;
        let mut keys = vec!["tile", "row", "col"];
        if schema.field_with_name("split").is_ok() {
            keys.push("split");
        }
        let placed = keys.iter().all(|k| schema.field_with_name(k).is_ok());
        if !placed || is_drawn(&self.sql, &self.params)? {
            // The place is known only from the patches themselves, or the draw only from the answer.
            return Ok(tally(roles, &self.samples(session, splitter)?));
        }
        let (keys, statement) = (keys.join(", "), self.statement());
        let sql = format!(
            "SELECT {keys}, count(*) AS samples FROM ({statement}\n) AS sample\nGROUP BY {keys}"
        );
        let mut rows = BTreeMap::new();
        session
            .stream(&sql, &self.params, &mut |batch| add(&batch, splitter, &mut rows))
            .map_err(doing)?;
        Ok(Counts { roles, rows })
    }
}

fn tally(roles: Vec<String>, samples: &Samples) -> Counts {
    let mut rows = BTreeMap::new();
    for sample in &samples.rows {
        *rows.entry((sample.tile.to_string(), sample.split.name())).or_default() += 1;
    }
    Counts { roles, rows }
}

fn add(
    batch: &RecordBatch,
    splitter: &Splitter,
    rows: &mut BTreeMap<(String, &'static str), u64>,
) -> Result<()> {
    let column = |name: &str, kind: DataType| -> Result<ArrayRef> {
        let found = batch.column_by_name(name);
        let found = found.ok_or_else(|| Error::internal("a count without its places"))?;
        cast(found, &kind)
            .map_err(|e| Error::usage(format!("column {name} is not {kind}")).with_source(e))
    };
    let (tiles, n) = (column("tile", DataType::Utf8)?, column("samples", DataType::Int64)?);
    let (tiles, n) = (tiles.as_string::<i32>(), n.as_primitive::<Int64Type>());
    let (row, col) = (column("row", DataType::Int64)?, column("col", DataType::Int64)?);
    let (row, col) = (row.as_primitive::<Int64Type>(), col.as_primitive::<Int64Type>());
    let splits = batch.column_by_name("split").map(|_| column("split", DataType::Utf8));
    let splits = splits.transpose()?;
    for i in 0..batch.num_rows() {
        let tile = tiles.value(i);
        let index = |v: i64| u32::try_from(v).unwrap_or(0);
        let split: Split = match splits.as_ref().map(|s| s.as_string::<i32>()) {
            Some(split) if split.is_valid(i) => named(split.value(i))?,
            _ => splitter.of(tile, index(row.value(i)), index(col.value(i))),
        };
        let count = u64::try_from(n.value(i)).unwrap_or(0);
        *rows.entry((tile.to_owned(), split.name())).or_default() += count;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixture::{Patch, session};

    #[test]
    fn a_count_is_the_number_of_samples_by_split_whatever_columns_the_query_has() {
        let all = [Patch::s2(0, 0.0, 5.0), Patch::s2(1, 1.0, 5.0), Patch::s2(2, 1.0, 5.0).at(0, 9)];
        let (session, _folder) = session(&all);
        let splitter = Splitter::default();
        let here = splitter.of("31TEJ", 0, 0).name();
        for columns in ["tile, row, col", "tile", "row, tile"] {
            let sql = format!("SELECT {columns}, patch AS s2_t FROM s2");
            let counts = Layout::parse("x", &sql).unwrap().count(&session, &splitter).unwrap();
            assert_eq!((counts.total(), counts.roles), (3, vec!["s2_t".to_owned()]), "{columns}");
            assert!(counts.rows[&("31TEJ".to_owned(), here)] >= 2);
        }
        let sql = "SELECT tile, row, col, 'test' AS split, patch AS s2_t FROM s2;";
        let counts = Layout::parse("x", sql).unwrap().count(&session, &splitter).unwrap();
        assert_eq!(counts.rows, BTreeMap::from([(("31TEJ".to_owned(), "test"), 3)]));
        let none = Layout::parse("x", "SELECT tile FROM s2").unwrap().count(&session, &splitter);
        assert!(none.unwrap_err().to_string().contains("no column of type patch"));
    }

    #[test]
    fn an_error_names_the_line_of_the_layout_not_of_the_query_around_it() {
        let (session, _folder) = session(&[Patch::s2(0, 0.0, 5.0)]);
        let head = "-- x: a test.\nSELECT tile, row, col, time, patch AS s2_t\nFROM s2\n";
        for (end, wanted) in [
            ("WHRE valid", "did you mean WHERE instead of WHRE (line 4, column 1)"),
            ("WHERE cloudpercent < 5", "(line 4, column 7); did you mean 'cloud_percent'"),
            ("WHERE to_hour(id) = 1", "(line 4, column 7); did you mean 'to_hours'"),
        ] {
            let layout = Layout::parse("x", &format!("{head}{end}")).unwrap();
            let error = layout.count(&session, &Splitter::default()).unwrap_err();
            assert!(error.to_string().contains(wanted), "{end}: {error}");
            // Where another query stands around the layout, its own syntax is read before.
            let around = [layout.compat(), layout.within("s1")];
            for around in around.iter().filter(|_| end.starts_with("WHERE")) {
                let error = around.count(&session, &Splitter::default()).unwrap_err();
                assert!(error.to_string().contains(wanted), "{end}: {error}");
            }
        }
    }

    #[test]
    fn a_draw_at_the_end_of_a_layout_is_counted() {
        let all = [Patch::s2(0, 0.0, 5.0), Patch::s2(1, 1.0, 5.0), Patch::s2(2, 1.0, 5.0).at(0, 9)];
        let (session, _folder) = session(&all);
        let sql = "SELECT tile, row, col, cell, patch AS s2_t FROM s2 LIMIT 1 PER cell SEED 1";
        let layout = Layout::parse("x", sql).unwrap();
        assert_eq!(layout.count(&session, &Splitter::default()).unwrap().total(), 2);
    }
}
