//! An acquisition layout in the JSON form of the Decloud study becomes a layout file in SQL.
//!
//! In: untrusted JSON, bounded. Out: the text of a query file that opens with
//! [`Layout::parse`](super::Layout::parse). Promises: the samples of the query, as a set, are those
//! of the original program; in compatible mode its repeats too. Refuses: unknown fields by name,
//! and what the original would crash on.

mod band;
mod head;
mod json;
mod number;
mod page;
mod plan;
mod query;
mod read;
mod words;

use std::path::Path;

use plan::Plan;

use super::Layout;
use crate::error::{Error, Result};
use crate::limits;
use crate::sql::nearest;
use crate::store::read_text;

/// Reads a layout file in JSON: one layout, or with `which` one of several.
pub fn import(path: &Path, which: Option<&str>) -> Result<Layout> {
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("layout");
    let text = read_text(path)?;
    from_json(stem, &text, which).map_err(|e| e.context(format!("reading {}", path.display())))
}

/// The layout of a JSON text; `stem` names it if the text does not.
pub(super) fn from_json(stem: &str, text: &str, which: Option<&str>) -> Result<Layout> {
    if text.len() > limits::LAYOUT_JSON_BYTES_MAX {
        let (is, max) = (text.len(), limits::LAYOUT_JSON_BYTES_MAX);
        return Err(Error::usage(format!("the layout is {is} bytes long, more than {max}")));
    }
    let json = json::parse(text)?;
    let (name, plan) = choose(stem, &json, which)?;
    let name = words::plain(name);
    Layout::parse(&name, &(head::head(&name, &plan) + &query::query(&plan)))
}

fn choose<'a>(stem: &'a str, json: &'a json::Node, which: Option<&str>) -> Result<(&'a str, Plan)> {
    let json::Node::Object(fields) = json else {
        return Err(Error::invalid("a layout is a JSON object with one object a role"));
    };
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    let several = fields.iter().any(|(_, v)| read::is_layout(v)) && !read::is_layout(json);
    match (which, several) {
        (None, false) => Ok((stem, read::layout(fields)?)),
        (None, true) => Err(Error::usage(format!("the file holds {} layouts", fields.len()))
            .hint(format!("choose one with --layout: {}", names.join(", ")))),
        (Some(name), false) => {
            Err(Error::usage(format!("the file holds one layout, and no '{name}'"))
                .hint("leave out --layout"))
        }
        (Some(name), true) => match fields.iter().find(|(n, _)| n == name) {
            Some((name, json::Node::Object(roles))) => {
                let plan = read::layout(roles).map_err(|e| e.context(format!("layout {name}")))?;
                Ok((name, plan))
            }
            Some((name, _)) => Err(Error::invalid(format!("layout {name} is no JSON object"))),
            None => {
                let guess = nearest(name, names.iter().copied())
                    .map_or_else(String::new, |n| format!("did you mean '{n}'? "));
                Err(Error::not_found(format!("the file holds no layout '{name}'"))
                    .hint(format!("{guess}it holds: {}", names.join(", "))))
            }
        },
    }
}

#[cfg(test)]
mod tests;
