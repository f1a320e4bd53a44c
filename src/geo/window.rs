//! A rectangle of pixels.

use serde::{Deserialize, Serialize};

/// Rows `row..row+height`, columns `col..col+width` of some grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// First row, from the top.
    pub row: usize,
    /// First column, from the left.
    pub col: usize,
    /// Number of rows.
    pub height: usize,
    /// Number of columns.
    pub width: usize,
}

impl Window {
    /// A window from its corner and size.
    pub fn new(row: usize, col: usize, height: usize, width: usize) -> Self {
        Self { row, col, height, width }
    }

    /// Patch (`row`, `col`) of a grid of square patches of `size` pixels.
    pub fn patch(row: usize, col: usize, size: usize) -> Self {
        Self::new(row * size, col * size, size, size)
    }

    /// Number of pixels.
    pub fn len(&self) -> usize {
        self.height * self.width
    }

    /// Whether there is no pixel.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// First row below the window.
    pub fn bottom(&self) -> usize {
        self.row + self.height
    }

    /// First column right of the window.
    pub fn right(&self) -> usize {
        self.col + self.width
    }

    /// Whether the window lies inside a raster of this shape.
    pub fn fits(&self, height: usize, width: usize) -> bool {
        self.bottom() <= height && self.right() <= width
    }

    /// The same ground on a grid whose pixels are `factor` times larger, or `None` if edges do not
    /// fall on pixels.
    pub fn coarsen(&self, factor: usize) -> Option<Self> {
        let whole = |v: usize| v.is_multiple_of(factor).then_some(v / factor);
        Some(Self::new(whole(self.row)?, whole(self.col)?, whole(self.height)?, whole(self.width)?))
    }

    /// The window with so many pixels more on each side, as far as a raster of this shape goes.
    #[must_use]
    pub fn grow(&self, margin: usize, height: usize, width: usize) -> Self {
        let (row, col) = (self.row.saturating_sub(margin), self.col.saturating_sub(margin));
        let bottom = (self.bottom() + margin).min(height);
        let right = (self.right() + margin).min(width);
        Self::new(row, col, bottom.saturating_sub(row), right.saturating_sub(col))
    }

    /// The common pixels of two windows, if any.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let (row, col) = (self.row.max(other.row), self.col.max(other.col));
        let (bottom, right) = (self.bottom().min(other.bottom()), self.right().min(other.right()));
        (bottom > row && right > col).then(|| Self::new(row, col, bottom - row, right - col))
    }
}
