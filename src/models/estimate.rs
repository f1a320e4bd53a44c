//! What a network answers.

use tch::Tensor;

/// Reflectance, normalised as the inputs are.
#[derive(Debug)]
pub struct Estimate {
    /// The 10 m bands, `[b, 4, h, w]`.
    pub fine: Tensor,
    /// The 20 m bands, `[b, 6, h / 2, w / 2]`, of a network that takes them.
    pub coarse: Option<Tensor>,
}

impl Estimate {
    /// The 10 m bands alone.
    pub fn fine(fine: Tensor) -> Self {
        Self { fine, coarse: None }
    }
}
