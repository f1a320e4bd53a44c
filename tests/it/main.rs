//! The one integration binary: every further one would link libtorch, GDAL and DataFusion again.
//! The program as a whole needs both features; the house style is checked without them too.
// Tests stop at the first surprise, and make the broken files that the program must refuse.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

#[cfg(all(feature = "gdal", feature = "torch"))]
mod coarse;
#[cfg(all(feature = "gdal", feature = "torch"))]
mod controls;
#[cfg(all(feature = "gdal", feature = "torch"))]
mod evaluation;
mod exchange;
#[cfg(all(feature = "gdal", feature = "torch"))]
mod flow;
#[cfg(all(feature = "gdal", feature = "torch"))]
mod memory;
#[cfg(all(feature = "gdal", feature = "torch"))]
mod networks;
#[cfg(all(feature = "gdal", feature = "torch"))]
mod order;
mod own_tables;
#[cfg(all(feature = "gdal", feature = "torch"))]
mod real;
#[cfg(all(feature = "gdal", feature = "torch"))]
mod refusals;
#[cfg(all(feature = "gdal", feature = "torch"))]
#[path = "../../benches/patches/world.rs"]
mod series;
#[cfg(all(feature = "gdal", feature = "torch"))]
mod space;
#[cfg(unix)]
mod spill;
mod sql;
#[cfg(all(feature = "gdal", feature = "torch"))]
mod study;
mod tidy;
#[cfg(all(feature = "gdal", feature = "torch"))]
mod training;
#[cfg(all(feature = "gdal", feature = "torch"))]
mod world;

/// What the maker of series fails with.
#[cfg(all(feature = "gdal", feature = "torch"))]
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
