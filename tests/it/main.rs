//! The one integration binary: every further one would link libtorch, GDAL and DataFusion again.
// Tests stop at the first surprise, and make the broken files that the program must refuse.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod flow;
mod refusals;
mod tidy;
mod world;
