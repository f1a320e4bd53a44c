use super::super::{Picture, View};
use super::*;
use crate::stream::NodeStats;

const ATTACK: &str = "<script>alert(1)</script>\"' onload=x </style>";

/// A page where every text is `text`.
fn full(text: &str) -> Page {
    let t = || text.to_owned();
    let picture = Picture::true_colour(4, 3, &[900; 12], &[700; 12], &[500; 12]);
    let view = |_| View { label: t(), picture: picture.clone(), note: t() };
    let score = |band: &str| ScoreRow {
        method: t(),
        stratum: t(),
        metric: t(),
        band: band.into(),
        unit: t(),
        definition: t(),
        ..ScoreRow::default()
    };
    let points = vec![(0.0, 1.0), (1.0, 0.5)];
    let node = NodeStats { name: t(), workers: 1, busy_s: 1.0, ..NodeStats::default() };
    Page {
        title: t(),
        lead: t(),
        comparisons: vec![Comparison { title: t(), views: (0..3).map(view).collect() }],
        scores: vec![score("all"), score(text)],
        score_notes: vec![t()],
        curves: vec![Curve { name: t(), x_label: t(), points, group: t() }],
        cloudiness: vec![Cloudiness { tile: t(), points: vec![("2019-01-02".into(), 3.0)] }],
        runs: vec![Report { graph: t(), nodes: vec![node], ..Report::default() }],
        facts: vec![(t(), t())],
    }
}

#[test]
fn a_label_with_a_script_is_inert() {
    let html = html(&full(ATTACK)).unwrap();
    assert_eq!(html.matches("<script>").count(), 1, "only the page's own");
    assert_eq!(html.matches("</style>").count(), 1);
    assert!(!html.contains("\"' onload"), "no attribute is left");
    assert!(html.matches("&lt;script&gt;alert(1)").count() > 20, "every text came through");
    // The marks of an attack change nothing but the text: the elements are those of a harmless
    // page.
    let harmless = super::html(&full("x")).unwrap();
    assert_eq!(html.matches('<').count(), harmless.matches('<').count());
}

#[test]
fn the_page_names_nothing_outside_itself() {
    let html = html(&full("label")).unwrap();
    for outside in ["http:", "https:", " src=", "@import", "<link", "<iframe", "srcset", "//"] {
        let text = html.replace("base64,", "\u{0}");
        let text: String = text.split('\u{0}').map(after_picture).collect();
        assert!(!text.contains(outside), "{outside}");
    }
    assert_eq!(html.matches("url(").count(), html.matches("url(data:image/png;base64,").count());
    assert!(html.split("href=\"").skip(1).all(|h| h.starts_with('#')));
}

/// What follows the letters of a picture, which may hold any letters and slashes.
fn after_picture(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "+/=".contains(c))
}

#[test]
fn an_empty_section_is_left_out() {
    let page = Page { title: "t".into(), ..Page::default() };
    let html = html(&page).unwrap();
    assert!(!html.contains("<section") && !html.contains("<nav") && !html.contains("<h2"));
    let all = super::html(&full("x")).unwrap();
    assert_eq!(all.matches("<h2>").count(), 6);
    assert_eq!(all.matches("<a href").count(), 6);
}

#[test]
fn the_same_page_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let paths = ["a.html", "b/c.html"].map(|n| dir.path().join(n));
    for path in &paths {
        write_page(path, &full("x")).unwrap();
    }
    let [a, b] = paths.map(|p| std::fs::read(p).unwrap());
    assert_eq!(a, b);
    assert!(a.starts_with(b"<!doctype html>") && a.ends_with(b"</html>\n"));
}

#[test]
fn a_bad_picture_leaves_no_page() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.html");
    let mut page = full("x");
    page.comparisons[0].views[1].picture.rgb.pop();
    let error = write_page(&path, &page).unwrap_err().to_string();
    assert!(error.contains("drawing 'x'") && error.contains("4 x 3"), "{error}");
    assert!(!path.exists());
}
