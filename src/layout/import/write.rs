//! The query of a layout, as a file.

use std::fmt::Write;

use super::number::text;
use super::plan::{Floor, Plan, Role};
use super::words::alias;

/// Width of the lines of a file.
const WIDTH: usize = 96;

/// A query file named `name`.
pub(super) fn sql(name: &str, plan: &Plan) -> String {
    let query = Query { plan };
    let mut out = about(name, plan);
    out.push_str("--\n");
    let params = query.params();
    let width = params.iter().map(|p| p.0.len() + p.1.len() + 4).max().unwrap_or(0).max(26);
    for (name, value, meaning) in params {
        let declared = format!("${name} = {value}");
        line(&mut out, &format!("-- {declared:width$} {meaning}"));
    }
    out.push_str(&query.text());
    out
}

fn about(name: &str, plan: &Plan) -> String {
    let role = |r: &Role| match r.gap {
        Some(_) => format!("{} with radar", r.name),
        None => r.name.clone(),
    };
    let roles: Vec<String> = plan.roles.iter().map(role).collect();
    let mut out = format!("-- {name}: optical images");
    wrap(&mut out, "-- ", &roles);
    out.push_str(". Imported.\n--\n");
    out.push_str(
        "-- Limits are inclusive. Every combination of patches that fits is one sample;\n",
    );
    out.push_str("-- one image may serve in two roles.\n");
    for remark in &plan.remarks {
        line(&mut out, &format!("-- {remark}"));
    }
    out
}

struct Query<'a> {
    plan: &'a Plan,
}

