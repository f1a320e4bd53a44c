//! A chain of joins becomes the roles of one product.

use std::sync::Arc;

use datafusion::common::{DFSchema, JoinType, NullEquality};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, Join, LogicalPlan};

use super::bounds::{Comparison, band};
use super::compile::{Compiler, Relation, bind, index, numbered, plain_column, plain_columns};
use super::program::{Band, Link, Pairing, Product, Role, Step};

/// Joined relations.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub roles: Vec<Role>,
    /// Where the plan's columns are: role and column of its step.
    pub columns: Vec<(usize, usize)>,
    /// Conditions on three roles or more, over the columns of all roles.
    pub rest: Vec<Expr>,
    /// For each role, the columns of its step that hold the place.
    pub keys: Vec<Vec<usize>>,
}

impl Chain {
    /// A chain of one.
    pub fn of(relation: Relation, key: &[usize]) -> Self {
        let keys = vec![key.iter().map(|k| relation.columns[*k]).collect()];
        let columns = relation.columns.iter().map(|c| (0, *c)).collect();
        let roles = vec![Role { step: relation.step, link: None }];
        Self { roles, columns, rest: Vec::new(), keys }
    }

    /// The relation, if there is only one.
    pub fn single(self) -> Option<Relation> {
        let alone = self.roles.len() == 1 && self.rest.is_empty();
        let columns = self.columns.iter().map(|(_, c)| *c).collect();
        alone.then(|| Relation { step: self.roles[0].step, columns })
    }

    /// What comes out at the end of a program.
    pub fn product(self) -> Product {
        let rest = datafusion::logical_expr::utils::conjunction(self.rest);
        Product { roles: self.roles, rest, output: self.columns, fold: None, draw: None }
    }
}

impl Compiler {
    /// A plan as a chain of joins; one that is no join is a chain of one.
    pub fn chain(&mut self, plan: &LogicalPlan, key: &[usize]) -> Option<Chain> {
        match plan {
            LogicalPlan::SubqueryAlias(alias) if is_chain(&alias.input) => {
                self.chain(&alias.input, key)
            }
            LogicalPlan::Projection(projection) if is_chain(&projection.input) => {
                let plain = plain_columns(&projection.expr, projection.input.schema())?;
                let inner: Vec<usize> = key.iter().map(|k| plain[*k]).collect();
                let mut chain = self.chain(&projection.input, &inner)?;
                chain.columns = plain.iter().map(|p| chain.columns[*p]).collect();
                Some(chain)
            }
            LogicalPlan::Join(join) => self.join(join, key),
            other => Some(Chain::of(self.relation(other, key)?, key)),
        }
    }

    fn join(&mut self, join: &Join, key: &[usize]) -> Option<Chain> {
        if join.null_equality != NullEquality::NullEqualsNothing || join.null_aware {
            return None;
        }
        let kind = join.join_type;
        if kind == JoinType::Right {
            return self.turned(join, key);
        }
        if !matches!(
            kind,
            JoinType::Inner | JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti
        ) {
            return None;
        }
        let places = Places::of(join, key)?;
        // What cannot join the chain on the left is its first role.
        let left = match self.attempt(|c| c.chain(&join.left, &places.left)) {
            Some(chain) => chain,
            None => Chain::of(self.relation(&join.left, &places.left)?, &places.left),
        };
        let right = self.relation(&join.right, &places.right)?;
        let key = places.right.iter().map(|k| right.columns[*k]).collect();
        let conditions = places.conditions(join);
        let roles = left.roles.len();
        let mut chain = self.link(left, right, kind, &conditions, join)?;
        if chain.roles.len() > roles {
            chain.keys.push(key);
        }
        Some(chain)
    }

