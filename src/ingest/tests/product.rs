//! Writes tiny products as their chains write them.

use std::path::{Path, PathBuf};

use gdal::DriverManager;
use gdal::raster::{Buffer, GdalType, RasterCreationOptions};

use crate::archive::Layer;
use crate::geo::{Grid, utm_wkt};

/// Side of the tiny tile, 10 m pixels: two cells and a remainder.
pub const SIDE: usize = 140;

pub fn grid(step: f64) -> Grid {
    let side = SIDE * 10 / step as usize;
    Grid::new(32631, 300_000.0, 4_900_020.0, step, side, side).unwrap()
}

/// A GeoTIFF of one or more raster bands, tiled by 64, compressed.
pub fn tif<T: GdalType + Copy>(path: &Path, grid: &Grid, bands: &[Vec<T>], options: &[&str]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut create = RasterCreationOptions::default();
    for option in ["TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"].iter().chain(options) {
        let (key, value) = option.split_once('=').unwrap();
        create.set_name_value(key, value).unwrap();
    }
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let (width, height) = (grid.width, grid.height);
    let mut file = driver
        .create_with_band_type_with_options::<T, _>(path, width, height, bands.len(), &create)
        .unwrap();
    file.set_projection(&utm_wkt(grid.epsg).unwrap()).unwrap();
    file.set_geo_transform(&grid.transform()).unwrap();
    for (i, values) in bands.iter().enumerate() {
        let mut band = file.rasterband(i + 1).unwrap();
        let mut buffer = Buffer::new((width, height), values.clone());
        band.write((0, 0), (width, height), &mut buffer).unwrap();
    }
    file.close().unwrap();
}

/// Reflectance of a band: a number that differs for each band, pixel and seed.
pub fn reflectance(layer: Layer, band: usize, seed: usize) -> Vec<i16> {
    let side = SIDE / layer.factor();
    (0..side * side).map(|i| ((i * 7 + band * 1_000 + seed * 131) % 9_000) as i16).collect()
}

/// Theia's CLM of the tiny product: opaque cloud in the first cell's first row, thin in its second.
pub fn clm() -> Vec<u8> {
    let mut clm = vec![0; SIDE * SIDE];
    clm[..64].fill(3);
    clm[SIDE..SIDE + 10].fill(64);
    clm
}

/// Theia's EDG: the last column is outside.
pub fn edg() -> Vec<u8> {
    (0..SIDE * SIDE).map(|i| u8::from(i % SIDE == SIDE - 1)).collect()
}

pub const THEIA: &str = "SENTINEL2A_20180804-105022-462_L2A_T31TCJ_C_V2-2";

/// A Theia product of `day` in August 2018. Returns its folder.
pub fn theia(root: &Path, day: u32, version: &str, seed: usize) -> PathBuf {
    let name = format!("SENTINEL2A_201808{day:02}-105022-462_L2A_T31TCJ_C_V{version}");
    let folder = root.join("31TCJ").join(&name);
    for layer in [Layer::S2Fine, Layer::S2Coarse] {
        let grid = grid(10.0 * layer.factor() as f64);
        for (i, band) in layer.bands().iter().enumerate() {
            let file = format!("{name}_FRE_{}.tif", band.replace("B0", "B"));
            tif(&folder.join(file), &grid, &[reflectance(layer, i, seed)], &["COMPRESS=DEFLATE"]);
        }
    }
    let fine = grid(10.0);
    tif(&folder.join(format!("MASKS/{name}_CLM_R1.tif")), &fine, &[clm()], &[]);
    tif(&folder.join(format!("MASKS/{name}_EDG_R1.tif")), &fine, &[edg()], &[]);
    folder
}

/// Linear backscatter of a polarisation: the first row is no-data.
pub fn sigma0(seed: usize) -> Vec<f32> {
    let value = |i: usize| 0.001 * (1 + (i * 13 + seed) % 5_000) as f32;
    (0..SIDE * SIDE).map(|i| if i < SIDE { 0.0 } else { value(i) }).collect()
}

/// An S1Tiling pair of `day` in August 2018. Returns the VH file.
pub fn s1(root: &Path, day: u32) -> PathBuf {
    let file =
        |p: &str| root.join(format!("31TCJ/s1a_31TCJ_{p}_ASC_030_201808{day:02}txxxxxx.tif"));
    tif(&file("vv"), &grid(10.0), &[sigma0(1)], &[]);
    tif(&file("vh"), &grid(10.0), &[sigma0(2)], &[]);
    file("vh")
}

pub fn elevation() -> Vec<i16> {
    (0..SIDE * SIDE / 4).map(|i| (i % 900) as i16 - 20).collect()
}

pub fn dem(root: &Path) -> PathBuf {
    let path = root.join("DEM/31TCJ.tif");
    tif(&path, &grid(20.0), &[elevation()], &[]);
    path
}