impl Query<'_> {
    /// Name, default and meaning of every parameter.
    fn params(&self) -> Vec<(String, String, String)> {
        let mut all = Vec::new();
        let mut put = |name: String, value: f64, meaning: String| {
            all.push((name, text(value), meaning));
        };
        for (gap, role) in self.plan.gaps() {
            let of: Vec<&str> = self
                .plan
                .roles
                .iter()
                .filter(|r| r.gap == Some(gap))
                .map(|r| r.name.as_str())
                .collect();
            let meaning =
                format!("largest distance to the radar image of {}, hours", of.join(", "));
            put(self.gap_param(role), gap, meaning);
        }
        for role in &self.plan.roles {
            let name = &role.name;
            if !role.at_reference() {
                let (a, b) = Band::of(role).ends(name);
                put(a.0, a.1, a.2);
                put(b.0, b.1, b.2);
            }
            match role.cloud_min {
                Floor::Fixed(min) => {
                    put(
                        format!("{name}_cloud_min"),
                        min,
                        format!("least cloud of {name}, percent"),
                    );
                }
                Floor::Whole(a, b) => {
                    let drawn = format!("least cloud of {name}: a whole number drawn from here");
                    put(format!("{name}_floor_from"), a as f64, drawn);
                    put(format!("{name}_floor_to"), b as f64, "up to here, percent".to_owned());
                }
                Floor::Any(a, b) => {
                    let drawn = format!("least cloud of {name}: a number drawn from here");
                    put(format!("{name}_floor_from"), a, drawn);
                    put(format!("{name}_floor_to"), b, "up to here, percent".to_owned());
                }
            }
            let most = format!("most cloud of {name}, percent");
            put(format!("{name}_cloud_max"), role.cloud_max, most);
        }
        let mut put = |name: &str, value: &str, meaning: &str| {
            all.push((name.to_owned(), value.to_owned(), meaning.to_owned()));
        };
        match self.plan.reference() {
            Some(_) => put("per_place", "0", "most samples of one place, drawn by chance; 0: all"),
            None => put("compat", "0", "1: a sample comes again for every time that allows it"),
        }
        match (self.plan.reference(), self.plan.draws()) {
            (Some(_), false) => put("seed", "1", "chance of that draw"),
            (_, true) => put("seed", "1", "chance of all draws"),
            (None, false) => {}
        }
        all
    }

    fn text(&self) -> String {
        let mut out = String::from("WITH\n");
        for (gap, role) in self.plan.gaps() {
            let _ = gap;
            self.nearest(&mut out, role);
        }
        if self.plan.reference().is_none() {
            out.push_str(MOMENT);
        }
        self.found(&mut out);
        let mut columns: Vec<String> = ["tile", "row", "col", "time"].map(str::to_owned).into();
        if self.plan.reference().is_some() {
            columns.push("cloud_percent".to_owned());
        }
        for role in &self.plan.roles {
            columns.push(format!("s2_{}", role.name));
            columns.extend(role.gap.map(|_| format!("s1_{}", role.name)));
        }
        columns.push("dem".to_owned());
        out.push_str("SELECT");
        wrap(&mut out, "  ", &columns);
        out.push_str("\nFROM found\n");
        out.push_str(match self.plan.reference() {
            Some(_) => "WHERE $per_place = 0\n  OR draw <= $per_place\n",
            None => "WHERE copy = 1\n  OR $compat = 1\n",
        });
        out
    }

    /// Each valid optical patch with its radar patch, for one largest distance.
    fn nearest(&self, out: &mut String, role: &Role) {
        let (name, gap) = (self.source(role), self.gap_param(role));
        line(out, &format!("{name} AS ("));
        out.push_str(NEAREST_HEAD);
        let sides = format!("o.time - to_hours(${gap}) AND o.time + to_hours(${gap})");
        line(out, &format!("      AND r.time BETWEEN {sides}"));
        out.push_str(NEAREST_TAIL);
    }

    fn found(&self, out: &mut String) {
        let at = self.at();
        out.push_str("found AS (\n  SELECT\n");
        match self.plan.reference() {
            Some(_) => line(
                out,
                &format!("    {at}.tile, {at}.row, {at}.col, {at}.time, {at}.cloud_percent,"),
            ),
            None => line(out, &format!("    {at}.tile, {at}.row, {at}.col, {at}.time,")),
        }
        for role in &self.plan.roles {
            let (a, name) = (alias(&role.name), &role.name);
            match role.gap {
                Some(_) => {
                    line(out, &format!("    {a}.s2 AS s2_{name},\n    {a}.s1 AS s1_{name},"))
                }
                None => line(out, &format!("    {a}.patch AS s2_{name},")),
            }
        }
        line(out, "    dem.patch AS dem,");
        self.window(out);
        match self.plan.reference() {
            Some(role) => line(out, &format!("  FROM {} AS {at}", self.source(role))),
            None => line(out, "  FROM moment"),
        }
        for role in self.plan.others() {
            let a = alias(&role.name);
            line(out, &format!("  JOIN {} AS {a}\n    ON {a}.cell = {at}.cell", self.source(role)));
            match role.at_reference() {
                true => line(out, &format!("    AND {a}.time = {at}.time")),
                false => line(
                    out,
                    &format!("    AND {a}.time BETWEEN {}", Band::of(role).sql(&role.name, &at)),
                ),
            }
        }
        line(out, &format!("  LEFT JOIN dem\n    ON dem.cell = {at}.cell"));
        let mut conditions = Vec::new();
        for role in &self.plan.roles {
            let a = alias(&role.name);
            conditions.extend(role.gap.is_none().then(|| format!("{a}.valid")));
            let (least, name) = (self.least(role), &role.name);
            conditions.push(format!("{a}.cloud_percent BETWEEN {least} AND ${name}_cloud_max"));
        }
        line(out, &format!("  WHERE {})", conditions.join("\n    AND ")));
    }

    /// The number by which samples are drawn, or repeats are told apart.
    fn window(&self, out: &mut String) {
        let at = self.at();
        let ids = |roles: &mut dyn Iterator<Item = &Role>| {
            roles.map(|r| format!("{}.id", alias(&r.name))).collect::<Vec<_>>().join(", ")
        };
        match self.plan.reference() {
            Some(_) => {
                let others = ids(&mut self.plan.others());
                let comma = if others.is_empty() { "" } else { ", " };
                line(out, "    row_number() OVER (");
                let by = format!("stable_hash($seed, {at}.id{comma}{others})");
                line(out, &format!("      PARTITION BY {at}.cell ORDER BY {by}) AS draw"));
            }
            None => {
                let all = ids(&mut self.plan.roles.iter());
                line(out, "    row_number() OVER (");
                line(out, &format!("      PARTITION BY {all} ORDER BY {at}.time) AS copy"));
            }
        }
    }

    /// The least cloudiness of a role, as an expression.
    fn least(&self, role: &Role) -> String {
        let (name, at) = (&role.name, self.at());
        let key = match self.plan.reference() {
            Some(_) => format!("{at}.id"),
            None => format!("{at}.cell, {at}.time"),
        };
        let chance = format!("stable_random($seed, '{name}', {key})");
        let (from, to) = (format!("${name}_floor_from"), format!("${name}_floor_to"));
        match role.cloud_min {
            Floor::Fixed(_) => format!("${name}_cloud_min"),
            Floor::Whole(..) => format!(
                "\n      least(${name}_cloud_max, {from} + floor({chance} * ({to} - {from} + 1)))\n     "
            ),
            Floor::Any(..) => format!(
                "\n      least(${name}_cloud_max, {from} + {chance} * ({to} - {from}))\n     "
            ),
        }
    }

    /// Where the rows of a role come from.
    fn source(&self, role: &Role) -> String {
        let Some(gap) = role.gap else { return "s2".to_owned() };
        match self.plan.gaps().as_slice() {
            [_] => "nearest".to_owned(),
            gaps => {
                let first = gaps.iter().find(|(g, _)| *g == gap).map_or(role, |(_, r)| r);
                format!("nearest_{}", first.name)
            }
        }
    }

    fn gap_param(&self, role: &Role) -> String {
        match self.source(role).strip_prefix("nearest_") {
            Some(first) => format!("{first}_gap_hours"),
            None => "gap_hours".to_owned(),
        }
    }

    /// The rows that give the time of reference.
    fn at(&self) -> String {
        self.plan.reference().map_or_else(|| "moment".to_owned(), |r| alias(&r.name))
    }
}

