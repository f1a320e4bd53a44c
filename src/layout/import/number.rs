//! Numbers of a layout: as SQL, and the ranges that some files write as program text.

use super::plan::Floor;
use crate::error::{Error, Result};

/// A number as the header of a layout reads it.
pub(super) fn text(value: f64) -> String {
    // Never an exponent; a whole number without a point is read as one.
    format!("{value}")
}

/// A least cloudiness written as `random.randint(a, b)` or the like. The text is read, never run.
pub(super) fn random(text: &str) -> Result<Floor> {
    let unknown = || {
        Error::invalid(format!("'{text}' is no range that is known"))
            .hint("write random.randint(a, b), random.randrange(a, b) or random.uniform(a, b)")
    };
    let call = text.trim().strip_prefix("random").map(|t| t.trim_start_matches('.'));
    let (function, rest) = call.and_then(|c| c.split_once('(')).ok_or_else(unknown)?;
    let inside = rest.trim_end().strip_suffix(')').ok_or_else(unknown)?;
    let words: Vec<&str> = inside.split(',').map(str::trim).filter(|w| !w.is_empty()).collect();
    let whole = |word: &str| word.parse::<i64>().ok().filter(|n| n.abs() <= WHOLE_MAX);
    let number = |word: &str| word.parse::<f64>().ok().filter(|n| n.is_finite());
    let floor = match (function.trim(), words.as_slice()) {
        ("randint", [a, b]) => whole(a).zip(whole(b)).map(|(a, b)| Floor::Whole(a, b)),
        ("randrange", [a, b]) => whole(a).zip(whole(b)).map(|(a, b)| Floor::Whole(a, b - 1)),
        ("randrange", [b]) => whole(b).map(|b| Floor::Whole(0, b - 1)),
        ("uniform", [a, b]) => number(a).zip(number(b)).map(|(a, b)| Floor::Any(a, b)),
        ("random" | "", []) => Some(Floor::Any(0.0, 1.0)),
        _ => None,
    };
    match floor.ok_or_else(unknown)? {
        Floor::Whole(a, b) if a > b => Err(Error::invalid(format!("'{text}' holds no number"))),
        Floor::Any(a, b) if a > b => Ok(Floor::Any(b, a)),
        floor => Ok(floor),
    }
}

/// Percentages stay far below it; beyond it the arithmetic of the query could overflow.
const WHOLE_MAX: i64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_range_is_read_and_never_run() {
        assert_eq!(random("random.randint(1, 10)").unwrap(), Floor::Whole(1, 10));
        assert_eq!(random("random.randrange(3)").unwrap(), Floor::Whole(0, 2));
        assert_eq!(random("random.uniform(2.5,1)").unwrap(), Floor::Any(1.0, 2.5));
        assert_eq!(random("random.random()").unwrap(), Floor::Any(0.0, 1.0));
        for bad in [
            "random",
            "random.randint(1)",
            "random.randint(5, 1)",
            "random.randint(1, 99999999999999999999)",
            "random.uniform(0, inf)",
            "random.choice([1, 2])",
            "random.randint(1, 2) + 1",
            "random.randint(__import__('os').system('true'), 2)",
        ] {
            assert!(random(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_written_as_a_header_reads_them() {
        assert_eq!([text(72.0), text(-0.5), text(99.99)], ["72", "-0.5", "99.99"]);
        assert_eq!(text(1e15), "1000000000000000");
    }
}
