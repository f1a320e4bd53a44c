//! Errors from elsewhere, to stand beside ours.

use crate::evaluate::Row;

/// A method's errors by band, from elsewhere.
#[derive(Debug, Clone)]
pub(super) struct Beside {
    name: String,
    bands: Vec<(String, f64)>,
}

/// `NAME=B02:212,B03:225`.
pub(super) fn parse(text: &str) -> Result<Beside, String> {
    let how = || "write NAME=B02:212,B03:225".to_owned();
    let (name, list) = text.split_once('=').ok_or_else(how)?;
    let band = |pair: &str| {
        let (band, value) = pair.split_once(':').ok_or_else(how)?;
        let value: f64 = value.parse().map_err(|_| how())?;
        Ok((band.to_owned(), value))
    };
    let bands = list.split(',').map(band).collect::<Result<_, String>>()?;
    Ok(Beside { name: name.to_owned(), bands })
}

impl Beside {
    /// Rows that stand beside ours, by our definition.
    pub(super) fn rows<'a>(&'a self, ours: &'a Row) -> impl Iterator<Item = Row> + 'a {
        self.bands.iter().map(move |(band, value)| Row {
            method: self.name.clone(),
            control: None,
            stratum: "all".into(),
            metric: "mae".into(),
            band: band.clone(),
            value: *value,
            low: None,
            high: None,
            samples: 0,
            blocks: 0,
            ..ours.clone()
        })
    }
}
