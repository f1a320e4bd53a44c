//! Tiny products written through GDAL, ingested and read back.

mod archive;
mod damage;
mod product;
mod real;
mod repair;
