//! When each place was clear.

use crate::archive::{Archive, Sensor};
use crate::error::Result;
use crate::geo::Stamp;
use crate::layout::{Dates, Sample};

/// A patch counts as clear up to this share of cloud, percent.
const CLEAR: f64 = 5.0;

/// The clear dates of the places of some samples.
pub(super) struct ClearDates(Dates);

impl ClearDates {
    /// Asks the catalog.
    pub(super) fn of(archive: &Archive, rows: &[Sample]) -> Result<Self> {
        let condition = format!("valid AND cloud_percent <= {CLEAR}");
        Ok(Self(Dates::of(archive, Sensor::S2, &condition, rows)?))
    }

    /// Days from `time` to the nearest clear date of the sample's place, the date `but` left out.
    pub(super) fn days(&self, sample: &Sample, time: Stamp, but: Stamp) -> Option<f64> {
        let dates = self.0.at(sample).iter().filter(|p| p.time != but);
        dates.map(|p| p.time.days_since(time).abs()).min_by(f64::total_cmp)
    }
}
