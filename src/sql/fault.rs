//! An error of DataFusion becomes one clear line, with the place and the name that was meant.

use datafusion::common::{DataFusionError, SchemaError};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{nearest, statement};
use crate::error::{Error, Kind};

/// Columns or tables that a hint lists at most.
const LISTED: usize = 40;

/// The error in our words. `tokens` are those of the text, `tables` the names that exist.
pub(super) fn explain(
    error: &DataFusionError,
    tokens: &[TokenWithSpan],
    tables: &[String],
) -> Error {
    let (root, mut place) = (root(error), None);
    if let DataFusionError::Diagnostic(d, _) = error {
        place = d.span.map(|s| format!("line {}, column {}", s.start.line, s.start.column));
    }
    match root {
        DataFusionError::SchemaError(inner, _) => schema(inner, place, tokens),
        DataFusionError::Plan(text) => match missing_table(text) {
            Some(name) => {
                let at = place.or_else(|| find(&name, tokens));
                let near = nearest(&name, tables.iter().map(String::as_str));
                missing("table", &name, at, near, tables)
            }
            None => {
                Error::usage(format!("the query cannot be planned{}: {}", at(place), line(text)))
            }
        },
        DataFusionError::SQL(inner, _) => Error::usage(format!(
            "this is not SQL: {}",
            line(inner.to_string().trim_start_matches("sql parser error: "))
        )),
        _ => plain(root),
    }
}

/// The error in our words, where there is no text to point at.
pub(super) fn plain(error: &DataFusionError) -> Error {
    let root = root(error);
    let text = line(&root.strip_backtrace());
    match root {
        DataFusionError::ResourcesExhausted(_) => Error::new(
            Kind::OutOfMemory,
            format!("the query needs more than its memory limit: {text}"),
        )
        .hint("narrow the query, add a condition on tile or time, or raise --memory"),
        DataFusionError::NotImplemented(_) => Error::new(Kind::Unsupported, text),
        DataFusionError::IoError(_) | DataFusionError::ObjectStore(_) => {
            Error::new(Kind::Io, format!("a table cannot be read: {text}"))
        }
        DataFusionError::ParquetError(_) => {
            Error::invalid(format!("a table cannot be read: {text}"))
        }
        DataFusionError::Internal(_) => Error::internal(text),
        DataFusionError::ArrowError(..) | DataFusionError::Execution(_) => {
            Error::usage(format!("the query cannot be answered: {text}"))
        }
        _ => Error::usage(text),
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
    let guess = near.map_or_else(String::new, |n| format!("; did you mean '{n}'?"));
    let mut list: Vec<&str> = all.iter().take(LISTED).map(String::as_str).collect();
    list.sort_unstable();
    let error = Error::usage(format!("there is no {what} '{name}'{}{guess}", at(place)));
    if list.is_empty() {
        error.hint(format!("there are no {what}s here"))
    } else {
        error.hint(format!("{what}s: {}", list.join(", ")))
    }
}

fn at(place: Option<String>) -> String {
    place.map_or_else(String::new, |p| format!(" ({p})"))
}

fn find(name: &str, tokens: &[TokenWithSpan]) -> Option<String> {
    let named = |t: &&TokenWithSpan| match &t.token {
        Token::Word(w) => w.value.eq_ignore_ascii_case(name),
        _ => false,
    };
    tokens.iter().find(named).and_then(statement::place_of)
}

/// `table 'datafusion.public.s3' not found` → `s3`.
fn missing_table(text: &str) -> Option<String> {
    let name = text.strip_prefix("table '")?.split_once("' not found")?.0;
    name.rsplit('.').next().map(|n| n.trim_matches('"').to_owned())
}

fn line(text: &str) -> String {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ")
}
