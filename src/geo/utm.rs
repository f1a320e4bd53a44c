//! WGS 84 / UTM: between longitude and latitude and the metres of a zone.
//!
//! The transverse Mercator projection by Krüger's series to the fourth order of the third
//! flattening: better than a millimetre inside a zone and its neighbours.

use crate::error::Result;

const RADIUS: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_223_563;
const SCALE: f64 = 0.9996;
const EASTING: f64 = 500_000.0;
/// Third flattening.
const N: f64 = FLATTENING / (2.0 - FLATTENING);
const N2: f64 = N * N;
const N3: f64 = N2 * N;
const N4: f64 = N3 * N;

/// Terms from the sphere to the ellipsoid's plane, and back.
const FORTH: [f64; 4] = [
    N / 2.0 - 2.0 * N2 / 3.0 + 5.0 * N3 / 16.0 + 41.0 * N4 / 180.0,
    13.0 * N2 / 48.0 - 3.0 * N3 / 5.0 + 557.0 * N4 / 1440.0,
    61.0 * N3 / 240.0 - 103.0 * N4 / 140.0,
    49_561.0 * N4 / 161_280.0,
];
const BACK: [f64; 4] = [
    N / 2.0 - 2.0 * N2 / 3.0 + 37.0 * N3 / 96.0 - N4 / 360.0,
    N2 / 48.0 + N3 / 15.0 - 437.0 * N4 / 1440.0,
    17.0 * N3 / 480.0 - 37.0 * N4 / 840.0,
    4397.0 * N4 / 161_280.0,
];
/// Terms from conformal to geodetic latitude.
const LATITUDE: [f64; 4] = [
    2.0 * N - 2.0 * N2 / 3.0 - 2.0 * N3 + 116.0 * N4 / 45.0,
    7.0 * N2 / 3.0 - 8.0 * N3 / 5.0 - 227.0 * N4 / 45.0,
    56.0 * N3 / 15.0 - 136.0 * N4 / 35.0,
    4279.0 * N4 / 630.0,
];

/// A UTM zone on WGS 84.
///
/// ```
/// let zone = eclaircie::Utm::new(32631).unwrap();
/// let (x, y) = zone.forward(2.2945, 48.8583);
/// assert!((x - 448_251.898).abs() < 0.01 && (y - 5_411_943.794).abs() < 0.01);
/// let (lon, lat) = zone.inverse(x, y);
/// assert!((lon - 2.2945).abs() < 1e-9 && (lat - 48.8583).abs() < 1e-9);
/// assert!(eclaircie::Utm::new(4326).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Utm {
    meridian: f64,
    northing: f64,
}

impl Utm {
    /// The zone of EPSG:326zz (north) or EPSG:327zz (south). Refuses other codes.
    pub fn new(epsg: u32) -> Result<Self> {
        super::utm_wkt(epsg)?;
        let zone = f64::from(epsg % 100);
        let northing = if epsg >= 32_700 { 10_000_000.0 } else { 0.0 };
        Ok(Self { meridian: zone * 6.0 - 183.0, northing })
    }

    /// Easting and northing, metres, of a longitude and latitude in degrees.
    pub fn forward(&self, lon: f64, lat: f64) -> (f64, f64) {
        let turn = (lon - self.meridian + 540.0).rem_euclid(360.0) - 180.0;
        let (lambda, sin) = (turn.to_radians(), lat.to_radians().sin());
        let e = 2.0 * N.sqrt() / (1.0 + N);
        let t = (sin.atanh() - e * (e * sin).atanh()).sinh();
        let xi = t.atan2(lambda.cos());
        let eta = (lambda.sin() / t.hypot(1.0)).atanh();
        let (mut x, mut y) = (eta, xi);
        for (j, a) in FORTH.iter().enumerate() {
            let k = 2.0 * (j + 1) as f64;
            x += a * (k * xi).cos() * (k * eta).sinh();
            y += a * (k * xi).sin() * (k * eta).cosh();
        }
        (EASTING + SCALE * rectifying() * x, self.northing + SCALE * rectifying() * y)
    }

    /// Longitude (-180 to 180) and latitude, degrees, of an easting and northing in metres.
    pub fn inverse(&self, x: f64, y: f64) -> (f64, f64) {
        let scale = SCALE * rectifying();
        let (xi, eta) = ((y - self.northing) / scale, (x - EASTING) / scale);
        let (mut xi0, mut eta0) = (xi, eta);
        for (j, b) in BACK.iter().enumerate() {
            let k = 2.0 * (j + 1) as f64;
            xi0 -= b * (k * xi).sin() * (k * eta).cosh();
            eta0 -= b * (k * xi).cos() * (k * eta).sinh();
        }
        let chi = (xi0.sin() / eta0.cosh()).asin();
        let mut lat = chi;
        for (j, d) in LATITUDE.iter().enumerate() {
            lat += d * (2.0 * (j + 1) as f64 * chi).sin();
        }
        let lambda = eta0.sinh().atan2(xi0.cos());
        let lon = self.meridian + lambda.to_degrees();
        ((lon + 540.0).rem_euclid(360.0) - 180.0, lat.to_degrees())
    }
}

/// Radius of the sphere whose meridian is as long as the ellipsoid's.
fn rectifying() -> f64 {
    RADIUS / (1.0 + N) * (1.0 + N2 / 4.0 + N4 / 64.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EPSG code, longitude, latitude, and the easting and northing that PROJ 9.1 gives.
    const KNOWN: [(u32, f64, f64, f64, f64); 6] = [
        (32631, 2.2945, 48.8583, 448_251.898, 5_411_943.794),
        (32631, 1.4442, 43.6047, 374_439.168, 4_829_145.130),
        (32630, -1.5, 12.35, 663_091.986, 1_365_713.127),
        (32733, 17.9, -33.9, 768_165.727, 6_245_144.632),
        (32660, 179.5, 71.0, 590_818.488, 7_879_270.532),
        (32631, 0.05, 43.2, 260_324.900, 4_787_250.509),
    ];

    #[test]
    fn known_places_lie_where_proj_has_them() {
        for (epsg, lon, lat, x, y) in KNOWN {
            let zone = Utm::new(epsg).unwrap();
            let (e, n) = zone.forward(lon, lat);
            assert!((e - x).abs() < 1e-3 && (n - y).abs() < 1e-3, "{epsg}: {e} {n}");
            let (a, b) = zone.inverse(x, y);
            assert!((a - lon).abs() < 1e-8 && (b - lat).abs() < 1e-8, "{epsg}: {a} {b}");
        }
    }

    #[test]
    fn one_place_has_one_longitude_in_two_zones_across_the_date_line_too() {
        for (a, b, lon, lat) in [(32630, 32631, 0.02, 43.3), (32660, 32601, 179.98, 66.0)] {
            let (a, b) = (Utm::new(a).unwrap(), Utm::new(b).unwrap());
            for zone in [a, b] {
                let (x, y) = zone.forward(lon, lat);
                let (back_lon, back_lat) = zone.inverse(x, y);
                assert!((back_lon - lon).abs() < 1e-8 && (back_lat - lat).abs() < 1e-8);
            }
        }
    }
}
