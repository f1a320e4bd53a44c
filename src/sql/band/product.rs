//! Every combination of rows of the roles, a batch at a time.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::{filter_record_batch, take};
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;

use super::blocks::{Block, ROWS};
use super::draw::{Hashes, as_arrays, with_ranks};
use super::prepare::Prepared;
use super::program::{Draw, Program};
use super::ranges::Partners;
use super::rows::Rows;
use super::steps;

/// The row of a role that has no partner.
pub(super) const NONE: u32 = u32::MAX;

/// Rows of an answer that are handed on without a copy: those of a usual block.
const WHOLE: usize = 2 * ROWS;

/// The combinations of one block, as far as they were taken.
pub(super) struct Combinations {
    pub(super) levels: Vec<Level>,
    /// Columns of the answer, and of the last condition, before they are gathered.
    output: Vec<(usize, ArrayRef)>,
    /// For each role, its rows, for the condition.
    roles: Vec<Rows>,
    /// Roles whose rows are written down.
    wanted: Vec<bool>,
    /// Where the reference's rows of each place begin, and the place that is next.
    pub(super) offsets: Arc<Vec<u32>>,
    pub(super) place: usize,
    hashes: Option<Hashes>,
    root: usize,
    rows: usize,
    begun: bool,
}

/// One role: how its rows are found from those of an earlier one, and where the search stands.
pub(super) struct Level {
    pub role: usize,
    /// Level of the role that it hangs on.
    pub parent: usize,
    partners: Option<Partners>,
    outer: bool,
    pub row: u32,
    next: usize,
    pub count: usize,
}

impl Combinations {
    pub fn of(program: &Program, prepared: &Prepared, block: &Block) -> Result<Self> {
        let product = &program.product;
        let (roles, links) = roles(program, prepared, block)?;
        let links = links.into_iter().map(|(to, partners)| (to, Some(partners)));
        let found = std::iter::once((0, None)).chain(links).collect();
        let mut output = Vec::with_capacity(product.output.len());
        for (role, column) in &product.output {
            output.push((*role, roles[*role].column(*column)?));
        }
        let all = product.rest.is_some();
        let read = |role: usize| all || product.output.iter().any(|(r, _)| *r == role);
        let wanted = (0..roles.len()).map(read).collect();
        let outer = |r: usize| product.roles[r].link.as_ref().is_some_and(|l| l.outer);
        let rows = roles.first().map_or(0, Rows::len);
        let levels = arrange(found, &outer);
        let hashes = match &product.draw {
            Some(draw) => Some(Hashes::of(draw, prepared, &roles)?),
            None => None,
        };
        let offsets = Arc::clone(&roles[0].offsets);
        let (root, place, begun) = (0, 0, false);
        Ok(Self { levels, output, roles, wanted, offsets, place, hashes, root, rows, begun })
    }

    /// The next combinations, at most `most`; none at the end.
    pub fn next(
        &mut self,
        program: &Program,
        prepared: &Prepared,
        schema: &SchemaRef,
        most: usize,
    ) -> Result<Option<RecordBatch>> {
        if let Some(draw) = &program.product.draw {
            return self.next_drawn(draw, schema, most);
        }
        if self.levels.len() == 1 && prepared.rest.is_none() && self.rows - self.root <= WHOLE {
            return self.rest_of_one(schema);
        }
        loop {
            let mut found: Vec<Vec<u32>> = vec![Vec::new(); self.roles.len()];
            for (rows, wanted) in found.iter_mut().zip(&self.wanted) {
                rows.reserve(if *wanted { most } else { 0 });
            }
            let count = self.fill(&mut found, most);
            if count == 0 {
                return Ok(None);
            }
            let rows: Vec<UInt32Array> = found.into_iter().map(as_array).collect();
            let gather = |(role, column): &(usize, ArrayRef)| take(column, &rows[*role], None);
            let columns = self.output.iter().map(gather).collect::<Result<Vec<_>, _>>()?;
            let length = RecordBatchOptions::new().with_row_count(Some(count));
            let batch = RecordBatch::try_new_with_options(Arc::clone(schema), columns, &length)?;
            let Some(rest) = &prepared.rest else { return Ok(Some(batch)) };
            let holds = rest.holds(count, |mut column| {
                let mut role = 0;
                while column >= self.roles[role].columns() {
                    column -= self.roles[role].columns();
                    role += 1;
                }
                Ok(take(&self.roles[role].column(column)?, &rows[role], None)?)
            })?;
            let kept = filter_record_batch(&batch, &holds)?;
            if kept.num_rows() > 0 {
                return Ok(Some(kept));
            }
        }
    }

