//! When each place was clear.

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, TimestampMicrosecondType};

use crate::archive::Archive;
use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::geo::Stamp;
use crate::limits;
use crate::sql::Session;

/// A patch counts as clear up to this share of cloud, percent.
const CLEAR: f64 = 5.0;

/// The clear dates of every place, sorted.
pub(super) struct ClearDates(BTreeMap<(String, i32, i32), Vec<Stamp>>);

impl ClearDates {
    /// Asks the catalog.
    pub(super) fn of(archive: &Archive) -> Result<Self> {
        let catalog = Catalog::open(archive)?;
        let session = Session::new(limits::MEMORY_DEFAULT)?.with_catalog(&catalog)?;
        let sql = format!(
            "SELECT CAST(tile AS VARCHAR) AS tile, CAST(row AS INT) AS row, CAST(col AS INT) AS col, \
             CAST(time AS TIMESTAMP(6)) AS time FROM s2 \
             WHERE valid AND cloud_percent <= {CLEAR} ORDER BY tile, row, col, time"
        );
        let mut all: BTreeMap<_, Vec<Stamp>> = BTreeMap::new();
        for batch in session.query(&sql, &[])?.batches {
            let missing = || Error::internal("the catalog's answer has other columns");
            add(&mut all, &batch).ok_or_else(missing)?;
        }
        Ok(Self(all))
    }

    /// Days from `time` to the nearest clear date, the date `but` left out.
    pub(super) fn days(
        &self,
        tile: &str,
        row: u32,
        col: u32,
        time: Stamp,
        but: Stamp,
    ) -> Option<f64> {
        let dates = self.0.get(&(tile.to_owned(), row as i32, col as i32))?;
        let days = dates.iter().filter(|t| **t != but).map(|t| t.days_since(time).abs());
        days.min_by(f64::total_cmp)
    }
}

fn add(all: &mut BTreeMap<(String, i32, i32), Vec<Stamp>>, batch: &RecordBatch) -> Option<()> {
    let tiles = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8).ok()?;
    let tiles = tiles.as_string_opt::<i32>()?;
    let rows = batch.column(1).as_primitive_opt::<Int32Type>()?;
    let columns = batch.column(2).as_primitive_opt::<Int32Type>()?;
    let times = batch.column(3).as_primitive_opt::<TimestampMicrosecondType>()?;
    for i in 0..batch.num_rows() {
        let place = (tiles.value(i).to_owned(), rows.value(i), columns.value(i));
        all.entry(place).or_default().push(Stamp(times.value(i)));
    }
    Some(())
}
