//! Samples to files and back, through the program and the library, on an archive that needs no
//! product: numbers that differ everywhere.

mod archive;
mod npy;
mod program;
mod shards;
mod tables;
mod tfrecord;