    /// A right join is a left join with its sides exchanged.
    fn turned(&mut self, join: &Join, key: &[usize]) -> Option<Chain> {
        let first = join.left.schema().fields().len();
        let second = join.right.schema().fields().len();
        let on = join.on.iter().map(|(l, r)| (r.clone(), l.clone())).collect();
        let turned = Join::try_new(
            Arc::clone(&join.right),
            Arc::clone(&join.left),
            on,
            join.filter.clone(),
            JoinType::Left,
            join.join_constraint,
            join.null_equality,
            join.null_aware,
        );
        let place = |k: &usize| if *k < first { second + k } else { k - first };
        let key: Vec<usize> = key.iter().map(place).collect();
        let mut chain = self.join(&turned.ok()?, &key)?;
        chain.columns.rotate_left(second);
        Some(chain)
    }

    /// Hangs a relation on a chain.
    fn link(
        &mut self,
        mut chain: Chain,
        right: Relation,
        kind: JoinType,
        conditions: &[Expr],
        join: &Join,
    ) -> Option<Chain> {
        let split = join.left.schema().fields().len();
        let schema = join.left.schema().join(join.right.schema()).ok()?;
        let roles_of = |e: &Expr| -> Vec<usize> {
            let seen = e.column_refs().into_iter().filter_map(|c| schema.index_of_column(c).ok());
            let mut roles: Vec<usize> =
                seen.filter(|i| *i < split).map(|i| chain.columns[i].0).collect();
            roles.sort_unstable();
            roles.dedup();
            roles
        };
        let (chosen, rest) = choose(conditions, &schema, split, |column| chain.columns[column]);
        let inner = kind == JoinType::Inner;
        let to = match &chosen {
            Some(c) => c.role,
            // Without a band, the role that the conditions speak of.
            None => rest.iter().flat_map(|e| roles_of(e)).next().unwrap_or(0),
        };
        if chain.roles[to].link.as_ref().is_some_and(|l| l.outer) {
            return None;
        }
        let own: usize = self.width(chain.roles[to].step);
        let (mut pair, mut wide) = (Vec::new(), Vec::new());
        for condition in rest {
            let roles = roles_of(condition);
            if roles.is_empty() || roles == [to] {
                pair.push(bind(condition, &schema, |i| match i < split {
                    true => chain.columns[i].1,
                    false => own + right.columns[i - split],
                })?);
            } else if inner {
                wide.push(self.across(condition, &schema, split, &chain, &right)?);
            } else {
                return None;
            }
        }
        let band = match chosen {
            Some(c) => {
                self.bands += 1;
                Some(Band { column: right.columns[c.band.column], ..c.band })
            }
            None => None,
        };
        let on = Pairing { band, rest: datafusion::logical_expr::utils::conjunction(pair) };
        match kind {
            JoinType::Inner | JoinType::Left => {
                let number = chain.roles.len();
                let link = Link { to, on, outer: !inner };
                chain.roles.push(Role { step: right.step, link: Some(link) });
                chain.columns.extend(right.columns.iter().map(|c| (number, *c)));
                chain.rest.extend(wide);
            }
            _ => {
                let anti = kind == JoinType::LeftAnti;
                let of = chain.roles[to].step;
                let width = self.width(of);
                let step = Step::Semi { of, with: right.step, on, anti };
                chain.roles[to].step = self.add(step, width);
            }
        }
        Some(chain)
    }

    /// A condition over the columns of all roles.
    fn across(
        &self,
        condition: &Expr,
        schema: &DFSchema,
        split: usize,
        chain: &Chain,
        right: &Relation,
    ) -> Option<Expr> {
        let mut starts = vec![0];
        for role in &chain.roles {
            starts.push(starts[starts.len() - 1] + self.width(role.step));
        }
        bind(condition, schema, |i| match i < split {
            true => starts[chain.columns[i].0] + chain.columns[i].1,
            false => starts[chain.roles.len()] + right.columns[i - split],
        })
    }
}

/// Whether the plan, below names and columns, is a join.
fn is_chain(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => is_chain(&alias.input),
        LogicalPlan::Projection(projection) => is_chain(&projection.input),
        LogicalPlan::Join(_) => true,
        _ => false,
    }
}

