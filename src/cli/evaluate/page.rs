//! An evaluation as a page.

use crate::error::{Error, Result};
use crate::evaluate::{Difference, Evaluation, Look, Row};
use crate::layout::Control;
use crate::report::{Comparison, Page, Picture, ScoreRow, View};

/// Strata whose differences are worth a table of their own on a page.
const COMPARED: [&str; 4] = ["all", "cloudy at t", "changed", "unchanged"];

/// How many samples were scored, of how many, and which were left out.
pub(super) fn scored(found: &Evaluation) -> String {
    let (samples, available) = (found.samples, found.available);
    let of = match found.available > found.samples + found.empty + found.left_out {
        true => format!(", spread evenly over the {available} of the split (--samples-max)"),
        false => String::new(),
    };
    let left_out = match found.left_out {
        0 => String::new(),
        n => format!("; {n} left out, whose place has too few other radar dates for the control"),
    };
    let empty = match found.empty {
        0 => String::new(),
        n => format!("; {n} without a pixel that counts for all methods"),
    };
    format!("{samples} samples scored{of}{left_out}{empty}")
}

/// Scores, differences, and the worst, median and best patches.
pub(super) fn page(
    found: &Evaluation,
    controls: &[Control],
    facts: Vec<(String, String)>,
) -> Result<Page> {
    let blocks = found.rows.iter().map(|r| r.blocks).max().unwrap_or(0);
    let mut notes = vec![
        "All methods are scored on the same pixels of the same samples.".to_owned(),
        format!(
            "Intervals: 95 %, bootstrap over {blocks} blocks of ground and day; in a difference both methods are drawn together."
        ),
    ];
    notes.push(format!("{}.", scored(found)));
    notes.extend(strata(&found.rows));
    notes.extend(controls.iter().map(|c| {
        format!("[{}] is a negative control: the network is given {}.", c.name(), c.meaning())
    }));
    let of = |d: &&Difference, shown: &[&str]| shown.contains(&d.stratum.as_str());
    let (first, more) = COMPARED.split_at(1);
    // What decides comes first: all pixels and the differences there; a page folds later strata.
    let (all, rest): (Vec<&Row>, Vec<&Row>) = found.rows.iter().partition(|r| r.stratum == "all");
    let mut scores: Vec<ScoreRow> = all.into_iter().map(score).collect();
    scores.extend(found.differences.iter().filter(|d| of(d, first)).map(difference));
    scores.extend(rest.into_iter().map(score));
    scores.extend(found.differences.iter().filter(|d| of(d, more)).map(difference));
    Ok(Page {
        title: format!("Scores of {} samples", found.samples),
        lead: "Each method on the same samples: the patches that were hardest, in the middle, and easiest, then \
               every score by stratum, and the differences between methods."
            .into(),
        comparisons: found.looks.iter().map(comparison).collect::<Result<_>>()?,
        scores,
        score_notes: notes,
        runs: vec![found.report.clone()],
        facts,
        ..Page::default()
    })
}

/// What each stratum holds, once.
fn strata(rows: &[Row]) -> Vec<String> {
    let mut said: Vec<&str> = Vec::new();
    let mut notes = Vec::new();
    for row in rows {
        if !said.contains(&row.stratum.as_str()) {
            said.push(&row.stratum);
            notes.push(format!(
                "{}: {} ({} samples, {} blocks).",
                row.stratum, row.meaning, row.samples, row.blocks
            ));
        }
    }
    notes
}

fn score(r: &Row) -> ScoreRow {
    ScoreRow {
        method: r.method.clone(),
        stratum: r.stratum.clone(),
        metric: r.metric.clone(),
        band: r.band.clone(),
        value: r.value,
        unit: r.unit.clone(),
        definition: r.definition.clone(),
        low: r.low,
        high: r.high,
    }
}

fn difference(d: &Difference) -> ScoreRow {
    ScoreRow {
        method: format!("{} minus {} ({})", d.method, d.other, d.verdict()),
        stratum: format!("paired differences: {}", d.stratum),
        // No metric of this name is known, so none of the differences is called the best.
        metric: format!("{} difference", d.metric),
        band: "all".into(),
        value: d.value,
        unit: d.unit.clone(),
        definition: format!("{} of the one minus that of the other", d.metric),
        low: d.low,
        high: d.high,
    }
}

/// What one picture shows: the first patch of each kind (worst, median, best), without the controls.
pub(super) fn strip(all: &[Comparison]) -> Vec<Comparison> {
    let kind = |c: &Comparison| c.title.split(' ').next().unwrap_or_default().to_owned();
    let mut rows: Vec<Comparison> = Vec::new();
    for one in all {
        if !rows.iter().any(|row| kind(row) == kind(one)) {
            let views = one.views.iter().filter(|v| !v.label.ends_with(']')).cloned().collect();
            rows.push(Comparison { title: one.title.clone(), views });
        }
    }
    rows
}

fn comparison(look: &Look) -> Result<Comparison> {
    let n = look.side * look.side;
    let view = |seen: &crate::evaluate::Seen| {
        let plane = |band: usize| seen.values.get(band * n..(band + 1) * n);
        let planes = plane(2).zip(plane(1)).zip(plane(0));
        let ((red, green), blue) =
            planes.ok_or_else(|| Error::internal("an image has fewer pixels than its patch"))?;
        let picture = Picture::true_colour(look.side, look.side, red, green, blue);
        Ok(View { label: seen.label.clone(), note: seen.note.clone(), picture })
    };
    let views = look.views.iter().map(view).collect::<Result<_>>()?;
    Ok(Comparison { title: look.title.clone(), views })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_picture_shows_a_patch_of_each_kind_and_no_control() {
        let picture = Picture { width: 1, height: 1, rgb: vec![0; 3] };
        let view = |label: &str| View {
            label: label.into(),
            picture: picture.clone(),
            note: String::new(),
        };
        let look = |title: &str| Comparison {
            title: title.into(),
            views: vec![view("net"), view("net [dem]"), view("target")],
        };
        let rows =
            strip(&[look("worst of net: a"), look("worst of net: b"), look("best of net: c")]);
        let titles: Vec<&str> = rows.iter().map(|r| r.title.as_str()).collect();
        assert_eq!(titles, ["worst of net: a", "best of net: c"]);
        let labels = rows.iter().flat_map(|r| r.views.iter().map(|v| v.label.as_str()));
        assert_eq!(labels.collect::<Vec<_>>(), ["net", "target", "net", "target"]);
    }
}
