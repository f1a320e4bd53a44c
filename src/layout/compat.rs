//! The samples of the Decloud study's program, repeats included.

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
        layout.sql = format!(
            "WITH\nsample AS (\n{}\n)\n\
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

    /// The query as it may stand inside another: without a last semicolon.
    pub(super) fn statement(&self) -> &str {
        self.sql.trim_end().trim_end_matches(';')
    }
}
