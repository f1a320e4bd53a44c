//! The layout file.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::header::{self, Header};
use super::import;
use super::rows::{self, Collected};
use super::shipped::{ALIASES, KINDS};
use crate::error::{Error, Result};
use crate::geo::Splitter;
use crate::layout::Samples;
use crate::limits;
use crate::sql::{Param, Session, check_text, nearest, parameters, split_rule, without_comments};
use crate::store::read_text;

/// A query file: header comment with `-- $name = default  meaning` lines, then one `SELECT`.
#[derive(Debug, Clone)]
pub struct Layout {
    /// File stem, as `ssop`.
    pub name: String,
    /// First paragraph of the header: what it selects.
    pub about: String,
    /// The query.
    pub sql: String,
    /// Parameters with the values in force (defaults until set).
    pub params: Vec<(String, Param)>,
    meanings: Vec<String>,
    presets: Vec<(String, Vec<String>)>,
    pub(super) repeats: bool,
}

impl Layout {
    /// Names of the layouts and questions that ship with the program.
    pub fn shipped() -> Vec<&'static str> {
        Self::shipped_by_kind().flat_map(|(_, names)| names).collect()
    }

    /// The same names by kind: what their rows are for, as a heading says it.
    pub fn shipped_by_kind() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
        KINDS.iter().map(|(kind, all)| (*kind, all.iter().map(|(name, _)| *name).collect()))
    }

    /// A shipped query by name, or a user's file by path: SQL, or the JSON form of the Decloud
    /// study (see [`import`]). `name@preset` sets the parameters of a preset.
    pub fn open(name_or_path: &str) -> Result<Self> {
        let wanted = ALIASES.iter().find(|(old, _)| *old == name_or_path);
        let name_or_path = wanted.map_or(name_or_path, |(_, name)| *name);
        let mut shipped = KINDS.iter().flat_map(|(_, all)| all.iter());
        if let Some((name, text)) = shipped.find(|(n, _)| *n == name_or_path) {
            return Self::parse(name, text);
        }
        let path = Path::new(name_or_path);
        if let (false, Some((base, preset))) = (path.is_file(), name_or_path.rsplit_once('@')) {
            return Self::open(base)?.preset(preset);
        }
        if !path.is_file() {
            let names = Self::shipped();
            let guess = nearest(name_or_path, names.iter().copied())
                .map_or_else(String::new, |n| format!("did you mean '{n}'? "));
            return Err(Error::not_found(format!("no layout is called '{name_or_path}'"))
                .hint(format!("{guess}shipped: {}; or give a .sql file", names.join(", "))));
        }
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) {
            return import(path, None);
        }
        let text = read_text(path)?;
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("layout");
        Self::parse(stem, &text).map_err(|e| e.context(format!("reading {name_or_path}")))
    }

    /// A layout from its text. Every `$name` of the query must be declared in the header, and every
    /// declared one used.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        if text.len() > limits::SQL_BYTES_MAX {
            return Err(Error::usage(format!(
                "the layout is {} bytes long, more than {}",
                text.len(),
                limits::SQL_BYTES_MAX
            )));
        }
        let Header { about, params, presets } = header::read(text)?;
        let used = parameters(text)?;
        if let Some(missing) = used.iter().find(|u| !params.iter().any(|(n, _, _)| n == *u)) {
            return Err(Error::usage(format!("${missing} is used but has no default"))
                .hint(format!("add a line to the header: -- ${missing} = value   meaning")));
        }
        if let Some((idle, _, _)) = params.iter().find(|(n, _, _)| !used.contains(n)) {
            return Err(Error::usage(format!("${idle} is declared but the query does not use it"))
                .hint("remove its line from the header, or use it"));
        }
        let (mut values, mut meanings) = (Vec::new(), Vec::new());
        for (name, value, meaning) in params {
            values.push((name, value));
            meanings.push(meaning);
        }
        let (name, sql) = (name.to_owned(), text.to_owned());
        let layout = Self { name, about, sql, params: values, meanings, presets, repeats: false };
        for (preset, values) in &layout.presets {
            layout.clone().set(values).map_err(|e| e.context(format!("preset @{preset}")))?;
        }
        Ok(layout)
    }

    /// The presets of the header: name, and what it sets.
    pub fn presets(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.presets.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    /// What the preset sets that the layout was opened with: `name=value` each.
    pub fn preset_values(&self) -> &[String] {
        let preset = self.name.rsplit_once('@').map(|(_, preset)| preset);
        let found = self.presets.iter().find(|(name, _)| Some(name.as_str()) == preset);
        found.map_or(&[], |(_, values)| values)
    }

    /// The layout with the values of a preset as its defaults.
    fn preset(mut self, name: &str) -> Result<Self> {
        let Some((_, values)) = self.presets.iter().find(|(n, _)| n == name).cloned() else {
            let names: Vec<String> =
                self.presets.iter().map(|(n, _)| format!("{}@{n}", self.name)).collect();
            let hint = match names.is_empty() {
                true => format!("{} has no presets", self.name),
                false => format!("presets: {}", names.join(", ")),
            };
            let text = format!("layout {} has no preset '{name}'", self.name);
            return Err(Error::not_found(text).hint(hint));
        };
        self.set(&values)?;
        self.sql = header::with_defaults(&self.sql, &self.params);
        self.name = format!("{}@{name}", self.name);
        Ok(self)
    }

    /// What a parameter means, from the header.
    pub fn meaning(&self, name: &str) -> Option<&str> {
        let at = self.params.iter().position(|(n, _)| n == name)?;
        self.meanings.get(at).map(String::as_str)
    }

    /// The parameters in force, for JSON.
    pub fn values(&self) -> BTreeMap<String, Value> {
        let value = |p: &Param| match p {
            Param::Int(i) => Value::from(*i),
            Param::Float(f) => Value::from(*f),
            Param::Text(t) => Value::from(t.as_str()),
        };
        self.params.iter().map(|(name, p)| (name.clone(), value(p))).collect()
    }

    /// Sets parameters from `name=value` texts. Refuses unknown names and wrong types: a number
    /// takes any number, a text takes any text. Sets all of them or none.
    pub fn set(&mut self, assignments: &[String]) -> Result<()> {
        let mut params = self.params.clone();
        for text in assignments {
            let (name, value) = text.split_once('=').ok_or_else(|| {
                Error::usage(format!("'{text}' does not set a parameter")).hint("write name=value")
            })?;
            let name = name.trim().trim_start_matches('$');
            let Some((_, old)) = params.iter_mut().find(|(n, _)| n == name) else {
                return Err(self.unknown(name));
            };
            *old = match (&*old, header::value(value)) {
                (Param::Text(_), Param::Text(new)) => Param::Text(new),
                (Param::Text(_), _) => Param::Text(value.trim().to_owned()),
                (_, new @ (Param::Int(_) | Param::Float(_))) => new,
                (_, Param::Text(_)) => {
                    return Err(Error::usage(format!(
                        "{name} takes a number, not '{}'",
                        value.trim()
                    ))
                    .hint(format!("for example {name}={}", show(&*old))));
                }
            };
        }
        self.params = params;
        Ok(())
    }

    /// blake3 of query and parameters, hex, 16 digits. Comments and spacing do not count.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        // A text that is no SQL has a digest too; running it gives the error.
        hasher.update(without_comments(&self.sql).unwrap_or_else(|_| self.sql.clone()).as_bytes());
        let mut params = self.params.clone();
        params.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, value) in &params {
            hasher.update(format!("\n{name}={value:?}").as_bytes());
        }
        let hex = hasher.finalize().to_hex();
        hex[..16].to_owned()
    }

    /// Runs the query; each row with a patch column for every role is one sample, with its split.
    ///
    /// Needs a column `tile`; `row` and `col` are taken from the patches where there is none; a
    /// text column `split` overrules the splitter. A role without a patch in any row is left out
    /// (an archive without elevation still serves the networks that need none); a role without a
    /// patch in some rows is an error. Rows are sorted by (tile, row, col, times) and equal ones
    /// merged, unless the layout is [`Layout::compat`].
    pub fn samples(&self, session: &Session, splitter: &Splitter) -> Result<Samples> {
        let doing = |e: Error| e.context(format!("running layout {}", self.name));
        let Collected { roles, rows, told } =
            rows::collect(session, &self.sql, &self.params, splitter, self.repeats)
                .map_err(doing)?;
        Ok(Samples {
            roles,
            rows,
            layout: self.name.clone(),
            query_hash: self.hash(),
            splitter: splitter.clone(),
            told: told.then(|| self.split_rule()).transpose()?,
        })
    }

    /// Refuses a text that no session would take, whatever its tables: before another query is put
    /// around it, so that the error names the lines of this one.
    pub(crate) fn check_text(&self) -> Result<()> {
        let doing = |e: Error| e.context(format!("reading layout {}", self.name));
        check_text(&self.sql, &self.params).map_err(doing)
    }

    /// Names of its columns of type patch. Nothing is run: a role of which the archive has no patch at all is among them, though
    /// [`Layout::samples`] leaves it out.
    #[cfg(feature = "torch")]
    pub(crate) fn role_names(&self, session: &Session) -> Result<Vec<String>> {
        let columns = session.columns(&self.sql, &self.params);
        columns
            .and_then(|columns| rows::role_names(&columns))
            .map_err(|e| e.context(format!("reading layout {}", self.name)))
    }

    /// What decides the column `split`: where that is the times of images alone, the text and the rule with its values, so that other
    /// parameters may differ; else the text with all of them.
    fn split_rule(&self) -> Result<String> {
        let rule = split_rule(&self.sql, &self.params)?;
        let bare = Self { params: Vec::new(), ..self.clone() };
        Ok(match rule {
            Some(rule) => format!("{rule} (text {})", bare.hash()),
            None => format!("the column split (text and values {})", self.hash()),
        })
    }

    fn unknown(&self, name: &str) -> Error {
        let names: Vec<&str> = self.params.iter().map(|(n, _)| n.as_str()).collect();
        let guess = nearest(name, names.iter().copied())
            .map_or_else(String::new, |n| format!("; did you mean '{n}'?"));
        let error = Error::usage(format!("layout {} has no parameter '{name}'{guess}", self.name));
        if names.is_empty() {
            error.hint("it has no parameters")
        } else {
            error.hint(format!("parameters: {}", names.join(", ")))
        }
    }
}

