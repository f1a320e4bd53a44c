//! A window of time as SQL.

use super::page::between;
use super::plan::Role;

/// A window, by where it lies; its parameters are never negative, so that they read as distances.
pub(super) enum Band {
    Before { far: f64, near: f64 },
    Around { before: f64, after: f64 },
    After { near: f64, far: f64 },
}

/// Name, default and meaning of a parameter.
type Declared = (String, f64, String);

impl Band {
    pub fn of(role: &Role) -> Self {
        match role.window {
            (a, b) if b <= 0.0 => Band::Before { far: -a, near: 0.0 - b },
            (a, b) if a >= 0.0 => Band::After { near: a, far: b },
            (a, b) => Band::Around { before: -a, after: b },
        }
    }

    /// What stands behind `BETWEEN`, for a role and the rows it is relative to.
    pub fn sql(&self, role: &str, at: &str) -> String {
        let (one, two, a, b) = match self {
            Band::Before { .. } => ("far", "near", '-', '-'),
            Band::Around { .. } => ("before", "after", '-', '+'),
            Band::After { .. } => ("near", "far", '+', '+'),
        };
        let side = |sign, end| format!("{at}.time {sign} to_hours(${role}_{end}_hours)");
        between(&side(a, one), &side(b, two))
    }

    /// The two parameters.
    pub fn ends(&self, role: &str) -> [Declared; 2] {
        let end = |end: &str, value: f64, meaning: String| {
            (format!("{role}_{end}_hours"), value, meaning)
        };
        let least = |side| format!("least distance of {role}, {side} the reference, hours");
        let most = |side| format!("largest distance of {role}, {side} the reference, hours");
        match *self {
            Band::Before { far, near } => {
                [end("near", near, least("before")), end("far", far, most("before"))]
            }
            Band::Around { before, after } => {
                [end("before", before, most("before")), end("after", after, most("after"))]
            }
            Band::After { near, far } => {
                [end("near", near, least("after")), end("far", far, most("after"))]
            }
        }
    }
}
