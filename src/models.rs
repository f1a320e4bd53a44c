//! Networks: one file each, built from a card of `models/*.toml`.
//!
//! In: a card, normalised float32 tensors by role, `[b, c, h, w]`. Out: reflectance
//! `[b, 4, h, w]`, and of networks with 20 m bands `[b, 6, h / 2, w / 2]`.
//! Promises: layers and padding are those of the study (TensorFlow's SAME), with the original's
//! layer names; the same card and seed give the same weights on every machine. Refuses: a card that
//! does not fit its network or the layout, weights that do not fit the network or are not finite,
//! other formats.

mod adopt;
mod arrays;
mod band_order;
mod blend;
mod blocks;
mod bundle;
mod card;
mod conv;
mod cost;
#[cfg(test)]
mod counts;
mod david;
mod describe;
mod design;
mod encoder;
mod estimate;
mod fill;
mod import;
mod initial;
mod inputs;
mod keras;
mod layers;
#[cfg(test)]
mod learn;
mod manner;
mod model;
mod monthly;
mod monthly_david;
mod msop_unet;
mod network;
mod os1_unet;
#[cfg(test)]
pub(crate) mod parity;
mod run;
mod script;
mod shared;
mod shelf;
mod source;
mod ssop_resnet;
mod ssop_unet;
mod stored;
mod turned;
mod unet;
mod weights;

pub use card::{Card, Head};
pub use estimate::Estimate;
pub use fill::{fill_arrays, filled_by};
pub use import::{Imported, import};
pub use manner::Manner;
pub use model::Model;
pub use network::Network;
pub use run::{RunOptions, run_arrays};
