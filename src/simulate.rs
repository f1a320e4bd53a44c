//! A believable archive with known truth.
//!
//! In: a [`World`]. Out: products as the agencies name them under `products/` (Theia Sentinel-2,
//! S1Tiling Sentinel-1, a terrain model) and, apart, the clear truth under `truth/`. Causes are
//! simulated (plants, soil water, weather, clouds, sun, radar, the processor's mistakes), products
//! are written. Promises: bytes depend on the world alone, not on threads; a killed run leaves
//! whole products only, and the next run goes on from there. Refuses: tiles that are not MGRS
//! squares, sides that are not whole cells, and a folder that holds another world.

mod air;
mod block;
mod cause;
mod chance;
mod cloud;
mod events;
mod fourier;
mod gates;
mod ground;
mod map;
mod mask;
mod optics;
mod parcels;
mod phenology;
mod place;
mod plan;
mod product;
mod radar;
mod region;
mod shadow;
mod spectra;
mod sun;
mod terrain;
#[cfg(test)]
mod tests;
mod town;
mod water;
mod weather;
mod work;
mod world;

pub use cause::Cause;
pub use gates::{Checked, Gate, Measure, check, table};
pub use region::Region;
pub use work::simulate;
pub use world::{Summary, World};
