//! What a layout expects of a table of patches that came from a file of the user.

use std::path::Path;
use std::sync::Arc;

use arrow::array::Array;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::util::display::array_value_to_string;
use datafusion::catalog::TableProvider;

use super::band::as_parquet;
use super::parquet_table::Keys;
use super::{Session, parquet_file};
use crate::archive::Sensor;
use crate::catalog::patches_schema;
use crate::error::{Error, Result, While};
use crate::store::hash;

/// A table `s2`, `s1` or `dem` as its file is.
pub(super) struct OwnTable {
    pub sensor: Sensor,
    pub table: Arc<dyn TableProvider>,
}

/// Columns whose types are looked at, with what makes the right one of a wrong one.
const COLUMNS: [&str; 9] =
    ["id", "tile", "row", "col", "cell", "time", "slot", "cloud_percent", "valid"];

impl OwnTable {
    pub fn check(&self, session: &Session) -> Result<()> {
        self.check_types()?;
        self.check_keys(session)
    }

    fn name(&self) -> &'static str {
        self.sensor.name()
    }

    /// Refuses columns of types that a layout cannot compare, all of them at once.
    fn check_types(&self) -> Result<()> {
        let (found, expected) = (self.table.schema(), patches_schema()?);
        let (mut wrong, mut mended) = (Vec::new(), Vec::new());
        for column in COLUMNS {
            let Some((is, should)) = types(&found, &expected, column) else { continue };
            if fits(column, &is) {
                continue;
            }
            wrong.push(format!("column {column} is {is}, expected {}", word(&should)));
            mended.push(format!("{} AS {column}", cast(column, &is, &should)));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let name = self.name();
        Err(Error::usage(format!("table {name}: {}", wrong.join("; "))).hint(format!(
            "write the file anew: eclaircie sql --table raw=FILE \"SELECT * REPLACE ({}) FROM raw\" \
             --to {name}.parquet",
            mended.join(", ")
        )))
    }

    /// Refuses two rows with the same `cell` and `id`.
    fn check_keys(&self, session: &Session) -> Result<()> {
        let schema = self.table.schema();
        let (Ok(cell), Ok(id)) = (schema.index_of("cell"), schema.index_of("id")) else {
            // A query that needs them says so.
            return Ok(());
        };
        let file = as_parquet(self.table.as_ref());
        let keys = file.map_or(Keys::Unknown, |file| match file.keys(cell, id) {
            Keys::Unknown if file.is_unique(id) => Keys::Unique,
            keys => keys,
        });
        match keys {
            Keys::Unique => Ok(()),
            Keys::Doubled(cell, id) => Err(self.doubled(&cell.to_string(), &id.to_string())),
            Keys::Unknown => self.group_keys(session),
        }
    }

    /// Looks for a doubled key with the engine, which may write aside what it cannot hold.
    fn group_keys(&self, session: &Session) -> Result<()> {
        let sql = format!(
            "SELECT cell, id FROM {} GROUP BY cell, id HAVING count(*) > 1 LIMIT 1",
            self.name()
        );
        let doing = || format!("looking for doubled keys in table {}", self.name());
        let answer = session.query(&sql, &[]).during(doing)?;
        let Some(batch) = answer.batches.iter().find(|b| b.num_rows() > 0) else { return Ok(()) };
        let text = |column: usize| match batch.column(column) {
            empty if empty.is_null(0) => "empty".to_owned(),
            values => array_value_to_string(values, 0).unwrap_or_default(),
        };
        Err(self.doubled(&text(0), &text(1)))
    }

    fn doubled(&self, cell: &str, id: &str) -> Error {
        let name = self.name();
        Error::usage(format!("table {name} has two rows with cell {cell} and id {id}")).hint(
            "an image has one row for each place, and an id that no other image there has: leave \
             out the doubles with SELECT DISTINCT, or number the rows with row_number() OVER () AS id",
        )
    }
}

fn types(found: &SchemaRef, expected: &SchemaRef, column: &str) -> Option<(DataType, DataType)> {
    let of = |schema: &SchemaRef| Some(schema.field_with_name(column).ok()?.data_type().clone());
    Some((of(found)?, of(expected)?))
}

/// Whether a layout can use a column of this type as it is.
fn fits(column: &str, kind: &DataType) -> bool {
    let text = |kind: &DataType| match kind {
        DataType::Dictionary(_, value) => value.is_string(),
        other => other.is_string(),
    };
    match column {
        "time" => matches!(kind, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64),
        "cloud_percent" => kind.is_numeric(),
        "valid" => *kind == DataType::Boolean,
        // Names and places are only compared with each other.
        "tile" | "cell" => kind.is_integer() || text(kind),
        _ => kind.is_integer(),
    }
}

/// A type in the words of the schemas.
fn word(kind: &DataType) -> &'static str {
    match kind {
        DataType::Utf8 => "text (utf8)",
        DataType::Boolean => "true or false (bool)",
        DataType::Float64 => "a number (float64)",
        DataType::Timestamp(..) => "a time (timestamp)",
        _ => "a whole number (int)",
    }
}

