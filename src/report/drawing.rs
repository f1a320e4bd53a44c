//! What all drawings that stand alone have in common.

use super::escape::escape;

/// The start of an SVG file on white ground; `size` is the font's. A screen reader says the title.
pub(super) fn open((width, height): (f64, f64), size: u8, title: &str) -> String {
    let title = escape(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"{size}\" role=\"img\"><title>{title}</title>\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    )
}

/// The heading of a drawing whose first row lies below 40.
pub(super) fn heading(x: f64, title: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"22\" font-size=\"14\" fill=\"#222\">{}</text>\n", escape(title))
}

/// Thin lines from top to bottom at the places `x` of an axis' ticks, and their numbers below.
pub(super) fn ticks(
    ticks: &[(f64, String)],
    (top, bottom): (f64, f64),
    x: impl Fn(f64) -> f64,
) -> String {
    let one = |(value, text): &(f64, String)| {
        format!(
            "<path d=\"M{x:.1} {top}V{bottom:.1}\" stroke=\"#e4e4e4\"/><text x=\"{x:.1}\" y=\"{:.1}\" \
             text-anchor=\"middle\" fill=\"#555\">{}</text>\n",
            bottom + 18.0,
            escape(text),
            x = x(*value)
        )
    };
    ticks.iter().map(one).collect()
}

/// The name of a row, left of `x`; `label` is markup.
pub(super) fn row_label(x: f64, y: f64, label: &str) -> String {
    format!(
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#222\">{label}</text>\n",
        x - 10.0,
        y + 4.0
    )
}

/// Text of at most so many letters, made inert; what is cut off shows where the mouse rests.
#[cfg(feature = "torch")]
pub(super) fn fit(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return escape(text);
    }
    let short: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…<title>{}</title>", escape(&short), escape(text))
}

#[cfg(all(test, feature = "torch"))]
mod tests {
    use super::*;

    #[test]
    fn a_long_label_is_cut_and_told_whole() {
        assert_eq!(fit("a<b", 3), "a&lt;b");
        assert_eq!(fit("a<bc", 3), "a&lt;…<title>a&lt;bc</title>");
        assert!(open((10.0, 20.4), 12, "a<b").contains("height=\"20\"") && fit("é", 1) == "é");
    }
}
