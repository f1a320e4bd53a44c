//! Evaluation through the real program: its tables agree with each other, controls are labelled
//! everywhere, and what means nothing is refused.

use std::sync::OnceLock;

use crate::world::{fails, ok, world};

/// The words of a line; `{x}` stands for `x` in the world's folder.
fn words(line: &str) -> Vec<String> {
    let word = |word: &str| match word.split_once('{').zip(word.split_once('}')) {
        Some(((before, _), (inside, after))) => {
            format!("{before}{}{after}", world().path(&inside[before.len() + 1..]))
        }
        None => word.to_owned(),
    };
    line.split_whitespace().map(word).collect()
}

fn run(line: &str) -> String {
    ok(&words(line).iter().map(String::as_str).collect::<Vec<_>>())
}

fn refused(line: &str) -> String {
    fails(&words(line).iter().map(String::as_str).collect::<Vec<_>>()).1
}

/// The answer to a question over a table of an evaluation, without its header.
fn ask(table: &str, sql: &str) -> Vec<String> {
    let table = format!("t={}", world().path(&format!("judged/{table}.parquet")));
    let text = ok(&["sql", "--table", &table, sql, "--format", "csv"]);
    text.lines().skip(1).map(str::to_owned).collect()
}

/// A small network and an evaluation of it with every control, made once; its printed table.
fn judged() -> &'static str {
    static SAID: OnceLock<String> = OnceLock::new();
    SAID.get_or_init(|| {
        run("train {archive} --layout os2 --model msop-unet-small --to {judged/msop} --steps 4 \
             --batch 2 --valid-max 2 --split-block 1");
        run("evaluate {archive} --layout os2 --split-block 1 --truth {truth} --samples-max 24 \
             --method input --method nearest --method gapfill --method gapfill-pair \
             --method {judged/msop/weights.safetensors} --control sar-time --control sar-place \
             --control dem --looks 2 --to {judged}")
    })
}

const CONTROLS: [&str; 3] = ["[sar-time]", "[sar-place]", "[dem]"];

#[test]
fn the_tables_of_an_evaluation_agree() {
    judged();
    let pooled = "SELECT method, round(sum(mae * pixels) / sum(pixels), 6) AS mae, \
                  count(DISTINCT sample) AS n FROM t WHERE stratum = 'all' GROUP BY method ORDER BY 1";
    let scores = "SELECT method, round(value, 6) AS mae, samples FROM t \
                  WHERE stratum = 'all' AND metric = 'mae' AND band = 'all' ORDER BY 1";
    let (pooled, scores) = (ask("patches", pooled), ask("scores", scores));
    assert_eq!(pooled.len(), 8, "five methods, and one under three controls");
    assert_eq!(pooled, scores);
    let of = |method: &str| -> f64 {
        let line = scores.iter().find(|l| l.starts_with(&format!("{method},"))).expect(method);
        line.split(',').nth(1).expect("a number").parse().expect("a number")
    };
    let pair = ask(
        "differences",
        "SELECT value, low, high, blocks FROM t WHERE method = 'gapfill' AND other = 'nearest' \
         AND stratum = 'all' AND metric = 'mae'",
    );
    let numbers: Vec<f64> = pair[0].split(',').map(|n| n.parse().expect("a number")).collect();
    assert!((numbers[0] - (of("gapfill") - of("nearest"))).abs() < 1e-5, "{pair:?}");
    assert!(numbers[1] <= numbers[0] && numbers[0] <= numbers[2] && numbers[3] >= 3.0);
    assert!(of("input") > of("gapfill"), "a cloudy image is no answer");
    for metric in ["psnr", "mae", "rmse", "ssim", "sam_deg"] {
        let score = |method: &str| -> f64 {
            let sql = format!(
                "SELECT value FROM t WHERE method = '{method}' AND stratum = 'all' AND band = 'all' AND metric = '{metric}'"
            );
            ask("scores", &sql)[0].parse().expect("a number")
        };
        let sql = format!(
            "SELECT value FROM t WHERE method = 'gapfill' AND other = 'nearest' AND stratum = 'all' AND metric = '{metric}'"
        );
        let difference: f64 = ask("differences", &sql)[0].parse().expect("a number");
        let want = score("gapfill") - score("nearest");
        assert!(
            (difference - want).abs() < 1e-6 * want.abs().max(1.0),
            "{metric}: {difference} {want}"
        );
    }
}

