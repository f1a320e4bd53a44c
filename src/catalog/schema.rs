//! Arrow schemas from the files of `schemas/`.

use std::sync::{Arc, OnceLock};

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use serde::Deserialize;

use crate::error::{Error, Result};

/// Key of a field's metadata under which Arrow keeps the name of an extension type.
pub const EXTENSION: &str = "ARROW:extension:name";
/// The extension type of a column of patches.
pub const PATCH_TYPE: &str = "eclaircie.patch";

const SCENES: &str = include_str!("../../schemas/scenes.json");
const PATCHES: &str = include_str!("../../schemas/patches.json");

/// A table of `schemas/`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    meaning: String,
    columns: Vec<Column>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    kind: Type,
    nullable: bool,
    meaning: String,
    /// For readers of the file alone, like `meaning`.
    #[serde(default, rename = "unit")]
    _unit: Option<String>,
    #[serde(default)]
    extension: Option<String>,
    #[serde(default)]
    columns: Vec<Column>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Type {
    Bool,
    Int32,
    Int64,
    Float64,
    Utf8,
    /// Microseconds, UTC.
    Timestamp,
    Struct,
}

/// The Arrow schema of a table file:
/// `{name, meaning, columns: [{name, type, nullable, meaning, unit?, extension?, columns?}]}`.
///
/// Types are `bool`, `int32`, `int64`, `float64`, `utf8`, `timestamp` (microseconds, UTC) and
/// `struct` with its own `columns`. Refuses unknown fields, empty meanings and a column named
/// twice.
pub fn schema(json: &str) -> Result<Schema> {
    let table: Table = serde_json::from_str(json)
        .map_err(|e| Error::invalid("reading the schema of a table").with_source(e))?;
    if table.meaning.trim().is_empty() {
        return Err(Error::invalid(format!("table {} has no meaning", table.name)));
    }
    Ok(Schema::new(fields(&table.name, table.columns)?))
}

fn fields(owner: &str, columns: Vec<Column>) -> Result<Fields> {
    let mut fields: Vec<Field> = Vec::with_capacity(columns.len());
    for column in columns {
        let name = format!("{owner}.{}", column.name);
        if fields.iter().any(|f| *f.name() == column.name) || column.meaning.trim().is_empty() {
            return Err(Error::invalid(format!("column {name} is there twice or has no meaning")));
        }
        if (column.kind == Type::Struct) == column.columns.is_empty() {
            return Err(Error::invalid(format!(
                "column {name} has columns and is no struct, or none"
            )));
        }
        let kind = match column.kind {
            Type::Bool => DataType::Boolean,
            Type::Int32 => DataType::Int32,
            Type::Int64 => DataType::Int64,
            Type::Float64 => DataType::Float64,
            Type::Utf8 => DataType::Utf8,
            Type::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Type::Struct => DataType::Struct(self::fields(&name, column.columns)?),
        };
        let field = Field::new(column.name, kind, column.nullable);
        fields.push(match column.extension {
            Some(extension) => {
                field.with_metadata([(EXTENSION.to_owned(), extension)].into_iter().collect())
            }
            None => field,
        });
    }
    Ok(fields.into())
}

/// The schema of `scenes.parquet` (`schemas/scenes.json`).
pub fn scenes_schema() -> Result<SchemaRef> {
    static ONCE: OnceLock<SchemaRef> = OnceLock::new();
    once(&ONCE, SCENES)
}

/// The schema of a patch table (`schemas/patches.json`).
pub fn patches_schema() -> Result<SchemaRef> {
    static ONCE: OnceLock<SchemaRef> = OnceLock::new();
    once(&ONCE, PATCHES)
}

fn once(cell: &OnceLock<SchemaRef>, json: &str) -> Result<SchemaRef> {
    match cell.get() {
        Some(known) => Ok(known.clone()),
        None => {
            let new = Arc::new(schema(json)?);
            Ok(cell.get_or_init(|| new).clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_column_carries_its_extension_type() {
        let patches = patches_schema().unwrap();
        let patch = patches.field_with_name("patch").unwrap();
        assert_eq!(patch.metadata()[EXTENSION], PATCH_TYPE);
        assert!(matches!(patch.data_type(), DataType::Struct(f) if f.len() == 5));
        assert_eq!(scenes_schema().unwrap().fields().len(), 14);
    }

    #[test]
    fn a_faulty_schema_is_refused() {
        let table = |c: &str| format!(r#"{{"name": "t", "meaning": "m", "columns": [{c}]}}"#);
        let good = r#"{"name": "a", "type": "bool", "nullable": true, "meaning": "m"}"#;
        assert!(schema(&table(good)).is_ok());
        for bad in [
            format!("{good}, {good}"),
            good.replace("bool", "int128"),
            good.replace("bool", "struct"),
            good.replace(r#""m""#, r#"" ""#),
            good.replace("}", r#", "more": 1}"#),
        ] {
            assert!(schema(&table(&bad)).is_err(), "{bad}");
        }
    }
}
