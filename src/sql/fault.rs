//! An error of DataFusion becomes one clear line, with the place and the name that was meant.

use datafusion::common::{DataFusionError, SchemaError};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{nearest, statement, syntax, wording};
use crate::error::{Error, Kind};

/// Columns or tables that a hint lists at most.
const LISTED: usize = 40;

/// The names that exist.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub tables: Vec<String>,
    pub functions: Vec<String>,
}

/// The error in our words. `tokens` are those of the text.
pub(super) fn explain(error: &DataFusionError, tokens: &[TokenWithSpan], known: &Known) -> Error {
    let (root, mut place) = (root(error), None);
    if let DataFusionError::Diagnostic(d, _) = error {
        place = d.span.map(|s| format!("line {}, column {}", s.start.line, s.start.column));
    }
    match root {
        DataFusionError::SchemaError(inner, _) => schema(inner, place, tokens),
        DataFusionError::SQL(inner, _) => syntax::explain(&inner.to_string(), tokens),
        DataFusionError::Plan(text) => match missing_table(text) {
            Some(name) => {
                let at = place.or_else(|| find(&name, tokens));
                let near = nearest(&name, known.tables.iter().map(String::as_str));
                let error = missing("table", &name, at, near, &known.tables);
                match name.contains(['/', '.', '\\']) {
                    true => error.hint("a file is a table when it was registered as one"),
                    false => error,
                }
            }
            None => match wording::of(text, &known.functions) {
                Some(said) => {
                    let at = at(said.about.and_then(|n| find(&n, tokens)).or(place));
                    let guess = said.guess.map_or_else(String::new, did_you_mean);
                    Error::usage(format!("{}{at}{guess}", said.message)).hint(said.hint)
                }
                None => {
                    let text = wording::bare(&line(text));
                    Error::usage(format!("the query cannot be planned{}: {text}", at(place)))
                        .hint("correct the query; EXPLAIN shows what becomes of a part of it")
                }
            },
        },
        _ => plain(root),
    }
}

/// The error in our words, where there is no text to point at.
pub(super) fn plain(error: &DataFusionError) -> Error {
    let root = root(error);
    let text = wording::bare(&line(&root.strip_backtrace()));
    match root {
        DataFusionError::ResourcesExhausted(_) => {
            // Who else held memory is nothing that a user can change.
            let text = text.split(" with top memory consumers").next().unwrap_or_default();
            Error::new(
                Kind::OutOfMemory,
                format!("the query needs more than its memory limit: {text}"),
            )
            .hint("narrow the query, add a condition on tile or time, or raise --memory")
        }
        DataFusionError::NotImplemented(_) => {
            let hint = match text.contains("AsOf") {
                true => "write nearest(s2, s1 TOLERANCE to_hours(72)) for the nearest in time",
                false => "write the query in another way",
            };
            // What follows is the inside of the parser.
            let text = text.split(" {").next().unwrap_or_default();
            Error::new(Kind::Unsupported, format!("the SQL engine cannot do this: {text}"))
                .hint(hint)
        }
        DataFusionError::IoError(_) | DataFusionError::ObjectStore(_) => {
            Error::new(Kind::Io, format!("a table cannot be read: {text}"))
        }
        DataFusionError::ParquetError(_) => {
            Error::invalid(format!("a table cannot be read: {text}"))
        }
        DataFusionError::Internal(_) => {
            Error::internal(format!("the SQL engine fails on this query: {text}"))
        }
        DataFusionError::ExecutionJoin(_) => {
            Error::internal("the SQL engine fails on the values of this query")
        }
        _ => Error::usage(format!("the query cannot be answered: {text}"))
            .hint("look at the values that it meets, and CAST or filter them"),
    }
}

/// The column that is not there, if that is what is wrong.
pub(super) fn missing_column(error: &DataFusionError) -> Option<String> {
    match root(error) {
        DataFusionError::SchemaError(inner, _) => match inner.as_ref() {
            SchemaError::FieldNotFound { field, .. } => Some(field.name.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn root(error: &DataFusionError) -> &DataFusionError {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => root(inner),
        DataFusionError::Shared(inner) => root(inner),
        DataFusionError::Collection(all) => all.first().map_or(error, root),
        _ => error,
    }
}

fn schema(error: &SchemaError, place: Option<String>, tokens: &[TokenWithSpan]) -> Error {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let at = find(&field.name, tokens).or(place);
            let mut names: Vec<String> = Vec::new();
            let only_here = |c: &&datafusion::common::Column| match &field.relation {
                Some(r) => c.relation.as_ref() == Some(r),
                None => true,
            };
            for column in valid_fields.iter().filter(only_here) {
                if !names.contains(&column.name) {
                    names.push(column.name.clone());
                }
            }
            let near = nearest(&field.name, names.iter().map(String::as_str));
            let name = field.flat_name();
            missing("column", &name, at, near, &names)
        }
        SchemaError::AmbiguousReference { field } => {
            let at = at(find(&field.name, tokens).or(place));
            Error::usage(format!("'{}' is a column of more than one table{at}", field.name))
                .hint(format!("write the table's name before it, as t.{}", field.name))
        }
        other => Error::usage(line(&other.to_string()))
            .hint("give every column of the SELECT its own name with AS"),
    }
}

fn missing(
    what: &str,
    name: &str,
    place: Option<String>,
    near: Option<&str>,
    all: &[String],
) -> Error {
    let guess = near.map_or_else(String::new, |n| did_you_mean(n.to_owned()));
    let mut list: Vec<&str> = all.iter().take(LISTED).map(String::as_str).collect();
    list.sort_unstable();
    let error = Error::usage(format!("there is no {what} '{name}'{}{guess}", at(place)));
    if list.is_empty() {
        error.hint(format!("there are no {what}s here"))
    } else {
        error.hint(format!("{what}s: {}", list.join(", ")))
    }
}

fn did_you_mean(name: String) -> String {
    format!("; did you mean '{name}'?")
}

fn at(place: Option<String>) -> String {
    place.map_or_else(String::new, |p| format!(" ({p})"))
}

fn find(name: &str, tokens: &[TokenWithSpan]) -> Option<String> {
    let named = |t: &&TokenWithSpan| match &t.token {
        Token::Word(w) => w.value.eq_ignore_ascii_case(name),
        Token::SingleQuotedString(text) => text == name,
        _ => false,
    };
    tokens.iter().find(named).and_then(statement::place_of)
}

/// `table 'datafusion.public.s3' not found` → `s3`.
fn missing_table(text: &str) -> Option<String> {
    let name = text.strip_prefix("table '")?.split_once("' not found")?.0;
    let name = name.strip_prefix("datafusion.public.").unwrap_or(name);
    // What was written as one name is quoted; x.y may be a file that was meant.
    Some(name.replace('"', ""))
}

fn line(text: &str) -> String {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ")
}
