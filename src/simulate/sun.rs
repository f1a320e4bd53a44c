//! The sun, and how brightness changes with sun and view (Ross-Li kernels).

/// Direction to the sun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sun {
    /// Zenith angle, radians.
    pub zenith: f32,
    /// Azimuth clockwise from north, radians.
    pub azimuth: f32,
}

impl Sun {
    /// The sun on a day of the year at `hours` from local solar noon and a latitude in degrees.
    pub fn on(day_of_year: u32, hours: f32, latitude: f32) -> Self {
        let season = (day_of_year as f32 - 81.0) * std::f32::consts::TAU / 365.25;
        let declination = 0.4093 * season.sin();
        let (lat, turn) = (latitude.to_radians(), (hours * 15.0).to_radians());
        let up = lat.sin() * declination.sin() + lat.cos() * declination.cos() * turn.cos();
        let north = lat.cos() * declination.sin() - lat.sin() * declination.cos() * turn.cos();
        let east = -declination.cos() * turn.sin();
        // Lower than 15 degrees over the horizon nothing is acquired.
        Self { zenith: up.acos().min(1.309), azimuth: east.atan2(north) }
    }

    /// (east, south) steps towards the sun on the ground for each metre of height.
    pub fn slant(self) -> (f32, f32) {
        let length = self.zenith.tan();
        (length * self.azimuth.sin(), -length * self.azimuth.cos())
    }
}

/// Coefficients f_iso, f_geo, f_vol of each band in the order of [`super::spectra::BANDS`]
/// (Roy et al. 2016, 2017); B8A borrows from B8.
const COEFFICIENTS: [[f32; 3]; 10] = [
    [0.0774, 0.0079, 0.0372],
    [0.1306, 0.0178, 0.0580],
    [0.1690, 0.0227, 0.0574],
    [0.2085, 0.0256, 0.0845],
    [0.2316, 0.0273, 0.1003],
    [0.2599, 0.0294, 0.1197],
    [0.3093, 0.0330, 0.1535],
    [0.3093, 0.0330, 0.1535],
    [0.3430, 0.0453, 0.1154],
    [0.2658, 0.0387, 0.0639],
];

/// Brightness of each band against a nadir view under the same sun. `view` is the zenith angle and
/// `relative` the azimuth between sun and view, radians.
pub(super) fn view_effect(sun: Sun, view: f32, relative: f32) -> [f32; 10] {
    let seen = kernels(sun.zenith, view, relative);
    let nadir = kernels(sun.zenith, 0.0, 0.0);
    COEFFICIENTS.map(|[iso, geo, vol]| {
        let level = |(k_vol, k_geo): (f32, f32)| iso + geo * k_geo + vol * k_vol;
        level(seen) / level(nadir).max(0.01)
    })
}

/// Ross-thick and Li-sparse reciprocal kernels (h/b = 2, b/r = 1).
fn kernels(sun: f32, view: f32, relative: f32) -> (f32, f32) {
    let phase = (sun.cos() * view.cos() + sun.sin() * view.sin() * relative.cos()).clamp(-1.0, 1.0);
    let xi = phase.acos();
    let vol = ((std::f32::consts::FRAC_PI_2 - xi) * xi.cos() + xi.sin()) / (sun.cos() + view.cos())
        - std::f32::consts::FRAC_PI_4;
    let (ts, tv) = (sun.tan(), view.tan());
    let d2 = (ts * ts + tv * tv - 2.0 * ts * tv * relative.cos()).max(0.0);
    let sec = 1.0 / sun.cos() + 1.0 / view.cos();
    let cost = (2.0 * (d2 + (ts * tv * relative.sin()).powi(2)).sqrt() / sec).clamp(-1.0, 1.0);
    let t = cost.acos();
    let overlap = (t - t.sin() * cost) * sec / std::f32::consts::PI;
    (vol, overlap - sec + 0.5 * (1.0 + phase) / (sun.cos() * view.cos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_morning_sun_stands_south_east_and_higher_in_summer() {
        let (summer, winter) = (Sun::on(172, -1.2, 44.0), Sun::on(355, -1.2, 44.0));
        assert!(summer.zenith < 0.55 && winter.zenith > 1.1, "{summer:?} {winter:?}");
        let (east, south) = winter.slant();
        assert!(east > 0.0 && south > 0.0);
    }

    #[test]
    fn looking_with_the_sun_at_the_back_is_brighter() {
        let sun = Sun::on(172, -1.2, 44.0);
        let (back, front) =
            (view_effect(sun, 0.15, 0.0), view_effect(sun, 0.15, std::f32::consts::PI));
        assert!(back[2] > 1.01 && front[2] < 0.99, "{back:?} {front:?}");
    }
}