    /// All rows that are left of the only role, as they are.
    fn rest_of_one(&mut self, schema: &SchemaRef) -> Result<Option<RecordBatch>> {
        let (from, count) = (self.root, self.rows - self.root);
        self.root = self.rows;
        if count == 0 {
            return Ok(None);
        }
        let columns = self.output.iter().map(|(_, column)| column.slice(from, count)).collect();
        let length = RecordBatchOptions::new().with_row_count(Some(count));
        Ok(Some(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &length)?))
    }

    /// Bytes of what an answer is gathered from.
    pub fn bytes(&self) -> usize {
        let columns = self.output.iter().map(|(_, c)| c.get_array_memory_size()).sum::<usize>();
        let partners = self.levels.iter().filter_map(|l| l.partners.as_ref());
        columns + partners.map(Partners::bytes).sum::<usize>()
    }

    /// The drawn combinations of the next places; none at the end.
    fn next_drawn(
        &mut self,
        draw: &Draw,
        schema: &SchemaRef,
        most: usize,
    ) -> Result<Option<RecordBatch>> {
        let Some(hashes) = self.hashes.take() else { return Ok(None) };
        let (found, ranks) = self.draw(&hashes, draw.keep, most);
        self.hashes = Some(hashes);
        if ranks.is_empty() {
            return Ok(None);
        }
        let rows = as_arrays(found);
        let gather = |(role, column): &(usize, ArrayRef)| take(column, &rows[*role], None);
        let mut columns = self.output.iter().map(gather).collect::<Result<Vec<_>, _>>()?;
        with_ranks(&mut columns, draw, &ranks);
        let length = RecordBatchOptions::new().with_row_count(Some(ranks.len()));
        Ok(Some(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &length)?))
    }

    /// Begins anew with these rows of the reference.
    pub(super) fn limit(&mut self, from: usize, until: usize) {
        (self.root, self.rows, self.begun) = (from, until, false);
    }

    /// Writes down combinations; returns how many.
    fn fill(&mut self, found: &mut [Vec<u32>], most: usize) -> usize {
        let (mut count, last) = (0, self.levels.len() - 1);
        if last == 0 {
            let end = self.rows.min(self.root + most);
            count = end - self.root;
            found[0].extend(self.root as u32..end as u32);
            self.root = end;
            return count;
        }
        while count < most {
            if self.levels[last].next >= self.levels[last].count && !self.advance() {
                break;
            }
            let level = &self.levels[last];
            let run = (level.count - level.next).min(most - count);
            for level in &self.levels[..last] {
                if self.wanted[level.role] {
                    let rows = &mut found[level.role];
                    rows.resize(rows.len() + run, level.row);
                }
            }
            if self.wanted[level.role] {
                let parent = self.levels[level.parent].row as usize;
                match &level.partners {
                    Some(partners) if level.row != NONE => {
                        partners.append(parent, level.next, run, &mut found[level.role]);
                    }
                    _ => found[level.role].push(NONE),
                }
            }
            self.levels[last].next += run;
            count += run;
        }
        count
    }

    /// Moves all levels but the last to their next combination. False at the end.
    pub(super) fn advance(&mut self) -> bool {
        let last = self.levels.len() - 1;
        let mut level = last - 1;
        loop {
            if level == 0 {
                if self.begun {
                    self.root += 1;
                }
                self.begun = true;
                if self.root >= self.rows {
                    return false;
                }
                self.levels[0].row = self.root as u32;
            } else {
                let parent = self.levels[self.levels[level].parent].row;
                let here = &mut self.levels[level];
                here.next += 1;
                if here.next >= here.count {
                    level -= 1;
                    continue;
                }
                here.row = here.at(parent, here.next);
            }
            match (level + 1..=last).find(|below| !self.open(*below)) {
                None => return true,
                Some(dead) => level = dead - 1,
            }
        }
    }

    /// Begins a level anew for the present row of its parent. False if that has no partner.
    fn open(&mut self, level: usize) -> bool {
        let parent = self.levels[self.levels[level].parent].row;
        let here = &mut self.levels[level];
        let found = here.partners.as_ref().map_or(0, |p| p.count(parent as usize));
        here.next = 0;
        here.count = found;
        if found > 0 {
            here.row = here.at(parent, 0);
            return true;
        }
        here.row = NONE;
        here.count = usize::from(here.outer);
        here.outer
    }
}

