//! Results as one HTML page that a browser opens without a network, and as drawings for other pages.
//!
//! In: pictures, scores, curves, cloudiness and run reports, all plain values. Out: one file,
//! published whole, with style, script and pictures inside. Promises: outside text is inert, the
//! same page gives the same bytes, an empty section is left out, everything but dragging the slider
//! works without script. Refuses: a picture whose bytes do not fit its size, a page too large for a
//! browser.

mod axis;
mod chart;
mod cloudiness;
mod comparison;
mod curve;
#[cfg(feature = "torch")]
mod dots;
mod drawing;
mod escape;
mod facts;
mod number;
mod page;
mod picture;
mod run;
mod score;
mod stretch;
#[cfg(feature = "torch")]
mod strip;
mod table;
mod timeline;

pub use cloudiness::Cloudiness;
pub use comparison::{Comparison, View};
pub use curve::Curve;
#[cfg(feature = "torch")]
pub use dots::{Dots, dots_svg};
pub use page::{Page, write_page};
pub use picture::Picture;
pub use score::ScoreRow;
#[cfg(feature = "torch")]
pub use strip::strip_svg;
pub use timeline::timeline_svg;
