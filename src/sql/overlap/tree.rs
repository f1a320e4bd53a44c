//! The right side of an overlap join: its rows, and an R-tree over their ranges.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::Result;
use datafusion::execution::memory_pool::MemoryReservation;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::ranges::MOST;

type Corner = [f64; MOST];
type Entry = GeomWithData<Rectangle<Corner>, u32>;

/// Bytes that the tree takes for a row, its inner nodes included.
pub(super) const ROW_BYTES: usize = 2 * size_of::<Entry>();

/// Rows and their index.
#[derive(Debug)]
pub(super) struct Indexed {
    pub rows: RecordBatch,
    tree: RTree<Entry>,
    /// Memory that both were counted with.
    held: Option<MemoryReservation>,
}

impl Indexed {
    /// `ranges` are low and high ends of every row. A row that lacks one is in no range.
    pub fn new(rows: RecordBatch, ranges: &[(ArrayRef, ArrayRef)]) -> Result<Self> {
        let intervals = Intervals::new(ranges)?;
        let entry = |row: usize| {
            let (low, high) = intervals.of(row)?;
            Some(Entry::new(Rectangle::from_corners(low, high), row as u32))
        };
        let entries = (0..rows.num_rows()).filter_map(entry).collect();
        Ok(Self { rows, tree: RTree::bulk_load(entries), held: None })
    }

    /// Keeps the memory that it was counted with as long as it lives.
    pub fn holding(mut self, held: MemoryReservation) -> Self {
        self.held = Some(held);
        self
    }

    /// Rows whose ranges touch a box, in no order.
    pub fn touched(&self, low: Corner, high: Corner) -> impl Iterator<Item = u32> + '_ {
        let wanted = AABB::from_corners(low, high);
        self.tree.locate_in_envelope_intersecting(wanted).map(|entry| entry.data)
    }
}

/// One end of a range, for every row.
type Ends = Vec<Option<f64>>;

/// Ranges of rows as floats, widened so that rounding loses nothing.
pub(super) struct Intervals {
    ends: Vec<(Ends, Ends)>,
}

impl Intervals {
    pub fn new(ranges: &[(ArrayRef, ArrayRef)]) -> Result<Self> {
        let end = |values: &ArrayRef, widen: fn(f64) -> f64, open: f64| -> Result<Vec<_>> {
            let floats = as_floats(values)?;
            let floats = floats.as_primitive::<Float64Type>();
            // What is no number compares as the engine says: it may be in any range.
            let wide = |v: f64| if v.is_nan() { open } else { widen(v) };
            Ok(floats.iter().map(|v| v.map(wide)).collect())
        };
        let both = |(low, high): &(ArrayRef, ArrayRef)| {
            Ok((end(low, f64::next_down, f64::MIN)?, end(high, f64::next_up, f64::MAX)?))
        };
        Ok(Self { ends: ranges.iter().map(both).collect::<Result<_>>()? })
    }

    /// The corners of one row.
    pub fn of(&self, row: usize) -> Option<(Corner, Corner)> {
        let (mut low, mut high) = ([0.0; MOST], [0.0; MOST]);
        for (axis, (lows, highs)) in self.ends.iter().enumerate() {
            low[axis] = lows[row]?.max(f64::MIN);
            high[axis] = highs[row]?.min(f64::MAX);
        }
        Some((low, high))
    }
}

fn as_floats(values: &ArrayRef) -> Result<ArrayRef> {
    let kind = values.data_type();
    let whole = match kind {
        DataType::Date32 | DataType::Time32(_) => cast(values, &DataType::Int32)?,
        k if k.is_temporal() => cast(values, &DataType::Int64)?,
        _ => ArrayRef::clone(values),
    };
    Ok(cast(&whole, &DataType::Float64)?)
}
