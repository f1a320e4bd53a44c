//! What differs between a manifest and the sample set that is made now.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::SampleManifest;

/// Keys of a count that are told one by one.
const TOLD: usize = 20;

/// One field in which a sample set is not what its manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which field, as `parameter gap_hours`.
    pub field: String,
    /// What the manifest says.
    pub manifest: String,
    /// What is found.
    pub now: String,
    /// What to do, or what it follows from.
    pub next: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, manifest, now, next } = self;
        write!(f, "{field}: the manifest says {manifest}, now it is {now}; {next}")
    }
}

impl SampleManifest {
    /// What differs in `now`, causes first; empty if nothing does.
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let mut all = List::default();
        self.parameters_of(now, &mut all);
        let values = all.0.is_empty();
        self.layout_of(now, values, &mut all);
        all.add("catalog and tables", &self.snapshot, &now.snapshot, || {
            "products or files have changed since: compare with what was there then".into()
        });
        self.split_of(now, &mut all);
        self.draw_of(now, &mut all);
        let follows = match all.0.is_empty() {
            true => "nothing else differs: was the manifest made by another version?",
            false => "it follows from the lines above",
        };
        let follows = || follows.to_owned();
        let list = |roles: &[String]| roles.join(", ");
        all.add("roles", &list(&self.roles), &list(&now.roles), follows);
        let (was, is) = (&self.counts, &now.counts);
        all.add("all samples", &was.all, &is.all, follows);
        all.counts("samples of use", &was.split, &is.split, &follows);
        all.counts("samples of tile", &was.tile, &is.tile, &follows);
        all.counts("samples of season", &was.season, &is.season, &follows);
        all.add("digest of the samples", &self.samples, &now.samples, follows);
        all.0
    }

    fn parameters_of(&self, now: &Self, all: &mut List) {
        let names: BTreeSet<&String> =
            self.parameters.keys().chain(now.parameters.keys()).collect();
        let shown = |v: Option<&Value>| v.map_or_else(|| "nothing".to_owned(), Value::to_string);
        for name in names {
            let (was, is) = (self.parameters.get(name), now.parameters.get(name));
            let next = || match (was, is) {
                (Some(was), Some(_)) => {
                    format!("add --set {name}={}, or leave out what sets it", plain(was))
                }
                (Some(_), None) => "the layout has no such parameter any more: restore it".into(),
                _ => "the layout has a parameter more: restore it, or write a new manifest".into(),
            };
            all.add(&format!("parameter {name}"), &shown(was), &shown(is), next);
        }
    }

    /// `values`: whether all parameters are the same.
    fn layout_of(&self, now: &Self, values: bool, all: &mut List) {
        let base = |name: &str| name.split('@').next().unwrap_or_default().to_owned();
        // Only the name of a preset differs where its values do not.
        if !values || base(&self.layout) != base(&now.layout) {
            all.add("layout", &self.layout, &now.layout, || {
                format!("name the manifest's own layout, {}", self.layout)
            });
        }
        all.add("digest of the query", &self.query, &now.query, || match values {
            true => "the SQL of the layout has changed, or --roi and --compat are not as they \
                     were: restore them"
                .into(),
            false => "it follows from the parameters, if the SQL is as it was".into(),
        });
    }

    fn split_of(&self, now: &Self, all: &mut List) {
        let (was, is) = (&self.split, &now.split);
        let flag = |name: &str, value: &dyn fmt::Display| format!("write --{name} {value}");
        let (then, by) = (was.by.name(), is.by.name());
        all.add("ground is split by", &then, &by, || flag("split-by", &then));
        all.add("block", &was.block, &is.block, || flag("split-block", &was.block));
        all.add("share that validates", &was.valid, &is.valid, || flag("valid-share", &was.valid));
        all.add("share that tests", &was.test, &is.test, || flag("test-share", &was.test));
        all.add("seed of the split", &was.seed, &is.seed, || flag("split-seed", &was.seed));
        all.add("buffer", &was.buffer, &is.buffer, || flag("split-buffer", &was.buffer));
        let regions = |r: &Option<String>| r.clone().unwrap_or_else(|| "none".to_owned());
        all.add("regions", &regions(&was.regions), &regions(&is.regions), || {
            "give --split-regions the file that the manifest was made with".into()
        });
    }

    fn draw_of(&self, now: &Self, all: &mut List) {
        let (was, is) = (&self.draw, &now.draw);
        let most = |n: Option<u32>| n.map_or_else(|| "all".to_owned(), |n| n.to_string());
        let next = |name: &str, value: Option<String>| match value {
            Some(value) => format!("write --{name} {value}"),
            None => format!("leave out --{name}"),
        };
        all.add("samples of a place", &most(was.per_place), &most(is.per_place), || {
            next("per-place", was.per_place.map(|n| n.to_string()))
        });
        let balance = |b: Option<super::Balance>| if b.is_some() { "season" } else { "nothing" };
        all.add("balanced", &balance(was.balance), &balance(is.balance), || {
            next("balance", was.balance.map(|_| "season".to_owned()))
        });
        all.add("seed of the draw", &was.seed, &is.seed, || {
            next("draw-seed", Some(was.seed.to_string()))
        });
    }
}

