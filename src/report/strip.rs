//! Views of some places as one picture: a row a place, its views side by side.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::comparison::{Comparison, View};
use super::drawing;
use crate::error::{Result, While};

const GAP: f64 = 8.0;
/// Room for the title of a row, and for the words under a view.
const TITLE: f64 = 26.0;
const WORDS: f64 = 34.0;
/// Pixels of a letter under a view, and of one of a title.
const LETTER: usize = 6;
const TITLE_LETTER: usize = 7;

/// An SVG drawing that holds its pictures; a view is at most `side` pixels on a side, and longer ones are shrunk.
pub fn strip_svg(rows: &[Comparison], side: usize) -> Result<String> {
    let side = side.max(1);
    let (column, row) = (side as f64 + GAP, TITLE + side as f64 + WORDS);
    let most = rows.iter().map(|r| r.views.len()).max().unwrap_or(0);
    // Titles are longer than one view.
    let width = (GAP + column * most as f64).max(480.0);
    let height = GAP + row * rows.len() as f64;
    let mut out = drawing::open((width, height), 11, "Patches, as each method sees them");
    for (i, comparison) in rows.iter().enumerate() {
        let top = GAP + row * i as f64;
        let _ = writeln!(
            out,
            "<text x=\"{GAP}\" y=\"{:.0}\" font-size=\"13\" fill=\"#222\">{}</text>",
            top + 14.0,
            drawing::fit(&comparison.title, width as usize / TITLE_LETTER)
        );
        for (k, view) in comparison.views.iter().enumerate() {
            draw(&mut out, view, (GAP + column * k as f64, top + TITLE), side)?;
        }
    }
    Ok(out + "</svg>\n")
}

fn draw(out: &mut String, view: &View, (x, y): (f64, f64), side: usize) -> Result<()> {
    let picture = view.picture.shrink(view.picture.width.max(view.picture.height).div_ceil(side));
    let png = picture.png().during(|| format!("drawing '{}'", view.label))?;
    let (under, letters) = (y + side as f64, side / LETTER);
    let _ = writeln!(
        out,
        "<image x=\"{x:.0}\" y=\"{y:.0}\" width=\"{side}\" height=\"{side}\" href=\"data:image/png;base64,{}\"/>\
         <text x=\"{x:.0}\" y=\"{:.0}\" fill=\"#222\">{}</text><text x=\"{x:.0}\" y=\"{:.0}\" fill=\"#666\">{}</text>",
        STANDARD.encode(png),
        under + 13.0,
        drawing::fit(&view.label, letters),
        under + 26.0,
        drawing::fit(&view.note, letters)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Picture;
    use super::*;

    #[test]
    fn every_view_is_there_once_small_and_named() {
        let view = |label: &str| View {
            label: label.into(),
            picture: Picture { width: 80, height: 80, rgb: vec![90; 3 * 6400] },
            note: "12 DN".into(),
        };
        let row = |title: &str, views| Comparison { title: title.into(), views };
        let rows = [row("a < b", vec![view("input"), view("net")]), row("none", vec![])];
        let svg = strip_svg(&rows, 40).unwrap();
        assert_eq!(svg.matches("<image").count(), 2);
        assert!(svg.contains("a &lt; b") && svg.contains(">net<") && svg.contains(">12 DN<"));
        let png = svg.split("base64,").nth(1).unwrap().split('"').next().unwrap();
        let png = STANDARD.decode(png).unwrap();
        let read = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        assert_eq!((read.info().width, read.info().height), (40, 40));
        assert!(strip_svg(&[], 0).unwrap().ends_with("</svg>\n"));
    }
}
