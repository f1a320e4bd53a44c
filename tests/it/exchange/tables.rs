//! Arrow and Parquet.

use std::fs::File;
use std::io::Cursor;
use std::path::Path;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Float64Type, Int16Type, TimestampMicrosecondType, UInt16Type};
use arrow::ipc::reader::{FileReader, StreamReader};
use eclaircie::{ShardForm, Target};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::archive::{entries, write, write_changed};

fn one(batches: Vec<RecordBatch>) -> RecordBatch {
    concat_batches(&batches[0].schema(), &batches).unwrap()
}

pub fn arrow_file(path: &Path) -> RecordBatch {
    let reader = FileReader::try_new(File::open(path).unwrap(), None).unwrap();
    one(reader.map(Result::unwrap).collect())
}

pub fn arrow_stream(bytes: &[u8]) -> RecordBatch {
    let mut cursor = Cursor::new(bytes);
    let batches = StreamReader::try_new(&mut cursor, None).unwrap().map(Result::unwrap).collect();
    assert_eq!(cursor.position(), bytes.len() as u64, "bytes after the end of the stream");
    one(batches)
}

fn parquet_file(path: &Path) -> RecordBatch {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    // The batches of this reader do not know the metadata of the file.
    let schema = builder.schema().clone();
    let rows = one(builder.build().unwrap().map(Result::unwrap).collect());
    RecordBatch::try_new(schema, rows.columns().to_vec()).unwrap()
}

#[test]
fn an_arrow_file_has_the_stored_integers_and_what_is_known_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.arrow");
    assert_eq!(
        write(ShardForm::Arrow, &Target::File(path.clone()), 1, 20),
        [("shard-000000.arrow".to_owned(), 20)]
    );
    let (rows, expected) = (arrow_file(&path), entries(20));
    let column = |name: &str| rows.column_by_name(name).unwrap_or_else(|| panic!("no {name}"));
    for (i, entry) in expected.iter().enumerate() {
        assert_eq!(column("sample").as_string::<i32>().value(i), entry.name);
        let time = column("s2_t_time").as_primitive::<TimestampMicrosecondType>().value(i);
        assert_eq!(Some(time), entry.images[0].time.map(|t| t.0));
        assert!(column("s2_target_scene").as_string::<i32>().value(i).starts_with("s2-"));
        assert!(column("s1_t_ascending").as_boolean().value(i));
        let corners = entry.corners.unwrap();
        assert_eq!(column("ul_lon").as_primitive::<Float64Type>().value(i), corners[0]);
        assert!(corners[0] < corners[2] && corners[1] > corners[3]);
        let radar = column("s1_t").as_fixed_size_list().value(i);
        let radar = radar.as_primitive::<UInt16Type>().values().inner().as_slice().to_vec();
        assert_eq!(radar, entry.pixels[2].bytes());
        let coarse = column("s2_20m_target").as_fixed_size_list().value(i);
        let coarse = coarse.as_primitive::<Int16Type>().values().inner().as_slice().to_vec();
        assert_eq!(coarse, entry.pixels[4].bytes());
    }
    let schema = rows.schema();
    let field = schema.field_with_name("s2_20m_t").unwrap();
    assert_eq!(field.metadata()["ARROW:extension:name"], "arrow.fixed_shape_tensor");
    let shape: serde_json::Value =
        serde_json::from_str(&field.metadata()["ARROW:extension:metadata"]).unwrap();
    assert_eq!(shape["shape"], serde_json::json!([6, 32, 32]));
    assert_eq!(schema.metadata()["eclaircie.layout"], "ssop");
    assert_eq!(schema.metadata()["eclaircie.seed"], "7");
    let tensors: serde_json::Value =
        serde_json::from_str(&schema.metadata()["eclaircie.tensors"]).unwrap();
    assert_eq!(tensors[0]["bands"], serde_json::json!(["B02", "B03", "B04", "B08"]));
    assert_eq!(tensors[0]["nodata"], -10_000);
}

#[test]
fn a_stream_and_parquet_have_the_rows_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (a, p) = (folder.path().join("a.arrow"), folder.path().join("a.parquet"));
    write(ShardForm::Arrow, &Target::File(a.clone()), 1, 32);
    write(ShardForm::Parquet, &Target::File(p.clone()), 1, 32);
    let file = arrow_file(&a);
    let piped = write_changed(ShardForm::ArrowStream, &Target::Pipe, 1, 32, |_, _| Ok(()));
    assert_eq!(arrow_stream(&piped.unwrap().1), file);
    let parquet = parquet_file(&p);
    assert_eq!(parquet.schema().fields(), file.schema().fields());
    let word = |rows: &RecordBatch| rows.schema().metadata()["eclaircie.tensors"].clone();
    assert_eq!(word(&parquet), word(&file));
    assert_eq!(parquet.columns(), file.columns());
}

#[test]
fn without_samples_there_are_still_columns() {
    let piped = write_changed(ShardForm::ArrowStream, &Target::Pipe, 1, 0, |_, _| Ok(()));
    let bytes = piped.unwrap().1;
    let reader = StreamReader::try_new(Cursor::new(bytes), None).unwrap();
    assert!(reader.schema().field_with_name("s2_target").is_ok());
    assert_eq!(reader.count(), 0);
}