/// A role's parent, and the role's rows that each of the parent's rows is paired with.
type Found = (usize, Partners);

/// The rows of each role, and for each role but the first its parent and partners.
pub(super) fn roles(
    program: &Program,
    prepared: &Prepared,
    block: &Block,
) -> Result<(Vec<Rows>, Vec<Found>)> {
    let done = steps::run(prepared, block)?;
    let all = &program.product.roles;
    let roles: Vec<Rows> = all.iter().map(|r| done[r.step].clone()).collect();
    let mut links = Vec::with_capacity(prepared.links.len());
    for (number, role) in all.iter().enumerate() {
        if let (Some(link), Some(on)) = (&role.link, prepared.links.get(links.len())) {
            let (left, right) = (&roles[link.to], &roles[number]);
            links.push((link.to, Partners::find(on, left, right, &block.without_place)?));
        }
    }
    Ok((roles, links))
}

impl Level {
    pub(super) fn at(&self, parent: u32, k: usize) -> u32 {
        self.partners.as_ref().map_or(NONE, |p| p.get(parent as usize, k))
    }
}

/// Levels in an order in which each hangs on an earlier one and long runs come last.
fn arrange(found: Vec<(usize, Option<Partners>)>, outer: &dyn Fn(usize) -> bool) -> Vec<Level> {
    let total = |p: &Option<Partners>| p.as_ref().map_or(0, Partners::total);
    let mut waiting: Vec<(usize, usize, usize, Option<Partners>)> = Vec::new();
    for (role, (to, partners)) in found.into_iter().enumerate() {
        waiting.push((role, to, total(&partners), partners));
    }
    let mut levels: Vec<Level> = Vec::new();
    while !waiting.is_empty() {
        let ready = |to: usize, role: usize| {
            role == 0 || (!levels.is_empty() && levels.iter().any(|l| l.role == to))
        };
        let best = (0..waiting.len())
            .filter(|i| ready(waiting[*i].1, waiting[*i].0))
            .min_by_key(|i| (waiting[*i].0 != 0, waiting[*i].2))
            .unwrap_or(0);
        let (role, to, _, partners) = waiting.remove(best);
        let parent = levels.iter().position(|l| l.role == to).unwrap_or(0);
        let outer = outer(role);
        levels.push(Level { role, parent, partners, outer, row: NONE, next: 0, count: 0 });
    }
    levels
}

pub(super) fn as_array(rows: Vec<u32>) -> UInt32Array {
    if rows.contains(&NONE) {
        return rows.into_iter().map(|r| (r != NONE).then_some(r)).collect();
    }
    UInt32Array::from(rows)
}
