//! In what order the rows of Parquet files come, found by reading the columns that decide it.

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{cast, partition, take_arrays};
use arrow::datatypes::{DataType, Int64Type, SchemaRef};
use arrow::row::{OwnedRow, RowConverter, SortField};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};

/// Rows that are read at once.
const ROWS: usize = 1 << 16;

/// An order of rows, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RowOrder {
    /// None that helps: places go up and down, or a value is missing.
    Any,
    /// Ascending by place.
    Places,
    /// Ascending by place, and within a place another column only grows: no two rows agree in both.
    Strict,
}

impl RowOrder {
    /// The order of all rows of some files, read one after the other, by the columns of the place and
    /// another one. The work is shared among the cores by row groups. None where a file cannot be read.
    pub fn find(
        files: &[PathBuf],
        schema: &SchemaRef,
        place: &[usize],
        then: Option<usize>,
    ) -> Option<Self> {
        let mut groups = Vec::new();
        for file in files {
            let about = ArrowReaderMetadata::load(&File::open(file).ok()?, Default::default());
            let about = about.ok()?;
            let count = about.metadata().num_row_groups();
            groups.extend((0..count).map(|group| Group { file, about: about.clone(), group }));
        }
        let columns: Vec<usize> = place.iter().copied().chain(then).collect();
        let field = |c: &usize| SortField::new(schema.field(*c).data_type().clone());
        let fields: Vec<SortField> = place.iter().map(field).collect();
        let (next, lost) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = || -> Option<Vec<(usize, Stretch)>> {
            let converter = RowConverter::new(fields.clone()).ok()?;
            let mut done = Vec::new();
            while !lost.load(Ordering::Relaxed) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(group) = groups.get(number) else { break };
                let Some(stretch) = group.stretch(schema, &columns, place.len(), &converter)?
                else {
                    continue;
                };
                // One row out of order is enough for all.
                lost.fetch_or(stretch.order == Self::Any, Ordering::Relaxed);
                done.push((number, stretch));
            }
            Some(done)
        };
        let threads = thread::available_parallelism().map_or(1, usize::from).min(groups.len());
        let found = thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|w| w.join().ok().flatten()).collect::<Option<Vec<_>>>()
        })?;
        if lost.load(Ordering::Relaxed) {
            return Some(Self::Any);
        }
        let mut all: Vec<(usize, Stretch)> = found.into_iter().flatten().collect();
        all.sort_by_key(|(number, _)| *number);
        let whole = all.into_iter().map(|(_, stretch)| stretch).reduce(Stretch::join);
        Some(whole.map_or(Self::Strict, |s| s.order))
    }
}

/// Some columns of a file, in the order asked for; all of its rows, or those of one row group.
pub(super) fn columns(
    file: &PathBuf,
    about: Option<(&ArrowReaderMetadata, usize)>,
    schema: &SchemaRef,
    columns: &[usize],
) -> Option<impl Iterator<Item = Option<RecordBatch>> + use<>> {
    let opened = File::open(file).ok()?;
    let builder = match about {
        Some((about, group)) => {
            ParquetRecordBatchReaderBuilder::new_with_metadata(opened, about.clone())
                .with_row_groups(vec![group])
        }
        None => ParquetRecordBatchReaderBuilder::try_new(opened).ok()?,
    };
    let place = |c: &usize| builder.schema().index_of(schema.field(*c).name()).ok();
    let places: Vec<usize> = columns.iter().map(place).collect::<Option<_>>()?;
    // A reader gives columns in the order of the file.
    let mut sorted = places.clone();
    sorted.sort_unstable();
    let order: Vec<usize> =
        places.iter().map(|p| sorted.iter().position(|s| s == p)).collect::<Option<_>>()?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), places);
    let reader: ParquetRecordBatchReader =
        builder.with_projection(mask).with_batch_size(ROWS).build().ok()?;
    Some(reader.map(move |batch| batch.ok()?.project(&order).ok()))
}

/// Integers of any width, dates and times as whole numbers.
pub(super) fn whole_numbers(values: &ArrayRef) -> Option<ArrayRef> {
    let kind = values.data_type();
    let whole = (kind.is_integer() && *kind != DataType::UInt64) || kind.is_temporal();
    let values = match kind {
        DataType::Date32 | DataType::Time32(_) => cast(values, &DataType::Int32).ok()?,
        _ => ArrayRef::clone(values),
    };
    whole.then(|| cast(&values, &DataType::Int64).ok()).flatten()
}

/// A row group of a file.
struct Group<'a> {
    file: &'a PathBuf,
    about: ArrowReaderMetadata,
    group: usize,
}

