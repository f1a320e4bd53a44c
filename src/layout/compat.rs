//! A layout inside another query: repeats as the Decloud study's program gives them, and regions.

use super::Layout;
use crate::sql::Param;

/// The parameter by which a query lets one image serve as input and target, as that program does.
const PARAMETER: &str = "compat";

impl Layout {
    /// The same layout as the program of the Decloud study answers it: a multiset. There, every
    /// optical image of a place is a reference, even one without data, and finds what lies at its
    /// distances; so where several have the same time, each sample comes once for each of them.
    ///
    /// The query must have the columns `tile`, `row`, `col` and `time`, the time of the reference.
    /// A parameter `$compat` is set to 1, where there is one.
    #[must_use]
    pub fn compat(&self) -> Self {
        let mut layout = self.clone();
        if let Some((_, value)) = layout.params.iter_mut().find(|(name, _)| name == PARAMETER) {
            *value = Param::Int(1);
        }
        // The text begins in the first line, so that an error in it names the line that the user wrote.
        layout.sql = format!(
            "WITH sample AS ({}\n)\n\
             SELECT sample.*\n\
             FROM sample\n\
             JOIN s2 AS reference\n  \
               ON reference.tile = sample.tile\n  \
               AND reference.row = sample.row\n  \
               AND reference.col = sample.col\n  \
               AND reference.time = sample.time\n",
            self.statement()
        );
        layout.repeats = true;
        layout
    }

    /// The same layout at the places of a table with the columns `tile`, `row`, `col`: a region of
    /// interest.
    #[must_use]
    pub fn within(&self, table: &str) -> Self {
        let mut layout = self.clone();
        layout.sql = format!(
            "WITH sample AS ({}\n),\n\
             inside AS (\n  SELECT DISTINCT tile, row, col\n  FROM {table})\n\
             SELECT sample.*\n\
             FROM sample\n\
             JOIN inside\n  \
               ON inside.tile = sample.tile\n  \
               AND inside.row = sample.row\n  \
               AND inside.col = sample.col\n",
            self.statement()
        );
        layout
    }

    /// The query as it may stand inside another: without a last semicolon.
    pub(super) fn statement(&self) -> &str {
        self.sql.trim_end().trim_end_matches(';')
    }
}