#[test]
fn strata_part_the_pixels_and_the_samples() {
    judged();
    let pixels = |stratum: &str| -> f64 {
        let sql = format!(
            "SELECT coalesce(sum(pixels), 0) FROM t WHERE method = 'gapfill' AND stratum LIKE '{stratum}'"
        );
        ask("patches", &sql)[0].parse().expect("a number")
    };
    let all = pixels("all");
    assert!(all > 0.0);
    assert_eq!(pixels("cloudy at t") + pixels("clear at t"), all);
    assert!(pixels("cloudy at t") > 0.0 && pixels("clear at t") > 0.0);
    assert_eq!(pixels("changed") + pixels("unchanged"), all, "the truth is known everywhere");
    assert_eq!(pixels("ground: %"), all);
    let samples = |kind: &str| -> u64 {
        let sql = format!(
            "SELECT sum(samples) FROM t WHERE method = 'gapfill' AND metric = 'pixels' \
             AND stratum LIKE '{kind}: %'"
        );
        ask("scores", &sql)[0].parse().expect("a number")
    };
    let of_all = "SELECT samples FROM t WHERE method = 'gapfill' AND metric = 'pixels' \
                  AND stratum = 'all'";
    let of_all: u64 = ask("scores", of_all)[0].parse().expect("a number");
    for kind in ["season", "cloud at t", "nearest clear date"] {
        assert_eq!(samples(kind), of_all, "{kind}");
    }
}

#[test]
fn land_cover_parts_the_pixels_by_a_map() {
    let fields =
        ["31TCJ", "31TDJ"].map(|tile| format!("--cover {{simulated/truth/fields/{tile}.tif}}"));
    let line = "evaluate {archive} --layout os2 --split-block 1 --samples-max 8 --truth {truth} \
                --method gapfill";
    run(&format!("{line} {} --to {{covered}}", fields.join(" ")));
    let table = format!("t={}", world().path("covered/patches.parquet"));
    let ask = |sql: &str| ok(&["sql", "--table", &table, sql, "--format", "csv"]);
    let kinds = ask("SELECT DISTINCT stratum FROM t WHERE stratum LIKE 'cover: %' ORDER BY 1");
    assert!(kinds.contains("cover: arable") && kinds.lines().count() > 3, "{kinds}");
    // Every pixel has one, as every field has a name.
    let pixels = |which: &str| ask(&format!("SELECT sum(pixels) FROM t WHERE stratum {which}"));
    assert_eq!(pixels("LIKE 'cover: %'"), pixels("= 'all'"));
    let some = refused(&format!("{line} {}", fields[0]));
    assert!(some.contains("no map of land cover for tile 31TDJ"), "{some}");
    let other = refused(&format!("{line} --cover 31TCJ={{simulated/truth/fields/31TDJ.tif}}"));
    assert!(other.contains("reading the land cover") && other.contains("lies on"), "{other}");
}

#[test]
fn a_control_is_labelled_in_every_output_and_changes_the_answer() {
    let said = judged();
    let page = std::fs::read_to_string(world().root.join("judged/report.html")).expect("a page");
    let controls = "SELECT DISTINCT control FROM t WHERE control IS NOT NULL ORDER BY 1";
    for table in ["scores", "patches"] {
        assert_eq!(ask(table, controls), ["dem", "sar-place", "sar-time"], "{table}");
    }
    let sql = "SELECT value FROM t WHERE stratum = 'all' AND metric = 'mae' AND band = 'all' \
               AND method LIKE 'msop-unet-small%'";
    let mut values = ask("scores", sql);
    assert_eq!(values.len(), 4);
    values.sort();
    values.dedup();
    assert_eq!(values.len(), 4, "each exchange is seen by the network");
    for control in CONTROLS {
        let name = format!("msop-unet-small {control}");
        assert!(said.contains(&name) && page.contains(&name), "{control}");
        assert!(page.contains(&format!("{control} is a negative control")), "{control}");
        let sql = format!("SELECT count(*) FROM t WHERE method = '{name}' OR other = '{name}'");
        assert_ne!(ask("differences", &sql), ["0"]);
    }
    for kind in ["worst of msop-unet-small:", "median of ", "best of ", "paired differences"] {
        assert!(page.contains(kind), "{kind}");
    }
}

