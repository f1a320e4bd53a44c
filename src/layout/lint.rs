//! What is probably not meant in a layout, and what to do about it.

use serde::Serialize;

use super::Layout;
use super::ranges::Ranges;
use super::shape::{REFERENCE, Shape};
use crate::error::{Error, Result};
use crate::sql::{Session, parameters};

/// Something that a layout probably does not mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// What is the matter.
    pub what: String,
    /// What to do next.
    pub next: String,
}

impl Layout {
    /// Reads the text alone: windows and cloud ranges that nothing fits, roles that can be one
    /// image. A text that cannot be followed is one warning; one that is no SQL is refused.
    pub fn lint(&self) -> Result<Vec<Warning>> {
        self.check_text()?;
        let unread =
            |e: Error| Warning { what: format!("not checked: {e}"), next: e.advice().to_owned() };
        Ok(self.doubts().unwrap_or_else(|e| vec![unread(e)]))
    }

    /// As [`Layout::lint`]; refuses a text that cannot be followed.
    pub fn doubts(&self) -> Result<Vec<Warning>> {
        let shape = Shape::of(&self.sql, &self.params)?;
        let ranges = Ranges::of(&shape, &self.params);
        let mut all = Vec::new();
        for at in 0..shape.relations.len() {
            all.extend(self.window(&shape, &ranges, at));
        }
        all.extend(self.clouds(&shape, &ranges));
        all.extend(shared(&shape, &ranges));
        Ok(all)
    }

    /// As [`Layout::lint`], and what the archive lacks: radar at some places, a clause that leaves
    /// nothing. Refuses a text that names what the session does not have.
    pub fn lint_in(&self, session: &Session) -> Result<Vec<Warning>> {
        let mut all = self.lint()?;
        let doing = |e: Error| e.context(format!("reading layout {}", self.name));
        session.columns(&self.sql, &self.params).map_err(doing)?;
        let Ok(shape) = Shape::of(&self.sql, &self.params) else { return Ok(all) };
        all.extend(without_radar(&shape, session)?);
        let funnel = self.funnel(session)?;
        if funnel.references == 0 {
            all.push(Warning {
                what: format!("{} has no row", funnel.table),
                next: "ingest products first, or name another archive".to_owned(),
            });
        }
        if let Some(empty) = funnel.empty_at() {
            all.push(Warning {
                what: format!(
                    "nothing is left after: {} (it removes {})",
                    empty.clause, empty.removed
                ),
                next: self.loosen(empty.loosen.as_deref()),
            });
        }
        Ok(all)
    }

    fn window(&self, shape: &Shape, ranges: &Ranges, at: usize) -> Option<Warning> {
        let name = &shape.relations.get(at)?.name;
        let (low, high) = ranges.window(at);
        (low > high).then(|| {
            let text = shape.text_of(at);
            Warning {
                what: format!(
                    "the window of {name} is inverted: from {low} h to {high} h of its reference"
                ),
                next: format!(
                    "no date fits; {}",
                    self.named(&text, "set the lower bound below the upper")
                ),
            }
        })
    }

    fn clouds(&self, shape: &Shape, ranges: &Ranges) -> Vec<Warning> {
        let mut names: Vec<(&str, &str)> = vec![(REFERENCE, &shape.alias)];
        names.extend(shape.relations.iter().map(|r| (r.name.as_str(), r.name.as_str())));
        let mut all = Vec::new();
        for (name, shown) in names {
            let (low, high) = ranges.cloud(name);
            if low > high || low > 100.0 || high < 0.0 {
                all.push(Warning {
                    what: format!("the cloud range of {shown} is empty: from {low} % to {high} %"),
                    next: "set its least cloud below its most, both within 0 and 100".to_owned(),
                });
            }
        }
        all
    }

