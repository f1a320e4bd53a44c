//! Samples as a table, with the columns of `schemas/samples.json` and one more for every role.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int32Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{FieldRef, Schema, SchemaRef};

use super::{PatchRef, Sample, Samples};
use crate::catalog::schema;
use crate::error::{Error, Result};
use crate::sql::{Answer, patch_field, patch_fields};

const COLUMNS: &str = include_str!("../../schemas/samples.json");

impl Samples {
    /// The samples as rows; written as Parquet and registered as a table they are a layout again.
    pub fn to_answer(&self) -> Result<Answer> {
        let mut fields: Vec<FieldRef> = schema(COLUMNS)?.fields().iter().cloned().collect();
        let text = |f: &dyn Fn(&Sample) -> String| -> ArrayRef {
            Arc::new(self.rows.iter().map(|s| Some(f(s))).collect::<StringArray>())
        };
        let mut columns = vec![
            text(&|s| s.tile.to_string()),
            self.index(|s| s.row),
            self.index(|s| s.col),
            text(&|s| s.split.name().to_owned()),
        ];
        for (k, role) in self.roles.iter().enumerate() {
            let patch = |s: &Sample| s.patches.get(k).copied();
            let number = |f: fn(PatchRef) -> u32| self.index(move |s| patch(s).map_or(0, f));
            let times = self.rows.iter().map(|s| patch(s).map(|p| p.time.0));
            let time = TimestampMicrosecondArray::from_iter(times).with_timezone("UTC");
            let parts: Vec<ArrayRef> = vec![
                text(&|_| role.sensor.name().to_owned()),
                number(|p| p.slot),
                number(|p| p.row),
                number(|p| p.col),
                Arc::new(time),
            ];
            let column = StructArray::try_new(patch_fields(), parts, None).map_err(unfit)?;
            fields.push(Arc::new(patch_field(&role.name)));
            columns.push(Arc::new(column));
        }
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(unfit)?;
        Ok(Answer { schema, batches: vec![batch] })
    }

    /// The index of a whole scene, `u32::MAX`, becomes -1.
    fn index(&self, f: impl Fn(&Sample) -> u32) -> ArrayRef {
        let signed = |s| i32::try_from(f(s)).unwrap_or(-1);
        Arc::new(self.rows.iter().map(|s| Some(signed(s))).collect::<Int32Array>())
    }
}

fn unfit(error: arrow::error::ArrowError) -> Error {
    Error::internal("samples do not fit their columns").with_source(error)
}

#[cfg(test)]
mod tests {
    use crate::geo::{Split, Splitter};
    use crate::layout::Layout;
    use crate::sql::fixture::{Patch, session};

    #[test]
    fn exported_samples_are_a_layout_with_the_same_samples_and_splits() {
        let all = [
            Patch::s2(0, 0.0, 50.0).at(1, 2),
            Patch::s2(1, 24.0, 0.0).at(1, 2),
            Patch::s1(0, 1.0).at(1, 2),
        ];
        let (session, folder) = session(&all);
        let mut samples =
            Layout::open("ssop").unwrap().samples(&session, &Splitter::default()).unwrap();
        samples.rows[0].split = Split::Buffer;
        let path = folder.path().join("samples.parquet");
        samples.to_answer().unwrap().to_parquet(&path).unwrap();
        let session = session.with_table("mine", &path).unwrap();
        let layout = Layout::parse("mine", "SELECT * FROM mine").unwrap();
        let again = layout.samples(&session, &Splitter::default()).unwrap();
        assert_eq!(again.roles, samples.roles);
        let (a, b) = (&again.rows[0], &samples.rows[0]);
        assert_eq!((a.row, a.col, a.split, &a.patches), (1, 2, Split::Buffer, &b.patches));
        assert_eq!(again.rows.len(), 1);
    }
}
