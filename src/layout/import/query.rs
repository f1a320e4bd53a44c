//! The query of a layout.

use std::fmt::Write;

use super::band::Band;
use super::page::{line, list};
use super::plan::{Floor, Plan, Role};
use super::words::alias;

/// The query, without its header.
pub(super) fn query(plan: &Plan) -> String {
    Query { plan }.text()
}

struct Query<'a> {
    plan: &'a Plan,
}

impl Query<'_> {
    fn text(&self) -> String {
        let mut out = String::from("WITH\n");
        for (_, role) in self.plan.gaps() {
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
        out.push_str("SELECT ");
        list(&mut out, "  ", &columns);
        out.push_str("\nFROM found\n");
        out.push_str(match self.plan.reference() {
            Some(_) => "WHERE $per_place = 0\n  OR draw <= $per_place\n",
            None => "WHERE copy = 1\n  OR $compat = 1\n",
        });
        out
    }

    /// Each valid optical patch with its radar patch, for one largest distance.
    fn nearest(&self, out: &mut String, role: &Role) {
        let (name, gap) = (self.plan.source(role), self.plan.gap_param(role));
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
            Some(role) => line(out, &format!("  FROM {} AS {at}", self.plan.source(role))),
            None => line(out, "  FROM moment"),
        }
        for role in self.plan.others() {
            let a = alias(&role.name);
            line(
                out,
                &format!("  JOIN {} AS {a}\n    ON {a}.cell = {at}.cell", self.plan.source(role)),
            );
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
        let id = |r: &Role| format!("{}.id", alias(&r.name));
        line(out, "    row_number() OVER (");
        match self.plan.reference() {
            Some(_) => {
                let first = ["$seed".to_owned(), format!("{at}.id")];
                let keys: Vec<String> =
                    first.into_iter().chain(self.plan.others().map(id)).collect();
                let _ = write!(out, "      PARTITION BY {at}.cell ORDER BY stable_hash(");
                list(out, "        ", &keys);
                line(out, ")) AS draw");
            }
            None => {
                let keys: Vec<String> = self.plan.roles.iter().map(id).collect();
                out.push_str("      PARTITION BY ");
                list(out, "        ", &keys);
                line(out, &format!(" ORDER BY {at}.time) AS copy"));
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
        let drawn = match role.cloud_min {
            Floor::Fixed(_) => return format!("${name}_cloud_min"),
            Floor::Whole(..) => format!("floor({chance} * ({to} - {from} + 1))"),
            Floor::Any(..) => format!("{chance} * ({to} - {from})"),
        };
        format!("\n      least(${name}_cloud_max, {from}\n        + {drawn})\n     ")
    }

    /// The rows that give the time of reference.
    fn at(&self) -> String {
        self.plan.reference().map_or_else(|| "moment".to_owned(), |r| alias(&r.name))
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
