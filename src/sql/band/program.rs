//! What a band join does with the rows of one block: a list of steps and a final product.
//!
//! Expressions name the columns of a step `#0`, `#1`, …; those of a pair go on counting after the
//! left side's, those of the final product after the columns of the roles before. No step holds a
//! file, a table or a thread: a program is data.

use std::fmt;

use datafusion::logical_expr::{Expr, SortExpr};

/// Position of a step in [`Program::steps`].
pub(super) type StepId = usize;

/// All joins of a chain, over the inputs of the node that carries it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub(super) struct Program {
    /// For every input, its columns that hold the place, equal in number and type.
    pub keys: Vec<Vec<usize>>,
    /// In the order in which they can be taken.
    pub steps: Vec<Step>,
    /// What comes out.
    pub product: Product,
}

/// Rows made of other rows, place by place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub(super) enum Step {
    /// The rows of an input; where the input has the step's columns, of those that are used.
    Source { input: usize, columns: Vec<Option<usize>> },
    /// Those for which a condition holds.
    Filter { of: StepId, keep: Expr },
    /// Other columns of the same rows.
    Project { of: StepId, columns: Vec<Expr> },
    /// Of rows of one place that agree in some columns, the first.
    Distinct { of: StepId, by: Vec<usize> },
    /// Those that have a partner, or those that have none.
    Semi { of: StepId, with: StepId, on: Pairing, anti: bool },
    /// Each row with the best of its partners: columns of both, then the rank from 1 (UInt64).
    Nearest(Nearest),
}

/// See [`Step::Nearest`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub(super) struct Nearest {
    pub of: StepId,
    pub with: StepId,
    pub on: Pairing,
    /// What the best is the first by, over the columns of both.
    pub best: Vec<SortExpr>,
    /// A column of each side, if the first of `best` is how far these two times are apart.
    pub apart: Option<(usize, usize)>,
    /// Partners that are kept.
    pub keep: usize,
    /// Whether a row without a partner stays, with empty columns.
    pub outer: bool,
}

/// Which rows of one place belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd)]
pub(super) struct Pairing {
    /// Bounds on one column of the right side.
    pub band: Option<Band>,
    /// A further condition on the pair.
    pub rest: Option<Expr>,
}

/// `low <= column <= high`, in whole units of the finest of the columns and shifts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub(super) struct Band {
    /// Column of the right side.
    pub column: usize,
    /// Units in one step of that column.
    pub factor: i64,
    /// Lower bounds; all of them hold.
    pub low: Vec<Bound>,
    /// Upper bounds.
    pub high: Vec<Bound>,
}

/// `left column × factor + shift`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub(super) struct Bound {
    /// Column of the left side.
    pub column: usize,
    /// Units in one step of that column.
    pub factor: i64,
    /// Units to add.
    pub shift: i64,
}

/// Every combination of rows of the roles that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub(super) struct Product {
    /// The first is the reference, each other one is linked to one before it.
    pub roles: Vec<Role>,
    /// A condition on the combination.
    pub rest: Option<Expr>,
    /// Role and column of what comes out.
    pub output: Vec<(usize, usize)>,
    /// Or: one row for each row of the reference, with totals over its combinations.
    pub fold: Option<Fold>,
    /// Or: of the combinations of each place, a few drawn by chance.
    pub draw: Option<Draw>,
}

/// The combinations of a place whose `stable_hash` is least. The number of each, from 1, comes
/// out with it if it is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub(super) struct Draw {
    /// Combinations of a place.
    pub keep: usize,
    /// What is hashed: each an expression over the step of one role (a constant has none).
    pub values: Vec<(Option<usize>, Expr)>,
    /// Where the number of a combination stands among what comes out.
    pub ranks: Vec<usize>,
}

/// Totals that need no combination to be written down.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub(super) struct Fold {
    /// Columns of the reference's step that come out first.
    pub columns: Vec<usize>,
    /// Then these.
    pub totals: Vec<Total>,
}

/// A total over the combinations of one row of the reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub(super) struct Total {
    /// The role that it looks at.
    pub role: usize,
    /// Over the columns of that role's step; none counts the combinations.
    pub value: Option<Expr>,
    /// Whether values that are not empty are counted, not added.
    pub counts: bool,
}

/// One relation of the product.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub(super) struct Role {
    pub step: StepId,
    pub link: Option<Link>,
}

/// How a role hangs on another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub(super) struct Link {
    /// The earlier role.
    pub to: usize,
    pub on: Pairing,
    /// Whether a combination without a partner stays, with empty columns.
    pub outer: bool,
}

impl fmt::Display for Program {
    /// One phrase: how many tables, how many steps, and each role with the way it is found.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let nearest = |s: &&Step| matches!(s, Step::Nearest(_));
        write!(f, "{}", count(self.keys.len(), "table"))?;
        write!(f, ", {}", count(self.steps.len(), "step"))?;
        let ranked = self.steps.iter().filter(nearest).count();
        if ranked > 0 {
            write!(f, " ({ranked} nearest)")?;
        }
        write!(f, ", roles=[")?;
        for (number, role) in self.product.roles.iter().enumerate() {
            match &role.link {
                None => write!(f, "#{}", role.step)?,
                Some(link) => {
                    let kind = if link.outer { "left " } else { "" };
                    let how = if link.on.band.is_some() { "sweep" } else { "place" };
                    let rest = if link.on.rest.is_some() { "+rest" } else { "" };
                    write!(f, ", {kind}#{} by {how}{rest} of role {}", role.step, link.to)?;
                }
            }
            debug_assert!(number > 0 || role.link.is_none());
        }
        write!(f, "]")?;
        if self.product.fold.is_some() {
            write!(f, ", counted without listing")?;
        }
        if let Some(draw) = &self.product.draw {
            write!(f, ", {} drawn a place", draw.keep)?;
        }
        if self.product.rest.is_some() {
            write!(f, ", then a condition on all")?;
        }
        Ok(())
    }
}
