//! Networks: one file each, built from a card of `models/*.toml`.
//!
//! In: a card, normalised tensors by role. Out: reflectance `[b, 4, h, w]`. Promises: parameters have the
//! original's layer names. Refuses: a card that does not fit the layout, weights that do not fit the network.

mod card;
mod network;

pub use card::Card;
pub use network::{Model, Network};
