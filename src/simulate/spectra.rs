//! What surfaces look like: surface reflectance of end-members in ten bands.

/// Bands in the order of every array of this room.
pub(super) const BANDS: [&str; 10] =
    ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"];
/// Which of [`BANDS`] have 10 m pixels.
pub(super) const TEN_METRES: [bool; 10] =
    [true, true, true, false, false, false, true, false, false, false];

/// Reflectance of the ten bands.
pub(super) type Spectrum10 = [f32; 10];

pub(super) const CANOPY: Spectrum10 =
    [0.030, 0.055, 0.030, 0.095, 0.30, 0.42, 0.45, 0.47, 0.22, 0.10];
pub(super) const DRY_SOIL: Spectrum10 =
    [0.09, 0.13, 0.17, 0.20, 0.22, 0.24, 0.26, 0.28, 0.36, 0.31];
pub(super) const WET_SOIL: Spectrum10 =
    [0.055, 0.08, 0.105, 0.125, 0.14, 0.15, 0.165, 0.18, 0.21, 0.16];
pub(super) const STRAW: Spectrum10 = [0.08, 0.12, 0.16, 0.19, 0.21, 0.23, 0.24, 0.26, 0.36, 0.29];
pub(super) const BROADLEAF: Spectrum10 =
    [0.022, 0.042, 0.024, 0.072, 0.23, 0.32, 0.345, 0.36, 0.17, 0.075];
pub(super) const CONIFER: Spectrum10 =
    [0.020, 0.035, 0.022, 0.05, 0.17, 0.22, 0.25, 0.26, 0.12, 0.06];
pub(super) const LEAFLESS: Spectrum10 =
    [0.045, 0.06, 0.075, 0.10, 0.14, 0.16, 0.18, 0.20, 0.22, 0.14];
pub(super) const URBAN: Spectrum10 = [0.11, 0.13, 0.14, 0.16, 0.18, 0.19, 0.21, 0.22, 0.24, 0.22];
pub(super) const ASPHALT: Spectrum10 = [0.10, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.19, 0.18];
pub(super) const CLEAR_WATER: Spectrum10 =
    [0.03, 0.03, 0.02, 0.02, 0.015, 0.015, 0.01, 0.01, 0.005, 0.004];
pub(super) const TURBID_WATER: Spectrum10 =
    [0.06, 0.08, 0.07, 0.06, 0.04, 0.035, 0.03, 0.025, 0.005, 0.004];
pub(super) const BURNT: Spectrum10 = [0.04, 0.05, 0.06, 0.07, 0.09, 0.10, 0.11, 0.12, 0.20, 0.21];
/// Brightness of a thick cloud.
pub(super) const CLOUD: Spectrum10 = [1.0, 1.0, 1.0, 1.0, 0.98, 0.98, 0.97, 0.97, 0.80, 0.60];
/// Share of the light that still reaches a shadow from the sky.
pub(super) const SKYLIGHT: Spectrum10 =
    [0.30, 0.22, 0.17, 0.15, 0.12, 0.11, 0.10, 0.10, 0.05, 0.05];
/// Standard deviation of what the atmospheric correction leaves behind, by date.
pub(super) const HAZE: Spectrum10 =
    [0.010, 0.007, 0.006, 0.005, 0.004, 0.004, 0.004, 0.004, 0.003, 0.002];

/// Band by band, `a` where `t` is 0 and `b` where it is 1.
pub(super) fn blend(a: &Spectrum10, b: &Spectrum10, t: f32) -> Spectrum10 {
    std::array::from_fn(|i| a[i] + t * (b[i] - a[i]))
}

/// Every band times `k`.
pub(super) fn scaled(a: &Spectrum10, k: f32) -> Spectrum10 {
    a.map(|v| v * k)
}
