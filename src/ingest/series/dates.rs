//! The list of dates of a series.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result, While};
use crate::geo::Stamp;
use crate::limits;
use crate::store::read_text;

#[derive(Deserialize)]
struct Row {
    index: usize,
    datetime: String,
}

/// Reads columns `index` (0, 1, 2, …) and `datetime` (UTC); others are left alone. Refuses gaps.
pub(super) fn read(path: &Path) -> Result<Vec<Stamp>> {
    let doing = || format!("reading dates of {}", path.display());
    let text = read_text(path).during(doing)?;
    parse(&text).during(doing)
}

fn parse(text: &str) -> Result<Vec<Stamp>> {
    let hint = "the file has columns index (from 0) and datetime (as 2018-08-04T10:50:22)";
    let mut dates = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize::<Row>() {
        let row = row.map_err(|e| {
            Error::invalid(format!("row {} is not a date", dates.len())).with_source(e).hint(hint)
        })?;
        if row.index != dates.len() || dates.len() >= limits::RASTER_BANDS_MAX {
            let text = format!("index {} stands where {} is due", row.index, dates.len());
            return Err(Error::invalid(text).hint(hint));
        }
        dates.push(Stamp::parse(&row.datetime)?);
    }
    if dates.is_empty() {
        return Err(Error::invalid("there is no date").hint(hint));
    }
    Ok(dates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_order_and_gaps_are_refused() {
        let good = "index,datetime,sun\n0,2018-08-04T10:50:22,1.5\n1,2018-08-14T10:50:21,2\n";
        assert_eq!(parse(good).unwrap()[1], Stamp::parse("2018-08-14T10:50:21").unwrap());
        for bad in [
            "",
            "index,datetime\n",
            "index,datetime\n1,2018-08-04T10:50:22\n",
            "index,datetime\n0,soon\n",
            "index,when\n0,2018-08-04T10:50:22\n",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
