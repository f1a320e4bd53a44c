//! The comment at the head of a query file: what it selects, and its parameters.

use crate::error::{Error, Result};
use crate::sql::Param;

/// What the head of a file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Header {
    /// First paragraph.
    pub about: String,
    /// Name, default, meaning.
    pub params: Vec<(String, Param, String)>,
    /// Name, and what it sets: `name=value` each.
    pub presets: Vec<(String, Vec<String>)>,
}

/// Reads the leading comment lines. The first paragraph says what the query selects; a line
/// `-- $name = value  meaning` declares a parameter, a line `-- @name a=1 b=2` a preset of several.
pub(super) fn read(text: &str) -> Result<Header> {
    let (mut header, mut in_about) = (Header::default(), true);
    for (number, line) in text.lines().enumerate() {
        let Some(comment) = line.trim().strip_prefix("--").map(str::trim) else {
            if line.trim().is_empty() {
                continue;
            }
            break;
        };
        if let Some(declared) = comment.strip_prefix('$') {
            in_about = false;
            let (name, value, meaning) =
                declare(declared).map_err(|e| e.context(format!("line {}", number + 1)))?;
            if header.params.iter().any(|(n, _, _)| *n == name) {
                return Err(Error::invalid(format!(
                    "line {}: ${name} is declared twice",
                    number + 1
                )));
            }
            header.params.push((name, value, meaning));
        } else if let Some(preset) = comment.strip_prefix('@') {
            in_about = false;
            let mut words = preset.split_whitespace().map(str::to_owned);
            let name = words.next().ok_or_else(|| {
                Error::invalid(format!("line {}: a preset has a name", number + 1))
                    .hint("write: -- @name parameter=value …")
            })?;
            // A second line of the same name goes on.
            match header.presets.iter_mut().find(|(n, _)| *n == name) {
                Some((_, values)) => values.extend(words),
                None => header.presets.push((name, words.collect())),
            }
        } else if comment.is_empty() {
            in_about = in_about && header.about.is_empty();
        } else if in_about {
            if !header.about.is_empty() {
                header.about.push(' ');
            }
            header.about.push_str(comment);
        }
    }
    Ok(header)
}

/// A value as it is written: whole number, number, or text with or without single quotes.
pub(super) fn value(text: &str) -> Param {
    let text = text.trim();
    if let Ok(i) = text.parse::<i64>() {
        return Param::Int(i);
    }
    let numeric = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    match text.parse::<f64>() {
        // 'inf' and 'nan' read as numbers, but a query can do nothing with them.
        Ok(f) if numeric && f.is_finite() => Param::Float(f),
        _ => {
            let inner = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
            Param::Text(inner.map_or_else(|| text.to_owned(), |t| t.replace("''", "'")))
        }
    }
}

/// The text with these values as defaults in its header.
pub(super) fn with_defaults(text: &str, params: &[(String, Param)]) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let declared = line.trim().strip_prefix("--").and_then(|c| c.trim().strip_prefix('$'));
        let known = declared.and_then(|d| declare(d).ok()).and_then(|(name, _, meaning)| {
            let (_, value) = params.iter().find(|(n, _)| *n == name)?;
            let declared = format!("${name} = {}", written(value));
            Some(format!("-- {declared:25} {meaning}"))
        });
        lines.push(known.unwrap_or_else(|| line.to_owned()));
    }
    lines.join("\n") + "\n"
}

/// A value as a header holds it.
fn written(value: &Param) -> String {
    match value {
        Param::Int(i) => i.to_string(),
        Param::Float(f) => f.to_string(),
        Param::Text(t) => format!("'{}'", t.replace('\'', "''")),
    }
}

fn declare(text: &str) -> Result<(String, Param, String)> {
    let bad = || {
        Error::invalid(format!("'${text}' does not declare a parameter"))
            .hint("write: -- $name = default   what it means")
    };
    let (name, rest) = text.split_once('=').ok_or_else(bad)?;
    let (name, rest) = (name.trim(), rest.trim());
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(word) || rest.is_empty() {
        return Err(bad());
    }
    let end = match rest.strip_prefix('\'') {
        Some(quoted) => quoted.find('\'').map(|i| i + 2).ok_or_else(bad)?,
        None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
    };
    let (default, meaning) = rest.split_at(end);
    Ok((name.to_owned(), value(default), meaning.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_declares_its_parameters_with_types_and_meanings() {
        let text = "-- one: the first line\n--   goes on.\n--\n-- not about.\n\
                    -- $gap_hours = 72    largest gap, hours\n-- $share = -0.5\n\
                    -- $tile = '31 TCJ'  where\n\nSELECT 1 -- $late = 3\n";
        let header = read(text).unwrap();
        assert_eq!(header.about, "one: the first line goes on.");
        let want = [
            ("gap_hours", Param::Int(72), "largest gap, hours"),
            ("share", Param::Float(-0.5), ""),
            ("tile", Param::Text("31 TCJ".into()), "where"),
        ];
        let want: Vec<_> =
            want.into_iter().map(|(n, v, m)| (n.to_owned(), v, m.to_owned())).collect();
        assert_eq!(header.params, want);
    }

    #[test]
    fn a_malformed_or_repeated_declaration_is_refused_with_its_line() {
        for bad in ["-- $x\n", "-- $ = 3\n", "-- $x =\n", "-- $x = 'open\n", "-- $a b = 1\n"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let twice = read("-- $x = 1\n-- $x = 2\nSELECT $x").unwrap_err();
        assert!(twice.to_string().contains("line 2"), "{twice}");
    }

    #[test]
    fn a_preset_names_several_values_and_defaults_can_be_rewritten() {
        let text =
            "-- x: a\n-- $n = 3    number\n-- $t = 'a b'  text\n-- @far n=9 t=c\nSELECT $n, $t\n";
        let far = ("far".to_owned(), vec!["n=9".to_owned(), "t=c".to_owned()]);
        assert_eq!(read(text).unwrap().presets, [far]);
        let params = [("n".to_owned(), Param::Int(9)), ("t".to_owned(), Param::Text("c".into()))];
        let other = with_defaults(text, &params);
        assert!(other.contains("\n-- $n = 9                    number\n"), "{other}");
        let other = read(&other).unwrap();
        assert_eq!(other.params[1], ("t".into(), Param::Text("c".into()), "text".into()));
        let long = read("-- @a n=1\n-- @a t=2\nSELECT 1").unwrap();
        assert_eq!(long.presets, [("a".to_owned(), vec!["n=1".to_owned(), "t=2".to_owned()])]);
        assert!(read("-- @\nSELECT 1").unwrap_err().to_string().contains("line 1"));
    }

    #[test]
    fn nan_and_infinity_are_words() {
        assert_eq!(value("nan"), Param::Text("nan".into()));
        assert_eq!(value("inf"), Param::Text("inf".into()));
        assert_eq!(value("1e3"), Param::Float(1000.0));
    }
}
