//! Rows of one block: columns that are gathered only when they are read.

use std::sync::{Arc, OnceLock};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array};
use arrow::compute::{cast, prep_null_mask_filter, take};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, internal_datafusion_err};

/// Columns that share one choice of rows.
#[derive(Debug, Clone)]
struct Part {
    columns: Arc<Vec<Option<ArrayRef>>>,
    /// The chosen rows; all, in order, if there is none. An empty place is an empty row.
    choice: Option<Arc<Choice>>,
}

/// Some rows, and the columns that were gathered by them: several steps ask for the same ones.
#[derive(Debug)]
struct Choice {
    rows: UInt32Array,
    gathered: Vec<OnceLock<ArrayRef>>,
}

impl Part {
    fn all(columns: Vec<Option<ArrayRef>>) -> Self {
        Self { columns: Arc::new(columns), choice: None }
    }

    fn choose(&mut self, rows: &UInt32Array) -> Result<()> {
        let rows = match &self.choice {
            Some(choice) => take(&choice.rows, rows, None)?.as_primitive().clone(),
            None => rows.clone(),
        };
        let gathered = self.columns.iter().map(|_| OnceLock::new()).collect();
        self.choice = Some(Arc::new(Choice { rows, gathered }));
        Ok(())
    }

    fn column(&self, number: usize) -> Result<Option<ArrayRef>> {
        let (Some(column), Some(choice)) = (&self.columns[number], &self.choice) else {
            return Ok(self.columns[number].clone());
        };
        if let Some(known) = choice.gathered[number].get() {
            return Ok(Some(Arc::clone(known)));
        }
        let values = take(column, &choice.rows, None)?;
        Ok(Some(Arc::clone(choice.gathered[number].get_or_init(|| values))))
    }
}

/// Rows grouped by place.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    /// Where the rows of each place begin; one more entry than places.
    pub offsets: Arc<Vec<u32>>,
    parts: Vec<Part>,
    /// Part and position of every column.
    columns: Vec<(usize, usize)>,
}

impl Rows {
    /// Rows as they are.
    pub fn new(columns: Vec<Option<ArrayRef>>, offsets: Vec<u32>) -> Self {
        let places = (0..columns.len()).map(|c| (0, c)).collect();
        let parts = vec![Part::all(columns)];
        Self { offsets: Arc::new(offsets), parts, columns: places }
    }

    pub fn len(&self) -> usize {
        self.offsets.last().map_or(0, |n| *n as usize)
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    pub fn places(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// First row of a place and the one after its last.
    pub fn of(&self, place: usize) -> (usize, usize) {
        (self.offsets[place] as usize, self.offsets[place + 1] as usize)
    }

    /// Whether a column was read from its table.
    pub fn is_read(&self, number: usize) -> bool {
        let (part, at) = self.columns[number];
        self.parts[part].columns[at].is_some()
    }

    /// One column, gathered.
    pub fn column(&self, number: usize) -> Result<ArrayRef> {
        let (part, at) = self.columns[number];
        self.parts[part]
            .column(at)?
            .ok_or_else(|| internal_datafusion_err!("column {number} of a band join was not read"))
    }

    /// A column as whole units, `factor` to a step; `None` marks empty values.
    pub fn units(&self, number: usize, factor: i64) -> Result<Units> {
        let column = self.column(number)?;
        let plain = match column.data_type() {
            // A time zone says how to print an instant, not which it is.
            DataType::Timestamp(_, _) => {
                let bare = column.as_ref().to_data().into_builder().data_type(DataType::Int64);
                arrow::array::make_array(bare.build()?)
            }
            DataType::Date32 => cast(&cast(&column, &DataType::Int32)?, &DataType::Int64)?,
            _ => cast(&column, &DataType::Int64)?,
        };
        let plain = plain.as_primitive::<Int64Type>();
        let nulls = plain.nulls().filter(|n| n.null_count() > 0).cloned();
        let values = match factor {
            1 => plain.values().clone(),
            _ => plain.values().iter().map(|v| v.saturating_mul(factor)).collect(),
        };
        Ok(Units { values, nulls })
    }

    /// Other columns of the same rows.
    pub fn project(&self, columns: Vec<Option<ArrayRef>>) -> Self {
        let places = (0..columns.len()).map(|c| (0, c)).collect();
        let parts = vec![Part::all(columns)];
        Self { offsets: Arc::clone(&self.offsets), parts, columns: places }
    }

    /// The rows for which `keep` holds.
    pub fn filter(&self, keep: &BooleanArray) -> Result<Self> {
        let keep = if keep.null_count() > 0 { prep_null_mask_filter(keep) } else { keep.clone() };
        if keep.true_count() == keep.len() {
            return Ok(self.clone());
        }
        let (mut chosen, mut offsets) = (Vec::with_capacity(self.len()), vec![0u32]);
        let mut ends = self.offsets.iter().skip(1).peekable();
        for row in keep.values().set_indices() {
            while ends.next_if(|end| **end as usize <= row).is_some() {
                offsets.push(chosen.len() as u32);
            }
            chosen.push(row as u32);
        }
        offsets.extend(ends.map(|_| chosen.len() as u32));
        self.choose(&UInt32Array::from(chosen), offsets)
    }

    /// These rows, which begin at `offsets` for each place.
    pub fn choose(&self, rows: &UInt32Array, offsets: Vec<u32>) -> Result<Self> {
        let mut chosen = self.clone();
        for part in &mut chosen.parts {
            part.choose(rows)?;
        }
        chosen.offsets = Arc::new(offsets);
        Ok(chosen)
    }

    /// The columns of both, row by row.
    pub fn beside(mut self, other: Self) -> Self {
        let shift = self.parts.len();
        self.parts.extend(other.parts);
        self.columns.extend(other.columns.into_iter().map(|(part, c)| (part + shift, c)));
        self
    }
}

/// Whole numbers, some of them missing.
#[derive(Debug)]
pub(super) struct Units {
    pub values: arrow::buffer::ScalarBuffer<i64>,
    pub nulls: Option<arrow::buffer::NullBuffer>,
}

impl Units {
    pub fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|n| n.is_null(row))
    }
}
