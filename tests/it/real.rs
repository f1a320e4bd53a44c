//! Gap-filling on real pixels by the protocol of others: every clear date hidden in turn.

use std::io::Write;
use std::path::Path;

use crate::world::ok;

/// Mean absolute errors of a line between the nearest clear observations, computed elsewhere over 28
/// dates of this site (one of which is no whole patch for us).
const REFERENCE: [(&str, f64); 5] =
    [("B02", 212.0), ("B03", 225.0), ("B04", 252.0), ("B08", 632.0), ("ndvi", 0.0748)];

#[test]
fn clear_dates_of_a_real_site_are_filled_better_than_by_a_line() {
    let named = std::env::var_os("ECLAIRCIE_SHARED");
    let shared = named.clone().unwrap_or_else(|| "../shared".into());
    let series = Path::new(&shared).join("data/real/series-be-31UES");
    if !series.is_dir() {
        assert!(named.is_none(), "ECLAIRCIE_SHARED has no {}", series.display());
        let text =
            "NOT TESTED: gap-filling on real pixels: ECLAIRCIE_SHARED may name the folder of data/";
        // Past what captures the output of tests.
        let _ = writeln!(std::io::stderr(), "{text}: no {}", series.display());
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let archive = folder.path().join("archive").display().to_string();
    ok(&["ingest", &series.display().to_string(), &archive, "--patch", "64"]);
    let said = ok(&[
        "evaluate",
        &archive,
        "--layout",
        "hidden",
        "--valid-share",
        "0",
        "--test-share",
        "0",
        "--split",
        "train",
        "--method",
        "gapfill",
        "--method",
        "gapfill-loess",
        "--json",
    ]);
    let found: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(found["samples"], 27);
    let error = |method: &str, band: &str| -> f64 {
        let is = |s: &&serde_json::Value| {
            let metric = if band == "ndvi" { "ndvi_mae" } else { "mae" };
            let same = s["metric"] == metric && (s["band"] == band || band == "ndvi");
            s["stratum"] == "all" && s["method"] == method && same
        };
        let all = found["scores"].as_array().expect("scores");
        all.iter().find(is).expect(band)["value"].as_f64().expect("a number")
    };
    for (band, reference) in REFERENCE {
        let (line, loess) = (error("gapfill", band), error("gapfill-loess", band));
        assert!((line / reference - 1.0).abs() < 0.03, "gapfill {band}: {line}, not {reference}");
        assert!(loess < reference, "gapfill-loess {band}: {loess}, the reference {reference}");
    }
}
