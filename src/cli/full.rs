//! Handing over to the program with libtorch and GDAL.
//!
//! To load the two takes a quarter of a second, longer than most questions. So the program is built
//! without them too, and becomes `eclaircie-full`, which lies beside it, for all verbs but those
//! that only ask.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::error::Error;

/// The verbs that are answered without handing over.
const QUICK: [&str; 2] = ["sql", "layout"];

/// Becomes the full program if the verb is not a quick one and the full program is there; comes
/// back with an error only if it is there and does not start.
pub(super) fn hand_over() -> Result<(), Error> {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    if words.first().is_some_and(|verb| QUICK.iter().any(|quick| verb == quick)) {
        return Ok(());
    }
    let me =
        std::env::current_exe().map_err(|e| Error::io("finding this program's own file", e))?;
    let full = me.with_file_name("eclaircie-full");
    if !full.exists() {
        return Ok(());
    }
    let error = Command::new(&full).arg0("eclaircie").args(words).exec();
    Err(Error::io(format!("starting {}", full.display()), error)
        .hint("make both programs again with `make build`"))
}

/// What to do when a verb is not known here.
pub(super) const MISSING: &str = "note: this build has neither libtorch nor GDAL, and no eclaircie-full lies beside it; \
    `make build` makes the program with all verbs";
