//! The main job through the real program, on a small world.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::world::{World, alone, eclaircie, fails, listing, ok, world};

fn lines(text: &str) -> usize {
    text.lines().filter(|l| !l.trim().is_empty()).count()
}

#[test]
fn ingesting_again_changes_nothing() {
    let (w, _alone) = (world(), alone());
    let before = listing(&w.root.join("archive"));
    ok(&["ingest", &w.path("simulated/products"), &w.path("archive"), "--patch", "64"]);
    assert_eq!(before, listing(&w.root.join("archive")));
}

#[test]
fn a_question_is_answered_in_every_format() {
    let w = world();
    let archive = w.path("archive");
    let sql =
        "SELECT tile, count(*) AS n FROM scenes WHERE sensor = 's2' GROUP BY tile ORDER BY tile";
    assert!(ok(&["sql", &archive, sql]).contains("31TCJ"));
    let csv = ok(&["sql", &archive, sql, "--format", "csv"]);
    assert_eq!(csv.lines().next(), Some("tile,n"));
    let json: serde_json::Value =
        serde_json::from_str(&ok(&["sql", &archive, sql, "--format", "json"])).expect("JSON");
    assert_eq!(json[0]["tile"], "31TCJ");
    let file = w.path("answer.parquet");
    ok(&["sql", &archive, sql, "--format", "parquet", "--to", &file]);
    let piped = eclaircie(&["sql", &archive, sql, "--format", "parquet"]);
    assert_eq!(piped.stdout, std::fs::read(&file).expect("a file"), "a pipe gets the same bytes");
    let table = format!("answer={file}");
    let again =
        ok(&["sql", "--table", &table, "SELECT count(*) AS n FROM answer", "--format", "csv"]);
    assert_eq!(again.trim(), "n\n2");
}

#[test]
fn every_shipped_query_runs() {
    let w = world();
    let archive = w.path("archive");
    let mut ran = 0;
    for line in ok(&["layout", "list"]).lines().filter(|line| line.starts_with(' ')) {
        let name = line.split_whitespace().next().expect("a name");
        if name.ends_with("_scene") {
            continue;
        }
        ok(&["sql", &archive, "--file", name, "--format", "csv"]);
        ran += 1;
    }
    assert!(ran >= 8, "{ran} queries");
}

#[test]
fn a_layout_is_looked_at_from_all_sides() {
    let w = world();
    let funnel = say(w, "layout funnel os2 {archive} --json");
    let funnel: serde_json::Value = serde_json::from_str(&funnel).expect("JSON");
    let clauses = funnel["clauses"].as_array().expect("clauses");
    assert!(clauses.len() > 5 && clauses.last().expect("one")["survive"].as_u64() > Some(0));
    let svg = w.path("sample.svg");
    let preview = ok(&["layout", "preview", "os2", &w.path("archive"), "--svg", &svg]);
    assert!(preview.contains("s2_target"), "{preview}");
    assert!(std::fs::read_to_string(&svg).expect("a picture").starts_with("<svg"));
    let suggested = say(w, "layout suggest {archive} --to {suggested.sql}");
    assert!(suggested.contains("--set gap_hours="), "{suggested}");
    say(w, "layout lint {suggested.sql} {archive}");
    let made = say(w, "layout manifest os2 {archive} --balance season --to {os2.json}");
    assert!(made.contains("samples"), "{made}");
    let same = say(w, "layout manifest os2 {archive} --check {os2.json}");
    assert!(same.starts_with("the same"), "{same}");
}

#[test]
fn verify_finds_an_archive_whole() {
    ok(&["verify", &world().path("archive")]);
}

