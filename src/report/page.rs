//! The page itself.

use std::path::Path;

use super::escape::escape;
use super::{Cloudiness, Comparison, Curve, ScoreRow};
use super::{cloudiness, comparison, curve, facts, run, score};
use crate::error::{Error, Result, While};
use crate::limits;
use crate::store::publish;
use crate::stream::Report;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// The browser itself refuses what would leave the file.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
    script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Everything on a page. Empty parts are left out.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The heading.
    pub title: String,
    /// What was done and what came out, a paragraph or several parted by an empty line.
    pub lead: String,
    /// Pictures side by side.
    pub comparisons: Vec<Comparison>,
    /// Numbers of an evaluation.
    pub scores: Vec<ScoreRow>,
    /// What a reader must know of the numbers.
    pub score_notes: Vec<String>,
    /// Losses and their like.
    pub curves: Vec<Curve>,
    /// Clouds through time.
    pub cloudiness: Vec<Cloudiness>,
    /// Where the time went.
    pub runs: Vec<Report>,
    /// Versions, seeds, commands.
    pub facts: Vec<(String, String)>,
}

/// Writes the page as one self-contained HTML file, published whole.
///
/// Refuses a picture whose bytes do not fit its size and a page of more than
/// `limits::PAGE_BYTES_MAX` (256 MiB).
pub fn write_page(path: &Path, page: &Page) -> Result<()> {
    let html = html(page).during(|| format!("writing {}", path.display()))?;
    publish(path, html.as_bytes())
}

fn html(page: &Page) -> Result<String> {
    let mut style = STYLE.to_owned();
    for (c, one) in page.comparisons.iter().enumerate() {
        style += &comparison::pictures(c, one)?;
        if style.len() > limits::PAGE_BYTES_MAX {
            return Err(Error::usage(format!(
                "the pictures pass {} MB, more than a browser shows well",
                limits::PAGE_BYTES_MAX >> 20
            ))
            .hint("shrink the pictures or compare fewer scenes on a page"));
        }
    }
    let title = escape(&page.title);
    let (nav, body) = sections(page);
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n\
         <header><h1>{title}</h1>\n{}{nav}</header>\n<main>\n{body}</main>\n\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        lead(&page.lead)
    ))
}

fn lead(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|p| !p.is_empty());
    paragraphs.map(|p| format!("<p class=\"lead\">{}</p>\n", escape(p))).collect()
}

/// The links to the sections, and the sections that have something to show.
fn sections(page: &Page) -> (String, String) {
    let compared: String =
        page.comparisons.iter().enumerate().map(|(c, one)| comparison::section(c, one)).collect();
    let charts = |html: String| match html.as_str() {
        "" => html,
        _ => format!("<div class=\"charts\">{html}</div>\n"),
    };
    let parts = [
        ("pictures", "Pictures", compared),
        ("scores", "Scores", score::scores(&page.scores, &page.score_notes)),
        ("training", "Training", charts(curve::curves(&page.curves))),
        ("clouds", "Clouds through time", charts(cloudiness::cloudiness(&page.cloudiness))),
        ("time", "Where the time went", run::runs(&page.runs)),
        ("again", "To do it again", facts::facts(&page.facts)),
    ];
    let (mut nav, mut body) = (String::new(), String::new());
    for (id, heading, html) in parts {
        if !html.is_empty() {
            nav += &format!("<a href=\"#{id}\">{heading}</a>\n");
            body += &format!("<section id=\"{id}\"><h2>{heading}</h2>\n{html}</section>\n");
        }
    }
    let nav = if nav.is_empty() { nav } else { format!("<nav>{nav}</nav>\n") };
    (nav, body)
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