/// The differences found so far.
#[derive(Default)]
struct List(Vec<Difference>);

impl List {
    fn add<T: fmt::Display>(
        &mut self,
        field: &str,
        was: &T,
        now: &T,
        next: impl FnOnce() -> String,
    ) {
        let (manifest, now) = (was.to_string(), now.to_string());
        if manifest != now {
            self.0.push(Difference { field: field.to_owned(), manifest, now, next: next() });
        }
    }

    fn counts(
        &mut self,
        what: &str,
        was: &BTreeMap<String, u64>,
        now: &BTreeMap<String, u64>,
        next: &dyn Fn() -> String,
    ) {
        let keys: BTreeSet<&String> = was.keys().chain(now.keys()).collect();
        let of = |counts: &BTreeMap<String, u64>, key: &str| counts.get(key).copied().unwrap_or(0);
        let both = keys.into_iter().map(|key| (key, of(was, key), of(now, key)));
        let differ: Vec<_> = both.filter(|(_, was, now)| was != now).collect();
        for (key, was, now) in differ.iter().take(TOLD) {
            self.add(&format!("{what} {key}"), was, now, next);
        }
        let more = differ.len().saturating_sub(TOLD);
        if more > 0 {
            let field = format!("{what}, {more} more");
            let (manifest, now) = ("other numbers".to_owned(), "these".to_owned());
            self.0.push(Difference { field, manifest, now, next: next() });
        }
    }
}

/// A value as `--set` takes it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::geo::Splitter;
    use crate::layout::{Difference, Draw, Layout, SampleManifest};
    use crate::sql::fixture::{Patch, session};

    fn manifest(layout: &Layout, draw: &Draw) -> SampleManifest {
        let all = [Patch::s1(0, 1.0), Patch::s2(0, 0.0, 40.0), Patch::s2(1, 300.0, 0.0)];
        let (session, _folder) = session(&all);
        let samples = layout.samples(&session, &Splitter::default()).unwrap().drawn(draw);
        SampleManifest::of(layout, &samples, draw, "snapshot")
    }

    fn lines(all: &[Difference]) -> Vec<String> {
        all.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_field_that_differs_is_a_line_with_both_values_and_what_to_do() {
        let was = manifest(&Layout::open("ssop").unwrap(), &Draw::default());
        let draw = Draw { per_place: Some(2), ..Draw::default() };
        let now = manifest(&Layout::open("ssop@burkina").unwrap(), &draw);
        let lines = lines(&was.differences(&now));
        assert_eq!(
            lines[..4],
            [
                "parameter gap_hours: the manifest says 72, now it is 144; \
                 add --set gap_hours=72, or leave out what sets it",
                "parameter target_hours: the manifest says 240, now it is 336; \
                 add --set target_hours=240, or leave out what sets it",
                "layout: the manifest says ssop, now it is ssop@burkina; \
                 name the manifest's own layout, ssop",
                &format!(
                    "digest of the query: the manifest says {}, now it is {}; \
                     it follows from the parameters, if the SQL is as it was",
                    was.query, now.query
                ),
            ]
        );
        let drawn = "samples of a place: the manifest says all, now it is 2; leave out --per-place";
        assert_eq!(lines[4], drawn);
        let all = "all samples: the manifest says 0, now it is 1; it follows from the lines above";
        assert!(lines.iter().any(|l| l == all), "{lines:?}");
        assert!(lines.iter().all(|l| !l.contains(['{', '"'])), "{lines:?}");
    }

    #[test]
    fn another_name_for_the_same_values_is_no_difference() {
        let was = manifest(&Layout::open("ssop@burkina").unwrap(), &Draw::default());
        let mut layout = Layout::open("ssop").unwrap();
        layout.set(&was.assignments()).unwrap();
        assert_eq!(lines(&was.differences(&manifest(&layout, &Draw::default()))), [""; 0]);
    }

    #[test]
    fn a_set_that_differs_without_a_cause_says_so() {
        let was = manifest(&Layout::open("ssop@burkina").unwrap(), &Draw::default());
        let mut now = was.clone();
        now.samples = "0".repeat(32);
        let lines = lines(&was.differences(&now));
        assert!(lines[0].contains("nothing else differs"), "{lines:?}");
    }
}
