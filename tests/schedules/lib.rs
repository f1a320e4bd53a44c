//! Every file of the room `stream`, with threads, locks and queues that belong to the model checker
//! `shuttle`: it runs whole graphs under schedules drawn by chance, and finds those that hang, lose
//! an item or reorder one. No wait ever times out here, so a ring that is missed is a hang.
//!
//! `SCHEDULES=20000 cargo test` draws more than 200 for each graph.

// The program uses what these graphs do not.
#![allow(dead_code, unused_imports)]

#[path = "../../src/error.rs"]
mod error;
#[path = "../../src/limits.rs"]
mod limits;
mod stream;

#[cfg(test)]
mod check;
#[cfg(test)]
mod runs;
