//! Whole numbers, one a row, that know when they no longer fit 64 bits.

use datafusion::common::{Result, exec_err};

/// What stands for a number that does not fit: not 0, so that it still counts as some.
const LOST: i64 = i64::MAX;

/// Numbers of rows. One that does not fit is lost, never wrapped around: what is made of it is
/// lost too, unless it is multiplied by 0.
#[derive(Debug, Clone, Default)]
pub(super) struct Wholes {
    values: Vec<i64>,
    /// Whether the number of a row is lost; shorter than `values` where none is from there on.
    lost: Vec<bool>,
}

impl Wholes {
    pub fn new(values: Vec<i64>) -> Self {
        Self { values, lost: Vec::new() }
    }

    /// Sums that were added up where they fit.
    pub fn of(sums: impl Iterator<Item = i128>) -> Self {
        let mut all = Self::new(Vec::with_capacity(sums.size_hint().0));
        for sum in sums {
            match i64::try_from(sum) {
                Ok(value) => all.values.push(value),
                Err(_) => {
                    all.values.push(LOST);
                    all.lose(all.values.len() - 1);
                }
            }
        }
        all
    }

    pub fn values(&self) -> &[i64] {
        &self.values
    }

    /// Which numbers are lost; empty where none is.
    pub fn lost(&self) -> &[bool] {
        &self.lost
    }

    pub fn set(&mut self, row: usize, value: i64) {
        self.values[row] = value;
        if let Some(lost) = self.lost.get_mut(row) {
            *lost = false;
        }
    }

    /// The number of this row is not known.
    pub fn lose(&mut self, row: usize) {
        if self.lost.len() <= row {
            self.lost.resize(row + 1, false);
        }
        self.values[row] = LOST;
        self.lost[row] = true;
    }

    /// Multiplies row by row.
    pub fn multiply(&mut self, by: &Self) {
        let pairs = || self.values.iter().zip(&by.values);
        let mut over = !self.lost.is_empty() || !by.lost.is_empty();
        let mut products = Vec::with_capacity(self.values.len());
        for (a, b) in pairs() {
            let (product, overflows) = a.overflowing_mul(*b);
            over |= overflows;
            products.push(product);
        }
        if !over {
            self.values = products;
            return;
        }
        let exact: Vec<Option<i64>> = pairs()
            .enumerate()
            .map(|(row, (a, b))| match (*a, *b) {
                // What is lost is not 0.
                (0, _) | (_, 0) => Some(0),
                _ if self.is_lost(row) || by.is_lost(row) => None,
                (a, b) => a.checked_mul(b),
            })
            .collect();
        for (row, product) in exact.into_iter().enumerate() {
            match product {
                Some(product) => self.set(row, product),
                None => self.lose(row),
            }
        }
    }

    /// The numbers, if all of them are known.
    pub fn known(self) -> Result<Vec<i64>> {
        if self.lost.contains(&true) {
            return exec_err!("{TOO_LARGE}");
        }
        Ok(self.values)
    }

    fn is_lost(&self, row: usize) -> bool {
        self.lost.get(row).copied().unwrap_or(false)
    }
}

/// What is said of a total that does not fit.
pub(super) const TOO_LARGE: &str =
    "a count or sum over all combinations is larger than 9223372036854775807";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_that_does_not_fit_is_lost_until_it_is_multiplied_by_nothing() {
        let mut all = Wholes::new(vec![1 << 40, 3, -(1 << 40), 1 << 40]);
        all.multiply(&Wholes::new(vec![1 << 40, 5, 1 << 22, 0]));
        assert_eq!(all.values()[1..], [15, -(1 << 62), 0]);
        assert_eq!(all.lost(), [true]);
        assert!(all.clone().known().is_err());
        // Lost stays lost, and what was never lost is exact.
        all.multiply(&Wholes::new(vec![2, 2, 1, 7]));
        assert_eq!((all.lost(), &all.values()[1..]), (&[true][..], &[30, -(1 << 62), 0][..]));
        all.multiply(&Wholes::new(vec![0, 1, 1, 1]));
        assert_eq!(all.known().unwrap(), [0, 30, -(1 << 62), 0]);
    }

    #[test]
    fn a_sum_outside_of_64_bits_is_lost() {
        let most = i128::from(i64::MAX);
        let all = Wholes::of([most, most + 1, -most - 1, -most - 2].into_iter());
        assert_eq!(all.lost(), [false, true, false, true]);
        assert_eq!((all.values()[0], all.values()[2]), (i64::MAX, i64::MIN));
    }
}
