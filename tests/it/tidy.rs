//! The house style, executed: reads the tree and fails on what a reviewer would send back.
//!
//! One rule per file. A rule is a function from text to faults, one test that runs it over the
//! tree, and one test that shows it a bad snippet, so that no rule can pass by seeing nothing.

mod functions;
mod imports;
mod lock;
mod marks;
mod names;
mod orphans;
mod queries;
mod readme;
mod rust;
mod size;
mod tree;
mod unsafe_code;

/// Fails with every fault on a line of its own.
fn refuse(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}
