//! An instant.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp(pub i64);

impl Stamp {
    /// From the fields of a UTC date and time; `None` if there is no such instant.
    pub fn from_ymd_hms(y: i32, mo: u32, d: u32, h: u32, mi: u32, s: u32) -> Option<Self> {
        let t = NaiveDate::from_ymd_opt(y, mo, d)?.and_hms_opt(h, mi, s)?;
        Some(Self(t.and_utc().timestamp_micros()))
    }

    /// Reads `2018-08-04`, `2018-08-04T10:50:22`, with fraction and `Z` or not; always UTC.
    pub fn parse(text: &str) -> Result<Self> {
        let bare = text.trim().trim_end_matches('Z').replace(' ', "T");
        let time = NaiveDateTime::parse_from_str(&bare, "%Y-%m-%dT%H:%M:%S%.f")
            .ok()
            .or_else(|| NaiveDate::parse_from_str(&bare, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0));
        time.map(|t| Self(t.and_utc().timestamp_micros())).ok_or_else(|| {
            Error::invalid(format!("'{text}' is not a date and time"))
                .hint("write dates as 2018-08-04T10:50:22 (UTC)")
        })
    }

    /// Seconds since 1970, with fraction.
    pub fn seconds(self) -> f64 {
        self.0 as f64 * 1e-6
    }

    /// Days from `other` to `self`, with fraction.
    pub fn days_since(self, other: Self) -> f64 {
        (self.0 - other.0) as f64 / 86_400e6
    }

    /// Whole days since 1970, UTC.
    pub fn day(self) -> i64 {
        self.0.div_euclid(86_400_000_000)
    }

    /// Day of the year, 1..=366.
    pub fn day_of_year(self) -> u32 {
        self.date().map_or(1, |d| d.ordinal())
    }

    /// Calendar date, UTC.
    pub fn date(self) -> Option<NaiveDate> {
        DateTime::from_timestamp_micros(self.0).map(|t| t.date_naive())
    }

    /// `20180804-105022`, for file names.
    pub fn compact(self) -> String {
        DateTime::from_timestamp_micros(self.0)
            .map_or_else(String::new, |t| t.format("%Y%m%d-%H%M%S").to_string())
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_timestamp_micros(self.0) {
            Some(t) => write!(f, "{}", t.format("%Y-%m-%dT%H:%M:%SZ")),
            None => write!(f, "{} us", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_stamp_reads_back() {
        let s = Stamp::parse("2018-08-04T10:50:22").unwrap();
        assert_eq!(Stamp::parse(&s.to_string()).unwrap(), s);
        assert_eq!(s.day_of_year(), 216);
        assert!(Stamp::parse("yesterday").is_err());
    }
}
