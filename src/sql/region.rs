//! A table of places that rows are kept at.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;

use super::Session;
use crate::error::{Error, Result, While};

/// Columns that hold a place, on both sides.
const PLACE: [&str; 3] = ["tile", "row", "col"];
/// Tiles of each side that an error names.
const TOLD: usize = 5;

impl Session {
    /// Refuses a region whose places no row of `s2` shows, or that has no places: a query within it
    /// would find nothing without a word. Reads the places of both tables.
    pub(crate) fn check_region(&self, region: &str) -> Result<()> {
        let tables = self.tables();
        for (name, schema) in tables.iter().filter(|(n, _)| n == region || n == "s2") {
            if let Some(missing) = PLACE.into_iter().find(|c| schema.index_of(c).is_err()) {
                let what = format!("table {name} has no column {missing}, so no region fits it");
                return Err(Error::usage(what).hint(
                    "both the region and s2 need tile, row and col, the position of a patch in \
                     its tile counted from 0",
                ));
            }
        }
        let looking = || "looking for the places of the region";
        let both = format!(
            "SELECT count(*) AS n FROM (SELECT DISTINCT tile, row, col FROM {region}) AS r \
             WHERE EXISTS (SELECT 1 FROM s2 WHERE s2.tile = r.tile AND s2.row = r.row AND s2.col = r.col)"
        );
        if self.number(&both).during(looking)? > 0 {
            return Ok(());
        }
        let count = |table: &str| {
            self.number(&format!(
                "SELECT count(*) AS n FROM (SELECT DISTINCT tile, row, col FROM {table})"
            ))
        };
        let (places, shown) = (count(region).during(looking)?, count("s2").during(looking)?);
        let text = format!(
            "the region touches no place of s2: it has {places} ({}), s2 has {shown} ({})",
            self.tiles(region)?,
            self.tiles("s2")?
        );
        Err(Error::usage(text).hint(
            "write tiles as s2 does, and row and col as positions of patches, counted from 0 at \
             the top left of the tile",
        ))
    }

    fn number(&self, sql: &str) -> Result<i64> {
        let answer = self.query(sql, &[])?;
        let batch = answer.batches.iter().find(|b| b.num_rows() > 0);
        let number = batch.and_then(|b| b.column(0).as_primitive_opt::<Int64Type>());
        number.map(|n| n.value(0)).ok_or_else(|| Error::internal("a count without a number"))
    }

    /// The tiles of a table in words, with the rows and columns that it has.
    fn tiles(&self, table: &str) -> Result<String> {
        let sql = format!(
            "SELECT CAST(tile AS TEXT) || ' rows ' || min(row) || ' to ' || max(row) || ', columns ' \
             || min(col) || ' to ' || max(col) AS t FROM {table} GROUP BY tile ORDER BY 1 LIMIT {}",
            TOLD + 1
        );
        let csv = self.query(&sql, &[])?.to_csv()?;
        let mut tiles: Vec<&str> = csv.lines().skip(1).map(|l| l.trim_matches('"')).collect();
        if tiles.len() > TOLD {
            tiles[TOLD] = "…";
        }
        Ok(if tiles.is_empty() { "empty".to_owned() } else { tiles.join("; ") })
    }
}

#[cfg(test)]
mod tests {
    use crate::sql::Session;
    use crate::sql::fixture::{Patch, session};

    fn region(select: &str) -> crate::error::Result<()> {
        let (session, folder) = session(&[Patch::s2(0, 0.0, 5.0).at(2, 3)]);
        let path = folder.path().join("roi.parquet");
        session.query(select, &[]).unwrap().to_parquet(&path).unwrap();
        let session: Session = session.with_table("roi", &path).unwrap();
        session.check_region("roi")
    }

    #[test]
    fn a_region_that_touches_nothing_says_where_it_is_and_where_the_table_is() {
        region("SELECT '31TEJ' AS tile, 2 AS row, 3 AS col").unwrap();
        let error = region("SELECT 'T31TEJ' AS tile, 2 AS row, 3 AS col").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("T31TEJ rows 2 to 2, columns 3 to 3"), "{text}");
        assert!(text.contains("s2 has 1 (31TEJ rows 2 to 2"), "{text}");
        let none = region("SELECT tile, row, col FROM s2 WHERE false").unwrap_err().to_string();
        assert!(none.contains("it has 0 (empty)"), "{none}");
    }

    #[test]
    fn a_region_without_coordinates_is_refused_by_the_name_of_the_column() {
        let error = region("SELECT '31TEJ' AS tile, 2 AS row").unwrap_err();
        assert!(error.to_string().contains("table roi has no column col"), "{error}");
    }
}
