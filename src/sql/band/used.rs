//! Which columns of its steps a program reads.

use std::collections::BTreeSet;

use datafusion::logical_expr::Expr;

use super::compile::index;
use super::program::{Pairing, Product, Step};

type Columns = Vec<BTreeSet<usize>>;

/// For each step, the columns that something reads.
pub(super) fn columns(steps: &[Step], widths: &[usize], product: &Product) -> Columns {
    let mut used: Columns = vec![BTreeSet::new(); steps.len()];
    let roles: Vec<usize> = product.roles.iter().map(|r| r.step).collect();
    for (role, column) in &product.output {
        used[roles[*role]].insert(*column);
    }
    if let Some(fold) = &product.fold {
        used[roles[0]].extend(&fold.columns);
        for total in &fold.totals {
            if let Some(value) = &total.value {
                combined(value, &[roles[total.role]], widths, &mut used);
            }
        }
    }
    for (role, value) in product.draw.iter().flat_map(|d| &d.values) {
        if let Some(role) = role {
            combined(value, &[roles[*role]], widths, &mut used);
        }
    }
    if let Some(expr) = &product.rest {
        combined(expr, &roles, widths, &mut used);
    }
    for role in &product.roles {
        if let Some(link) = &role.link {
            pairing(&link.on, roles[link.to], role.step, widths, &mut used);
        }
    }
    // A step reads earlier ones only.
    for step in (0..steps.len()).rev() {
        let wanted = used[step].clone();
        match &steps[step] {
            Step::Source { .. } => {}
            Step::Filter { of, keep } => {
                used[*of].extend(wanted);
                combined(keep, &[*of], widths, &mut used);
            }
            Step::Project { of, columns } => {
                for column in wanted {
                    combined(&columns[column], &[*of], widths, &mut used);
                }
            }
            Step::Distinct { of, by } => used[*of].extend(wanted.iter().chain(by)),
            Step::Semi { of, with, on, .. } => {
                used[*of].extend(wanted);
                pairing(on, *of, *with, widths, &mut used);
            }
            Step::Nearest(nearest) => {
                let (of, with) = (nearest.of, nearest.with);
                for column in wanted {
                    put(column, &[of, with], widths, &mut used);
                }
                for sort in &nearest.best {
                    combined(&sort.expr, &[of, with], widths, &mut used);
                }
                pairing(&nearest.on, of, with, widths, &mut used);
            }
        }
    }
    used
}

fn pairing(on: &Pairing, of: usize, with: usize, widths: &[usize], used: &mut Columns) {
    if let Some(band) = &on.band {
        used[with].insert(band.column);
        used[of].extend(band.low.iter().chain(&band.high).map(|b| b.column));
    }
    if let Some(expr) = &on.rest {
        combined(expr, &[of, with], widths, used);
    }
}

/// Marks what an expression over the columns of several steps reads.
fn combined(expr: &Expr, steps: &[usize], widths: &[usize], used: &mut Columns) {
    for column in expr.column_refs().into_iter().filter_map(index) {
        put(column, steps, widths, used);
    }
}

fn put(mut column: usize, steps: &[usize], widths: &[usize], used: &mut Columns) {
    for step in steps {
        if column < widths[*step] {
            used[*step].insert(column);
            return;
        }
        column -= widths[*step];
    }
}