/// Runs the program on words that are parted by blanks; `{x}` stands for `x` in the world's folder.
pub fn say(w: &World, line: &str) -> String {
    let word = |word: &str| match word.split_once('{').zip(word.rsplit_once('}')) {
        Some(((before, _), (_, after))) => {
            let name = &word[before.len() + 1..word.len() - after.len() - 1];
            format!("{before}{}{after}", w.path(name))
        }
        None => word.to_owned(),
    };
    let words: Vec<String> = line.split_whitespace().map(word).collect();
    ok(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A day on which a tile was half hidden, with clear scenes before and after.
pub fn cloudy_day(w: &World) -> String {
    let scene = "SELECT CAST(CAST(time AS DATE) AS VARCHAR) AS day FROM scenes WHERE sensor = 's2' \
                 AND tile = '31TCJ' AND cloud_percent > 20 AND nodata_percent < 1 \
                 AND time BETWEEN '2018-03-15' AND '2018-07-01' ORDER BY cloud_percent LIMIT 1";
    let answer = ok(&["sql", &w.path("archive"), scene, "--format", "csv"]);
    answer.lines().nth(1).expect("a cloudy scene").to_owned()
}

/// Every file below a folder, by its path there.
fn chunks(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let name = |path: &Path| path.strip_prefix(folder).expect("below it").to_owned();
    let files = listing(folder).into_iter().map(|(path, ..)| path);
    files.map(|path| (name(&path), std::fs::read(path).expect("a file"))).collect()
}

#[test]
fn fillings_that_look_around_a_pixel_fit_without_a_seam_whatever_the_pieces() {
    let w = world();
    let day = cloudy_day(w);
    let cubes = [64, 128].map(|piece| {
        let cube = format!("flow/loess-{piece}.zarr");
        say(
            w,
            &format!(
                "reconstruct {{archive}} --tile 31TCJ --date {day} --method gapfill-loess \
                 --to {{{cube}}} --piece {piece}"
            ),
        );
        chunks(&w.root.join(cube).join("reflectance/c"))
    });
    assert!(cubes[0].len() >= 16 && cubes[0] == cubes[1]);
}

#[test]
fn a_scene_goes_from_pixels_to_a_page() {
    let w = world();
    for (layout, name) in [("ssop", "ssop"), ("os2", "msop")] {
        say(
            w,
            &format!(
                "train {{archive}} --layout {layout} --model {name}-unet-small \
                 --to {{flow/{name}}} --steps 6 --steps-per-epoch 3 --batch 2 --valid-max 4 \
                 --split-block 1 --stats-to {{flow/stats/{layout}.json}}"
            ),
        );
    }
    let rows = say(w, "layout preview os2 {archive} --rows 1");
    assert!(rows.contains("31T"), "{rows}");
    let day = cloudy_day(w);
    let weights =
        [("ssop", "{flow/ssop/weights.safetensors}"), ("msop", "{flow/msop/weights.safetensors}")];
    for (name, method) in [("gapfill", "gapfill")].into_iter().chain(weights) {
        say(
            w,
            &format!(
                "reconstruct {{archive}} --tile 31TCJ --date {day} --method {method} \
                 --to {{flow/{name}.zarr}} --piece 64"
            ),
        );
    }
    say(w, "export {flow/msop.zarr} --to {flow/msop.tif}");
    let tif = w.root.join("flow/msop.tif");
    assert!(tif.metadata().expect("a file").len() > 1000);
    let table = say(
        w,
        "evaluate {archive} --layout os2 --split-block 1 --truth {truth} --method input \
         --method gapfill --method gapfill-loess --method {flow/ssop/weights.safetensors} \
         --method {flow/msop/weights.safetensors} --to {flow/scores.parquet} --samples-max 8",
    );
    for word in [
        "psnr",
        " mse [",
        "ssim",
        " sam [",
        "\ninput ",
        "gapfill-loess",
        "ssop-unet-small",
        "msop-unet-small",
    ] {
        assert!(table.contains(word), "no {word} in\n{table}");
    }
    say(
        w,
        &format!(
            "report {{flow/report.html}} --archive {{archive}} --truth {{truth}} --tile 31TCJ \
             --date {day} --cube gapfill={{flow/gapfill.zarr}} --cube ssop={{flow/ssop.zarr}} \
             --cube msop={{flow/msop.zarr}} --scores {{flow/scores.parquet}} \
             --run msop={{flow/msop}} --stats {{flow/stats}}"
        ),
    );
    let html = std::fs::read_to_string(w.root.join("flow/report.html")).expect("a page");
    assert!(lines(&html) > 20 && html.contains("data:image/png;base64,") && html.contains("msop"));
}

#[test]
fn a_page_refuses_the_cube_of_another_tile() {
    let w = world();
    let day = cloudy_day(w);
    say(
        w,
        &format!(
            "reconstruct {{archive}} --tile 31TCJ --date {day} --method gapfill \
             --to {{flow/west.zarr}} --piece 64"
        ),
    );
    let (archive, page) = (w.path("archive"), w.path("flow/east.html"));
    let sql = "SELECT CAST(CAST(time AS DATE) AS VARCHAR) AS day FROM scenes WHERE sensor = 's2' \
               AND tile = '31TDJ' ORDER BY time LIMIT 1";
    let days = ok(&["sql", &archive, sql, "--format", "csv"]);
    let east = days.lines().nth(1).expect("a scene of the other tile");
    let cube = format!("west={}", w.path("flow/west.zarr"));
    let mut words = vec!["report", &page, "--archive", &archive, "--tile", "31TDJ"];
    words.extend(["--date", east, "--cube", &cube]);
    let (code, text) = fails(&words);
    assert_eq!(code, 2, "{text}");
    for word in ["west.zarr", "shows tile 31TCJ", "not tile 31TDJ", "next:"] {
        assert!(text.contains(word), "no {word} in {text}");
    }
    assert!(!Path::new(&page).exists());
}

#[test]
fn help_shows_an_example_for_each_verb() {
    let help = String::from_utf8(eclaircie(&["--help"]).stdout).expect("UTF-8");
    let verbs = help.lines().skip_while(|l| !l.starts_with("Commands:")).skip(1);
    let mut seen = 0;
    for verb in verbs.take_while(|l| l.starts_with("  ")) {
        let Some(name) = verb.split_whitespace().next().filter(|n| *n != "help") else { continue };
        if !verb.starts_with("   ") {
            let text = ok(&[name, "--help"]);
            assert!(text.contains("Example: eclaircie "), "{name} shows no example");
            seen += 1;
        }
    }
    assert!(seen >= 10, "{seen} verbs");
}
