//! The coordinate systems of Sentinel-2 tiles: WGS 84 / UTM.

use crate::error::{Error, Result};

/// The well-known text of EPSG:326zz (north) or EPSG:327zz (south).
///
/// ```
/// assert!(eclaircie::utm_wkt(32631).unwrap().contains("UTM zone 31N"));
/// assert!(eclaircie::utm_wkt(4326).is_err());
/// ```
pub fn utm_wkt(epsg: u32) -> Result<String> {
    let (base, letter, northing) = match epsg {
        32601..=32660 => (32600, 'N', 0),
        32701..=32760 => (32700, 'S', 10_000_000),
        _ => {
            return Err(Error::new(
                crate::error::Kind::Unsupported,
                format!("EPSG:{epsg} is not a UTM zone on WGS 84"),
            )
            .hint("reproject the input to its UTM zone (EPSG:326zz or 327zz) first"));
        }
    };
    let zone = epsg - base;
    let meridian = zone as i32 * 6 - 183;
    Ok(format!(
        "PROJCS[\"WGS 84 / UTM zone {zone}{letter}\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",\
         SPHEROID[\"WGS 84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],\
         AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],\
         UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],\
         AUTHORITY[\"EPSG\",\"4326\"]],PROJECTION[\"Transverse_Mercator\"],\
         PARAMETER[\"latitude_of_origin\",0],PARAMETER[\"central_meridian\",{meridian}],\
         PARAMETER[\"scale_factor\",0.9996],PARAMETER[\"false_easting\",500000],\
         PARAMETER[\"false_northing\",{northing}],UNIT[\"metre\",1,AUTHORITY[\"EPSG\",\"9001\"]],\
         AXIS[\"Easting\",EAST],AXIS[\"Northing\",NORTH],AUTHORITY[\"EPSG\",\"{epsg}\"]]"
    ))
}