fn show(value: &Param) -> String {
    match value {
        Param::Int(i) => i.to_string(),
        Param::Float(f) => f.to_string(),
        Param::Text(t) => t.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_query_opens_and_says_what_it_is() {
        for name in Layout::shipped() {
            let layout = Layout::open(name).unwrap();
            assert!(layout.about.starts_with(&format!("{name}:")), "{name}: {}", layout.about);
            for (p, _) in &layout.params {
                assert!(!layout.meaning(p).unwrap().is_empty(), "{name}: ${p}");
            }
            layout.check_text().unwrap();
        }
    }

    #[test]
    fn a_preset_is_a_name_that_opens_with_its_values_as_defaults() {
        let layout = Layout::open("os2@burkina").unwrap();
        assert_eq!(layout.name, "os2@burkina");
        let again = Layout::parse("os2@burkina", &layout.sql).unwrap();
        assert_eq!(again.params, layout.params);
        assert_eq!(again.hash(), layout.hash());
        assert_ne!(again.hash(), Layout::open("os2").unwrap().hash());
        let error = Layout::open("os2@mars").unwrap_err();
        assert!(error.next_step().unwrap().contains("os2@burkina"), "{error:?}");
        assert_eq!(Layout::open("gfb").unwrap().name, "gf@b");
        let wrong = Layout::parse("x", "-- x: a\n-- $n = 1 m\n-- @p m=2\nSELECT $n").unwrap_err();
        assert!(wrong.to_string().contains("'m'"), "{wrong}");
    }

    #[test]
    fn parameters_are_set_by_name_and_type_or_not_at_all() {
        let text = "-- x: test\n-- $n = 3  a\n-- $t = abc  b\nSELECT $n, $t";
        let mut layout = Layout::parse("x", text).unwrap();
        layout.set(&["n=1.5".into(), "t=12".into()]).unwrap();
        assert_eq!(layout.params[0].1, Param::Float(1.5));
        assert_eq!(layout.params[1].1, Param::Text("12".into()));
        let before = layout.params.clone();
        for bad in ["n=many", "n", "m=1", "n=nan"] {
            assert!(layout.set(&["t=other".into(), bad.into()]).is_err(), "{bad}");
            assert_eq!(layout.params, before);
        }
        let unknown = layout.set(&["nn=1".into()]).unwrap_err();
        assert!(unknown.to_string().contains("did you mean 'n'"), "{unknown}");
    }

    #[test]
    fn an_undeclared_or_idle_parameter_is_refused() {
        assert!(Layout::parse("x", "SELECT $a").unwrap_err().to_string().contains("$a"));
        let idle = Layout::parse("x", "-- $a = 1 m\nSELECT 1").unwrap_err();
        assert!(idle.to_string().contains("does not use"), "{idle}");
    }

    #[test]
    fn comments_and_spacing_do_not_change_the_hash_but_values_do() {
        let hash = |text: &str| Layout::parse("x", text).unwrap().hash();
        let a = hash("-- $n = 1 m\nSELECT   $n -- why\nFROM t");
        assert_eq!(a, hash("-- other\n-- $n = 1 mm\nSELECT $n FROM t"));
        assert_ne!(a, hash("-- $n = 2 m\nSELECT $n FROM t"));
        assert_ne!(a, hash("-- $n = 1 m\nSELECT $n FROM u"));
        assert_eq!(a.len(), 16);
    }

    #[test]
    fn a_split_by_a_column_is_known_by_its_rule_alone() {
        let rule = |sets: &[&str]| {
            let mut layout = Layout::open("os2").unwrap();
            layout.set(&sets.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).unwrap();
            layout.split_rule().unwrap()
        };
        assert_eq!(
            rule(&["test_from=2019-01-01"]),
            rule(&["test_from=2019-01-01", "per_place=3", "cloud_min=50"])
        );
        assert_ne!(rule(&["test_from=2019-01-01"]), rule(&["test_from=2019-02-01"]));
        let plain = Layout::parse("x", "SELECT tile, split, patch AS s2_t FROM s2").unwrap();
        assert!(plain.split_rule().unwrap().contains(&plain.hash()));
        assert_ne!(rule(&["test_from=2019-01-01"]), rule(&["valid_from=2019-01-01"]));
    }

    #[test]
    fn an_unknown_layout_names_its_neighbours() {
        let error = Layout::open("sso").unwrap_err();
        assert!(error.is_not_found());
        assert!(error.next_step().unwrap().contains("'ssop'"), "{error:?}");
    }
}