#[test]
fn the_same_seed_gives_the_same_tables() {
    let line = "evaluate {archive} --layout os2 --split-block 1 --samples-max 6 --method gapfill \
                --method nearest --json --seed 5";
    let (one, two) = (run(&format!("{line} --workers 1 --batch 1")), run(line));
    assert_eq!(one, two);
    let found: serde_json::Value = serde_json::from_str(&one).expect("JSON");
    assert!(found["differences"].as_array().expect("differences").len() > 4);
}

#[test]
fn the_study_is_scored_in_its_four_metrics() {
    let scored = |more: &str| -> serde_json::Value {
        let said = run(&format!(
            "evaluate {{archive}} --layout os2 --split-block 1 --samples-max 4 --set target_cloud_max=90 --method gapfill-pair \
             --method input --json {more}"
        ));
        serde_json::from_str(&said).expect("JSON")
    };
    let found = scored("--compat decloud");
    let mut metrics: Vec<&str> = found["scores"]
        .as_array()
        .expect("scores")
        .iter()
        .filter(|s| s["stratum"] == "all")
        .map(|s| s["metric"].as_str().expect("a name"))
        .collect();
    metrics.sort_unstable();
    metrics.dedup();
    assert_eq!(metrics, ["mse", "psnr", "sam", "ssim"]);
    let differences = found["differences"].as_array().expect("differences");
    let known = |d: &serde_json::Value| ["psnr", "ssim"].contains(&d["metric"].as_str().unwrap());
    assert!(!differences.is_empty() && differences.iter().all(known), "{differences:?}");
    // The study counts what a mask hides in the target, we do not.
    let error = |found: &serde_json::Value| -> f64 {
        let all = found["scores"].as_array().expect("scores");
        let is = |s: &&serde_json::Value| {
            s["stratum"] == "all" && s["metric"] == "mse" && s["method"] == "gapfill-pair"
        };
        all.iter().find(is).expect("an error")["value"].as_f64().expect("a number")
    };
    assert_ne!(error(&found), error(&scored("")));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let line = "evaluate {archive} --layout os2 --split-block 1 --samples-max 2 --method gapfill";
    let twice = refused(&format!("{line} --method gapfill"));
    assert!(twice.contains("two methods have the name gapfill"), "{twice}");
    let none = refused(&format!("{line} --days 0.5"));
    assert!(none.contains("no pixel of 2 samples counts") && none.contains("--days"), "{none}");
    ok(&[
        "ingest",
        &world().path("simulated/truth"),
        &world().path("other-truth"),
        "--patch",
        "128",
    ]);
    let other = refused(&format!("{line} --truth {{other-truth}}"));
    assert!(other.contains("has patches of 128 px"), "{other}");
}

#[test]
fn clear_pixels_that_are_kept_are_those_of_the_image_at_t() {
    let errors = |options: &str| -> Vec<(String, String, f64)> {
        let said = run(&format!(
            "evaluate {{archive}} --layout os2 --split-block 1 --truth {{truth}} --samples-max 12 \
             --method input --method gapfill-pair --json {options}"
        ));
        let found: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        let all = found["scores"].as_array().expect("scores").iter();
        let mae = all.filter(|s| s["metric"] == "mae" && s["band"] == "all");
        let text = |s: &serde_json::Value, key: &str| s[key].as_str().expect(key).to_owned();
        mae.map(|s| (text(s, "method"), text(s, "stratum"), s["value"].as_f64().expect("a number")))
            .collect()
    };
    let of = |all: &[(String, String, f64)], method: &str, stratum: &str| {
        all.iter().find(|(m, s, _)| m == method && s == stratum).expect(stratum).2
    };
    let (kept, answered) = (errors("--keep-clear"), errors(""));
    let clear = of(&kept, "input", "clear at t");
    assert_eq!(of(&kept, "gapfill-pair", "clear at t"), clear);
    assert_ne!(of(&answered, "gapfill-pair", "clear at t"), clear);
    let cloudy = |all| of(all, "gapfill-pair", "cloudy at t");
    assert!((cloudy(&kept) - cloudy(&answered)).abs() < 1e-9);
}

#[test]
fn what_an_evaluation_cannot_say_is_refused() {
    for (line, says) in [
        ("--layout os2 --method gapfill --control sar-time", "no method takes s1"),
        ("--layout ssop --method gapfill-pair", "s2_tm1"),
        ("--layout os2 --method no-such-file.safetensors", "no-such-file"),
        ("--layout os2 --method gapfill --control sar", "sar-place"),
    ] {
        let text = refused(&format!("evaluate {{archive}} --split-block 1 {line}"));
        assert!(text.contains(says), "{line}: {text}");
    }
}