/// SQL that makes the right type.
fn cast(column: &str, is: &DataType, should: &DataType) -> String {
    match should {
        DataType::Timestamp(..) if is.is_numeric() => format!("to_timestamp({column})"),
        DataType::Timestamp(..) => format!("CAST({column} AS TIMESTAMP)"),
        DataType::Utf8 => format!("CAST({column} AS TEXT)"),
        DataType::Boolean => format!("CAST({column} AS BOOLEAN)"),
        DataType::Float64 => format!("CAST({column} AS DOUBLE)"),
        _ => format!("CAST({column} AS BIGINT)"),
    }
}

/// A digest of a Parquet file, or of those of a folder: names in it do not count, bytes do.
pub(crate) fn digest(file: &Path) -> Result<String> {
    let mut files = if file.is_dir() { parquet_file::inside(file)? } else { vec![file.to_owned()] };
    files.sort();
    let mut all = blake3::Hasher::new();
    for file in files {
        all.update(hash(&file)?.as_bytes());
    }
    Ok(all.finalize().to_hex()[..32].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::sql::fixture::{Patch, session};

    /// What is said of a table s2 that a query over the fixture makes.
    fn check(select: &str) -> Result<()> {
        let patches: Vec<Patch> =
            (0..6).map(|i| Patch::s2(i, f64::from(i), 5.0).at(0, i % 2)).collect();
        let (full, folder) = session(&patches);
        let path = folder.path().join("own.parquet");
        full.query(select, &[]).unwrap().to_parquet(&path).unwrap();
        let fresh = Session::new(64 << 20).unwrap().with_table("s2", &path).unwrap();
        fresh.check_own_tables()
    }

    const PLAIN: &str = "SELECT id, tile, row, col, cell, time, cloud_percent, valid FROM s2";

    #[test]
    fn a_key_that_comes_twice_is_named_in_a_file_of_any_order() {
        for order in ["cell, id", "id", "id DESC", "cell DESC"] {
            check(&format!("{PLAIN} ORDER BY {order}")).unwrap();
            // Ids need only be unique within their place.
            let within = PLAIN.replace("id,", "slot / 2 AS id,");
            check(&format!("{within} ORDER BY {order}")).unwrap();
            let doubled = PLAIN.replace("id,", "slot % 4 AS id,");
            let error = check(&format!("{doubled} ORDER BY {order}")).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage);
            let text = error.to_string();
            assert!(text.contains("table s2 has two rows with cell"), "{order}: {text}");
            let known = ["cell 0 and id 0", "cell 1 and id 1"];
            assert!(known.iter().any(|k| text.ends_with(k)), "{order}: {text}");
            assert!(error.advice().contains("row_number()"), "{}", error.advice());
        }
    }

    #[test]
    fn keys_of_other_types_and_empty_ones_are_compared_too() {
        check(&PLAIN.replace("cell,", "CAST(cell AS TEXT) AS cell,")).unwrap();
        let both = PLAIN.replace("id,", "NULL AS id,").replace("NULL", "CAST(NULL AS INT)");
        let text = check(&both).unwrap_err().to_string();
        assert!(text.contains("id empty"), "{text}");
        // Without a key there is nothing to compare; a query that needs it says so.
        check("SELECT tile, row, col, time FROM s2").unwrap();
    }

    #[test]
    fn a_column_of_a_wrong_type_is_named_with_what_is_expected_and_how_to_get_it() {
        let wrong = PLAIN
            .replace("time,", "CAST(time AS TEXT) AS time,")
            .replace("cloud_percent,", "CAST(cloud_percent AS TEXT) AS cloud_percent,")
            .replace("valid ", "CAST(valid AS INT) AS valid ");
        let error = check(&wrong).unwrap_err();
        assert_eq!(
            error.to_string(),
            "table s2: column time is Utf8, expected a time (timestamp); column cloud_percent is \
             Utf8, expected a number (float64); column valid is Int32, expected true or false (bool)"
        );
        let advice = "SELECT * REPLACE (CAST(time AS TIMESTAMP) AS time, \
                      CAST(cloud_percent AS DOUBLE) AS cloud_percent, \
                      CAST(valid AS BOOLEAN) AS valid) FROM raw";
        assert!(error.advice().contains(advice), "{}", error.advice());
    }

    #[test]
    fn the_advice_for_wrong_types_makes_a_table_that_fits() {
        let patches = [Patch::s2(0, 0.0, 5.0)];
        let (full, folder) = session(&patches);
        let raw = folder.path().join("raw.parquet");
        let wrong = "SELECT id, tile, row, col, cell, CAST(epoch(time) AS BIGINT) AS time, \
                     CAST(cloud_percent AS TEXT) AS cloud_percent, CAST(valid AS INT) AS valid FROM s2";
        full.query(wrong, &[]).unwrap().to_parquet(&raw).unwrap();
        let open = |name: &str, file: &Path| {
            Session::new(64 << 20).unwrap().with_table(name, file).unwrap()
        };
        let error = open("s2", &raw).check_own_tables().unwrap_err();
        let advice = error.advice().to_owned();
        let sql = advice.split('"').nth(1).unwrap();
        let mended = folder.path().join("s2.parquet");
        open("raw", &raw).query(sql, &[]).unwrap().to_parquet(&mended).unwrap();
        open("s2", &mended).check_own_tables().unwrap();
        let time = open("s2", &mended).query("SELECT time FROM s2", &[]).unwrap();
        assert!(time.to_csv().unwrap().contains("2020-03-01T10:30:00"));
    }
}
