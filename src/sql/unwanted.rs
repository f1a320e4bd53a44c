//! Functions of the engine that a session does not offer.

use datafusion::prelude::SessionContext;

/// They make types of any size out of a text, tell about the machine, or reach inside of a file.
const FUNCTIONS: [&str; 14] = [
    "arrow_cast",
    "arrow_try_cast",
    "cast_to_type",
    "try_cast_to_type",
    "arrow_field",
    "arrow_metadata",
    "with_metadata",
    "union_extract",
    "union_tag",
    "input_file_name",
    "file_row_index",
    "version",
    "uuid",
    "levenshtein",
];
/// They take memory for as many centroids as the query says, and what cannot be had ends the
/// program. `percentile_cont` is exact.
const AGGREGATES: [&str; 2] = ["approx_percentile_cont", "approx_percentile_cont_with_weight"];

/// Takes them out of a session.
pub(super) fn remove(context: &SessionContext) {
    for name in FUNCTIONS {
        context.deregister_udf(name);
    }
    for name in AGGREGATES {
        context.deregister_udaf(name);
    }
}
