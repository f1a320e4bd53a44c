//! The column type *patch*: one cell of the patch grid in one scene, never its pixels.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;

use crate::catalog::{EXTENSION, PATCH_TYPE};

const WORDS: [&str; 5] = ["sensor", "slot", "row", "col", "time"];
/// What a patch may carry besides: which row of its table it is, and the name of its scene.
const IDENTITY: [&str; 2] = ["id", "scene"];

/// Instants, in microseconds UTC.
pub(super) fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Times and texts as instants. Refuses a text that is no time, instead of making it empty.
pub(super) fn to_instants(values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(values, &instant(), &strict)
}

/// Storage of the type: sensor, slot along the time axis, row and column (-1: the whole scene),
/// time.
pub(crate) fn patch_fields() -> Fields {
    Fields::from(vec![
        Field::new("sensor", DataType::Utf8, true),
        Field::new("slot", DataType::Int32, true),
        Field::new("row", DataType::Int32, true),
        Field::new("col", DataType::Int32, true),
        Field::new("time", instant(), true),
    ])
}

/// A nullable column of type patch.
pub(crate) fn patch_field(name: &str) -> Field {
    let marks = HashMap::from([(EXTENSION.to_owned(), PATCH_TYPE.to_owned())]);
    Field::new(name, DataType::Struct(patch_fields()), true).with_metadata(marks)
}

/// Whether a column is of type patch: by the shape of its struct, since joins and windows may lose
/// marks.
pub(crate) fn is_patch(field: &Field) -> bool {
    let DataType::Struct(fields) = field.data_type() else { return false };
    let has = |word: &str| fields.iter().any(|f| f.name() == word);
    let more = IDENTITY.into_iter().filter(|w| has(w)).count();
    WORDS.into_iter().all(has) && fields.len() == WORDS.len() + more
}

/// The same columns, every patch column with its mark.
pub(super) fn mark(schema: &SchemaRef) -> SchemaRef {
    let field = |f: &FieldRef| {
        if !is_patch(f) {
            return Arc::clone(f);
        }
        let mut marks = f.metadata().clone();
        marks.insert(EXTENSION.to_owned(), PATCH_TYPE.to_owned());
        Arc::new(f.as_ref().clone().with_metadata(marks))
    };
    let fields: Fields = schema.fields().iter().map(field).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}