/// A window, by where it lies; its parameters are never negative, so that they read as distances.
enum Band {
    Before { far: f64, near: f64 },
    Around { before: f64, after: f64 },
    After { near: f64, far: f64 },
}

type Declared = (String, f64, String);

impl Band {
    fn of(role: &Role) -> Self {
        match role.window {
            (a, b) if b <= 0.0 => Band::Before { far: -a, near: 0.0 - b },
            (a, b) if a >= 0.0 => Band::After { near: a, far: b },
            (a, b) => Band::Around { before: -a, after: b },
        }
    }

    fn sql(&self, role: &str, at: &str) -> String {
        let (one, two, a, b) = match self {
            Band::Before { .. } => ("far", "near", '-', '-'),
            Band::Around { .. } => ("before", "after", '-', '+'),
            Band::After { .. } => ("near", "far", '+', '+'),
        };
        let side = |sign, end| format!("{at}.time {sign} to_hours(${role}_{end}_hours)");
        format!("{} AND {}", side(a, one), side(b, two))
    }

    fn ends(&self, role: &str) -> (Declared, Declared) {
        let end = |end: &str, value: f64, meaning: String| {
            (format!("{role}_{end}_hours"), value, meaning)
        };
        let least = |side| format!("least distance of {role}, {side} the reference, hours");
        let most = |side| format!("largest distance of {role}, {side} the reference, hours");
        match *self {
            Band::Before { far, near } => {
                (end("near", near, least("before")), end("far", far, most("before")))
            }
            Band::Around { before, after } => {
                (end("before", before, most("before")), end("after", after, most("after")))
            }
            Band::After { near, far } => {
                (end("near", near, least("after")), end("far", far, most("after")))
            }
        }
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}

/// Appends words with commas; a line that grows too long goes on in a new one.
fn wrap(out: &mut String, indent: &str, words: &[String]) {
    let mut width = out.len() - out.rfind('\n').map_or(0, |at| at + 1);
    for (i, word) in words.iter().enumerate() {
        let comma = if i + 1 < words.len() { "," } else { "" };
        if width + word.len() + 2 > WIDTH {
            let _ = write!(out, "\n{}", indent.trim_end_matches(' '));
            width = 0;
            let pad = indent.len() - indent.trim_end_matches(' ').len();
            let _ = write!(out, "{}{word}{comma}", " ".repeat(pad));
            width += indent.len() + word.len() + 1;
        } else {
            let _ = write!(out, " {word}{comma}");
            width += word.len() + 2;
        }
    }
}

const NEAREST_HEAD: &str = "  \
  -- Each valid optical patch with the nearest valid radar patch of its place. Equally near:
  -- the earlier, then the first by name.
  SELECT * FROM (
    SELECT o.id, o.tile, o.row, o.col, o.cell, o.time, o.cloud_percent,
      o.patch AS s2, r.patch AS s1,
      row_number() OVER (
        PARTITION BY o.id ORDER BY gap_hours(r.time, o.time), r.time, r.scene) AS rank
    FROM s2 AS o
    JOIN s1 AS r
      ON r.cell = o.cell
";

const NEAREST_TAIL: &str = "    \
    WHERE o.valid
      AND r.valid)
  WHERE rank = 1),
";

const MOMENT: &str = "moment AS (
  -- No role stands at the time of reference: the time of every optical image is one.
  SELECT DISTINCT tile, row, col, cell, time
  FROM s2),
";