impl Group<'_> {
    /// Its rows; an empty one has none. None on the outside where it cannot be read.
    fn stretch(
        &self,
        schema: &SchemaRef,
        wanted: &[usize],
        keys: usize,
        converter: &RowConverter,
    ) -> Option<Option<Stretch>> {
        let mut whole: Option<Stretch> = None;
        for batch in columns(self.file, Some((&self.about, self.group)), schema, wanted)? {
            let batch = batch?;
            if batch.num_rows() > 0 {
                let next = Stretch::of(batch.columns(), keys, converter)?;
                whole = Some(match whole {
                    Some(before) => before.join(next),
                    None => next,
                });
            }
        }
        Some(whole)
    }
}

/// Rows that follow each other.
struct Stretch {
    first: End,
    last: End,
    order: RowOrder,
}

/// The first or last row of a stretch.
struct End {
    place: OwnedRow,
    then: Option<i64>,
}

impl Stretch {
    /// Some rows, of which the first `keys` columns are the place. There is at least one row.
    fn of(columns: &[ArrayRef], keys: usize, converter: &RowConverter) -> Option<Self> {
        let (places, then) = columns.split_at_checked(keys)?;
        let runs = partition(places).ok()?.ranges();
        let heads: UInt32Array = runs.iter().map(|r| r.start as u32).collect();
        let heads = converter.convert_columns(&take_arrays(places, &heads, None).ok()?).ok()?;
        let then = match then.first() {
            Some(values) => Some(whole_numbers(values)?),
            None => None,
        };
        let then = then.as_ref().map(|v| v.as_primitive::<Int64Type>().values());
        let end = |run: usize, row: usize| End {
            place: heads.row(run).owned(),
            then: then.and_then(|v| v.get(row).copied()),
        };
        let rows = columns.first()?.len();
        let mut order = RowOrder::Strict;
        if columns.iter().any(|c| c.null_count() > 0)
            || (1..heads.num_rows()).any(|k| heads.row(k - 1) >= heads.row(k))
        {
            order = RowOrder::Any;
        } else if then.is_none_or(|v| !runs.iter().all(|r| v[r.clone()].is_sorted_by(|a, b| a < b)))
        {
            order = RowOrder::Places;
        }
        let last = runs.len().checked_sub(1)?;
        Some(Self { first: end(0, 0), last: end(last, rows - 1), order })
    }

    /// Both, one after the other.
    fn join(self, next: Self) -> Self {
        let seam = match self.last.place.cmp(&next.first.place) {
            std::cmp::Ordering::Less => RowOrder::Strict,
            std::cmp::Ordering::Greater => RowOrder::Any,
            std::cmp::Ordering::Equal if self.last.then < next.first.then => RowOrder::Strict,
            std::cmp::Ordering::Equal => RowOrder::Places,
        };
        let order = self.order.min(next.order).min(seam);
        Self { first: self.first, last: next.last, order }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int32Array, TimestampSecondArray};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;

    use super::*;

    /// The order of rows (cell, time) of a file with row groups of two.
    fn order(rows: &[(i32, Option<i64>)], then: Option<usize>) -> RowOrder {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.parquet");
        let cells: Int32Array = rows.iter().map(|r| Some(r.0)).collect();
        let times: TimestampSecondArray = rows.iter().map(|r| r.1).collect();
        let columns: Vec<(&str, ArrayRef)> =
            vec![("time", Arc::new(times)), ("cell", Arc::new(cells))];
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(n, c)| (n, c, true)),
        )
        .unwrap();
        let small = WriterProperties::builder().set_max_row_group_row_count(Some(2)).build();
        let file = File::create(&path).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(small)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        RowOrder::find(std::slice::from_ref(&path), &batch.schema(), &[1], then).unwrap()
    }

    #[test]
    fn an_order_is_as_strong_as_its_weakest_pair_of_rows_also_between_row_groups() {
        use RowOrder::{Any, Places, Strict};
        let at = |cell, time| (cell, Some(time));
        let good = [at(1, 5), at(1, 7), at(1, 9), at(2, 1), at(3, 1), at(3, 4), at(3, 6)];
        assert_eq!(order(&good, Some(0)), Strict);
        assert_eq!(order(&good, None), Places);
        assert_eq!(order(&[], Some(0)), Strict);
        // Inside a row group, and across the border of two.
        for row in [1, 2, 5, 6] {
            let mut twice = good;
            twice[row] = twice[row - 1];
            assert_eq!(order(&twice, Some(0)), Places, "{row}");
        }
        for row in [3, 4] {
            let mut back = good;
            back[row].0 = 0;
            assert_eq!(order(&back, Some(0)), Any, "{row}");
            assert_eq!(order(&back, None), Any, "{row}");
        }
        let mut empty = good;
        empty[4].1 = None;
        assert_eq!((order(&empty, Some(0)), order(&empty, None)), (Any, Places));
    }
}