    /// What to do about a clause, whose limits are these: a role or its place is not to be dropped.
    fn loosen(&self, limits: Option<&str>) -> String {
        let shown = "`layout funnel` shows all clauses";
        match limits {
            Some(limits) => {
                let advice = format!("loosen {limits}, or ingest what it asks for; {shown}");
                self.named(limits, &advice)
            }
            None => format!("ingest what it asks for; {shown}"),
        }
    }

    /// Advice with the parameters that a text names.
    fn named(&self, text: &str, advice: &str) -> String {
        let used = parameters(text).unwrap_or_default();
        let values = self.values();
        let now = |name: &String| {
            let value = values.get(name).map_or_else(String::new, ToString::to_string);
            format!("${name} = {value}")
        };
        let list: Vec<String> = used.iter().map(now).collect();
        if list.is_empty() {
            advice.to_owned()
        } else {
            format!("{advice} (now {})", list.join(", "))
        }
    }
}

/// Roles that can be one and the same image.
fn shared(shape: &Shape, ranges: &Ranges) -> Vec<Warning> {
    let mut all = Vec::new();
    let t = &shape.alias;
    for (at, relation) in shape.relations.iter().enumerate() {
        let name = &relation.name;
        if relation.anti || shape.table_of(at).as_deref() != Some(shape.base.as_str()) {
            continue;
        }
        let (low, high) = ranges.window(at);
        let tied = ranges.tied(REFERENCE, name);
        if tied || !ranges.meet(REFERENCE, name) || !(low <= 0.0 && high >= 0.0) {
            continue;
        }
        if !ranges.apart(REFERENCE, name) {
            all.push(Warning {
                what: format!("{name} can be {t}: its window and cloud range allow the same image"),
                next: format!("add AND {name}.id <> {t}.id to WHERE"),
            });
        } else if name.contains("target") {
            let (least, _) = ranges.cloud(REFERENCE);
            all.push(Warning {
                what: format!("{t} can be as clear as its {name}: its cloud starts at {least} %"),
                next: format!("raise the least cloud of {t} above the most of {name}, unless you want such pairs"),
            });
        }
    }
    for (a, one) in shape.relations.iter().enumerate() {
        for (b, two) in shape.relations.iter().enumerate().skip(a + 1) {
            let target = one.name.contains("target") || two.name.contains("target");
            let optical = |at| shape.table_of(at).as_deref() == Some(shape.base.as_str());
            let ((low_a, high_a), (low_b, high_b)) = (ranges.window(a), ranges.window(b));
            // Windows that only touch meet in one second.
            let overlap = low_a.max(low_b) < high_a.min(high_b);
            let same = target && overlap && optical(a) && optical(b);
            if same && ranges.meet(&one.name, &two.name) && !ranges.apart(&one.name, &two.name) {
                all.push(Warning {
                    what: format!("{} can be {}: their windows overlap", one.name, two.name),
                    next: format!("add AND {}.id <> {}.id to WHERE", one.name, two.name),
                });
            }
        }
    }
    all
}

fn without_radar(shape: &Shape, session: &Session) -> Result<Option<Warning>> {
    let radar = (0..shape.relations.len()).any(|r| shape.table_of(r).as_deref() == Some("s1"));
    if !radar || shape.base != "s2" {
        return Ok(None);
    }
    let count = |sql: &str| super::funnel::number(session, sql, &[]);
    let places = count("SELECT count(DISTINCT cell) AS n FROM s2")?;
    let lacking = count(
        "SELECT count(DISTINCT o.cell) AS n FROM s2 AS o \
         LEFT ANTI JOIN (SELECT cell FROM s1 WHERE valid) AS r ON r.cell = o.cell",
    )?;
    let percent = 100.0 * lacking as f64 / places.max(1) as f64;
    Ok((lacking > 0).then(|| Warning {
        what: format!("no SAR at {percent:.0} % of places ({lacking} of {places})"),
        next: "ingest Sentinel-1 over them; until then they give no sample".to_owned(),
    }))
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;
