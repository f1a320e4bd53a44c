//! Views of one place: two of them under a slider, all of them as thumbnails.
//!
//! Each picture is written once, as the background of a style rule that the slider, the thumbnail
//! and the large view share. The two radio buttons of a thumbnail choose the sides by style alone;
//! the script only drags.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Picture;
use super::escape::escape;
use crate::error::{Result, While};

/// One picture with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// A few words, as `cloudy input 2019-03-04`.
    pub label: String,
    /// The picture.
    pub picture: Picture,
    /// A sentence, or nothing.
    pub note: String,
}

/// Views of the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What is compared, where.
    pub title: String,
    /// In the order of the thumbnails; the first stands left at first.
    pub views: Vec<View>,
}

/// The style rules that hold the pictures of comparison `c`.
pub(super) fn pictures(c: usize, comparison: &Comparison) -> Result<String> {
    let mut css = String::new();
    for (v, view) in comparison.views.iter().enumerate() {
        let png = view.picture.png().during(|| format!("drawing '{}'", view.label))?;
        // `:is` forgives what an old browser cannot read, so that thumbnails show there too.
        css += &format!(
            ":is(.c{c}v{v},#c{c}:has(#c{c}l{v}:checked) .left,#c{c}:has(#c{c}r{v}:checked) .right)\
             {{background-image:url(data:image/png;base64,{})}}\n\
             #c{c}:has(#c{c}l{v}:checked) .of-left>:nth-child({n}),\
             #c{c}:has(#c{c}r{v}:checked) .of-right>:nth-child({n}){{display:inline}}\n",
            STANDARD.encode(png),
            n = v + 1,
        );
    }
    Ok(css)
}

/// The section of comparison `c`; empty without views.
pub(super) fn section(c: usize, comparison: &Comparison) -> String {
    let views = &comparison.views;
    let Some(first) = views.first() else {
        return String::new();
    };
    let (width, height) = (first.picture.width, first.picture.height);
    let shape = format!("style=\"--w:{width};--h:{height}\"");
    let title = escape(&comparison.title);
    if views.len() == 1 {
        let picture = single(c, first);
        return format!(
            "<section class=\"comparison\" {shape}><h3>{title}</h3>\n{picture}</section>\n"
        );
    }
    let stage = slider(views);
    let (left, right) = sides(views);
    let cards: String = views
        .iter()
        .enumerate()
        .map(|(v, view)| card(c, v, view, [v == left, v == right]))
        .collect();
    format!(
        "<section class=\"comparison\" id=\"c{c}\" {shape}><h3>{title}</h3>\n\
         <div class=\"desk\">{stage}<div class=\"views\">{cards}</div></div></section>\n"
    )
}

/// The first view and the best result: the last one, or the one before it when the last is the
/// truth.
fn sides(views: &[View]) -> (usize, usize) {
    let last = views.len().saturating_sub(1);
    let truth = views.last().is_some_and(|v| {
        let label = v.label.to_lowercase();
        label.contains("truth") || label.contains("target")
    });
    (0, if truth && last >= 2 { last - 1 } else { last })
}

fn slider(views: &[View]) -> String {
    let names: String =
        views.iter().map(|v| format!("<span>{}</span>", escape(&v.label))).collect();
    format!(
        "<div class=\"stage\"><div class=\"frame\">\
         <div class=\"layer right\"></div><div class=\"layer left\"></div>\
         <p class=\"chip of-left\">{names}</p><p class=\"chip of-right\">{names}</p>\
         <i class=\"handle\"></i>\
         <input type=\"range\" min=\"0\" max=\"100\" step=\"any\" value=\"50\" \
         aria-label=\"Where the left picture ends\"></div></div>\n"
    )
}

fn single(c: usize, view: &View) -> String {
    let (label, note) = (escape(&view.label), escape(&view.note));
    format!(
        "<figure><div class=\"frame c{c}v0\" role=\"img\" aria-label=\"{label}\"></div>\
         <figcaption>{label} <small>{note}</small></figcaption></figure>\n"
    )
}

fn card(c: usize, v: usize, view: &View, chosen: [bool; 2]) -> String {
    let (label, note) = (escape(&view.label), escape(&view.note));
    let note = if note.is_empty() { note } else { format!("<small>{note}</small>") };
    let radio = |side: char, word: &str, chosen: bool| {
        let checked = if chosen { " checked" } else { "" };
        format!(
            "<label><input type=\"radio\" name=\"c{c}{side}\" id=\"c{c}{side}{v}\"{checked} \
             aria-label=\"{label} {word}\"><span>{word}</span></label>"
        )
    };
    let (left, right) = (radio('l', "left", chosen[0]), radio('r', "right", chosen[1]));
    format!(
        "<figure><button class=\"thumb c{c}v{v}\" popovertarget=\"c{c}z{v}\" \
         aria-label=\"Enlarge {label}\" title=\"Enlarge\"></button>\
         <figcaption><b>{label}</b>{note}\
         <span class=\"sides\">{left}{right}</span></figcaption>\
         <div popover id=\"c{c}z{v}\" class=\"zoom\"><div class=\"large c{c}v{v}\" role=\"img\" \
         aria-label=\"{label}\"></div><p><b>{label}</b>{note}\
         <button popovertarget=\"c{c}z{v}\" popovertargetaction=\"hide\">close</button></p></div>\
         </figure>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn views(labels: &[&str]) -> Vec<View> {
        let picture = Picture { width: 2, height: 1, rgb: vec![7; 6] };
        let view =
            |l: &&str| View { label: l.to_string(), picture: picture.clone(), note: String::new() };
        labels.iter().map(view).collect()
    }

    #[test]
    fn each_picture_is_written_once() {
        let one = Comparison { title: "t".into(), views: views(&["a", "b", "c"]) };
        let css = pictures(4, &one).unwrap();
        assert_eq!(css.matches("data:image/png").count(), 3);
        assert!(!section(4, &one).contains("data:"));
    }

    #[test]
    fn the_slider_opens_on_the_first_view_and_the_best_result() {
        assert_eq!(sides(&views(&["cloudy", "SAR", "msop", "truth 2019"])), (0, 2));
        assert_eq!(sides(&views(&["cloudy", "msop"])), (0, 1));
        assert_eq!(sides(&views(&["cloudy", "truth"])), (0, 1));
        let html = section(0, &Comparison { title: "t".into(), views: views(&["a", "b", "c"]) });
        assert!(html.contains("id=\"c0l0\" checked") && html.contains("id=\"c0r2\" checked"));
        assert_eq!(html.matches(" checked").count(), 2);
    }

    #[test]
    fn one_view_needs_no_slider_and_none_no_section() {
        let html = section(0, &Comparison { title: "t".into(), views: views(&["a"]) });
        assert!(!html.contains("<input") && html.contains("c0v0"));
        assert_eq!(section(0, &Comparison { title: "t".into(), views: vec![] }), "");
    }
}