/// The columns that hold the place on both sides of a join, and the equalities beyond it.
struct Places {
    left: Vec<usize>,
    right: Vec<usize>,
    beyond: Vec<usize>,
}

impl Places {
    /// `key` are columns of the join's answer.
    fn of(join: &Join, key: &[usize]) -> Option<Self> {
        let split = join.left.schema().fields().len();
        // Columns of an outer role are empty where it has no partner, so they hold no place.
        if join.join_type == JoinType::Left && key.iter().any(|k| *k >= split) {
            return None;
        }
        let pair = |(l, r): &(Expr, Expr)| {
            Some((plain_column(l, join.left.schema())?, plain_column(r, join.right.schema())?))
        };
        let pairs: Vec<Option<(usize, usize)>> = join.on.iter().map(pair).collect();
        let (mut left, mut right, mut taken) = (Vec::new(), Vec::new(), Vec::new());
        for k in key {
            let holds = |p: &Option<(usize, usize)>| {
                p.is_some_and(|(l, r)| if *k < split { l == *k } else { r == *k - split })
            };
            let at = pairs.iter().position(holds)?;
            let (l, r) = pairs[at]?;
            left.push(l);
            right.push(r);
            taken.push(at);
        }
        let beyond = (0..join.on.len()).filter(|i| !taken.contains(i)).collect();
        Some(Self { left, right, beyond })
    }

    /// All conditions but the equality of places.
    fn conditions(&self, join: &Join) -> Vec<Expr> {
        let equal = |i: &usize| join.on[*i].0.clone().eq(join.on[*i].1.clone());
        let mut all: Vec<Expr> = self.beyond.iter().map(equal).collect();
        all.extend(join.filter.iter().flat_map(split_conjunction).cloned());
        all
    }
}

struct Chosen {
    role: usize,
    band: Band,
}

/// The band that bounds a column of the right side best, and the conditions that are left.
/// `place` tells role and column of a column of the left side.
fn choose<'a>(
    conditions: &'a [Expr],
    schema: &DFSchema,
    split: usize,
    place: impl Fn(usize) -> (usize, usize),
) -> (Option<Chosen>, Vec<&'a Expr>) {
    let read: Vec<Option<Comparison>> =
        conditions.iter().map(|c| Comparison::read(c, schema, split)).collect();
    let group = |c: &Comparison| (place(c.left.column).0, c.right.column);
    // Bounds on both sides are worth most, then more bounds.
    let worth = |of: &(usize, usize)| {
        let mine = || read.iter().flatten().filter(|c| group(c) == *of);
        let both = mine().any(|c| c.is_low) && mine().any(|c| !c.is_low);
        (both, mine().count())
    };
    let groups: Vec<(usize, usize)> = read.iter().flatten().map(group).collect();
    let Some(best) = groups.iter().rev().max_by_key(|g| worth(g)) else {
        return (None, conditions.iter().collect());
    };
    let mine: Vec<Comparison> =
        read.iter().flatten().filter(|c| group(c) == *best).copied().collect();
    let Some(mut band) = band(&mine, split) else { return (None, conditions.iter().collect()) };
    for bound in band.low.iter_mut().chain(&mut band.high) {
        bound.column = place(bound.column).1;
    }
    let left = conditions.iter().zip(&read);
    let rest = left.filter(|(_, r)| r.as_ref().is_none_or(|c| group(c) != *best));
    (Some(Chosen { role: best.0, band }), rest.map(|(c, _)| c).collect())
}

/// Columns of the left side that a pairing reads.
pub(super) fn left_columns(on: &Pairing, width: usize) -> Vec<usize> {
    let mut all: Vec<usize> = Vec::new();
    if let Some(band) = &on.band {
        all.extend(band.low.iter().chain(&band.high).map(|b| b.column));
    }
    if let Some(expr) = &on.rest {
        all.extend(expr.column_refs().into_iter().filter_map(index).filter(|c| *c < width));
    }
    all
}

/// A column of a step as an expression.
pub(super) fn column(k: usize) -> Expr {
    Expr::Column(numbered(k))
}
