//! An evaluation as a page.

use crate::error::{Error, Result};
use crate::evaluate::{Difference, Evaluation, Look, Row};
use crate::layout::Control;
use crate::report::{Comparison, Page, Picture, ScoreRow, View};

/// Strata whose differences are worth a table of their own on a page.
const COMPARED: [&str; 4] = ["all", "cloudy at t", "changed", "unchanged"];

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
