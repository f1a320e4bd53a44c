//! A study through the real program, end to end on the small world.

use crate::world::{eclaircie, fails, listing, ok, world};

const STUDY: &str = "name = 'Does radar help?'
options = '--split-block 1'
seeds = [1, 2]
train = '--steps 2 --steps-per-epoch 2 --batch 2 --valid-max 2'
evaluate = '--samples-max 8 --looks 1'
networks = [
  { card = 'msop-unet-small', layout = 'os2' },
  { card = 'msop-unet-small', layout = 'os2', name = 'shuffled', train = '--control sar-time' },
  { card = 'ssop-unet-small', layout = 'ssop', train = '--rate 1e-4' },
]
[[questions]]
name = 'three'
title = 'Three dates'
layout = 'os2'
methods = ['input', 'gapfill']
controls = ['sar-time']
orderings = ['ssop-unet-small < gapfill < msop-unet-small']
reading = 'Nothing was learned in two steps.'
[[questions]]
name = 'one'
layout = 'ssop'
options = '--set cloud_min=10'
networks = ['ssop-unet-small']
";

#[test]
fn a_study_trains_judges_and_writes_its_page_and_a_second_run_changes_nothing() {
    let w = world();
    let file = w.path("radar.toml");
    std::fs::write(&file, STUDY).expect("a file");
    let (archive, truth, to) = (w.path("archive"), w.path("truth"), w.path("study"));
    let words = ["study", &file, &archive, "--truth", &truth, "--to", &to];
    // A run that was stopped after the first network: the study goes on from what is there.
    let first = format!("{to}/seed-1/msop-unet-small");
    let options = "--layout os2 --split-block 1 --model msop-unet-small --seed 1 --steps 2 \
                   --steps-per-epoch 2 --batch 2 --valid-max 2 --stop-after 1";
    let train = ["train", &archive, "--to", &first].into_iter().chain(options.split_whitespace());
    ok(&train.collect::<Vec<_>>());
    ok(&words);
    let events = format!("{first}/tensorboard/events.out.tfevents.000000000001.0.eclaircie");
    assert!(std::path::Path::new(&events).exists(), "it did not begin again");
    let page = std::fs::read_to_string(format!("{to}/STUDY.md")).expect("a page");
    for part in [
        "# Does radar help?",
        "3 networks from 2 of 2 seeds (1, 2)",
        "## Three dates",
        "| msop-unet-small |",
        "| shuffled |",
        "| ssop-unet-small < gapfill |",
        "Nothing was learned in two steps.",
        "samples of layout `ssop --split-block 1 --set cloud_min=10` (evaluated with `--samples-max 8 --looks 1`)",
        "| ssop-unet-small minus gapfill |",
        "| msop-unet-small [sar-time] minus msop-unet-small |",
        "| cloudy at t |",
        "    eclaircie train ",
    ] {
        assert!(page.contains(part), "no {part} in\n{page}");
    }
    for figure in ["three.psnr.svg", "three.patches.svg", "one.psnr.svg", "one.patches.svg"] {
        assert!(page.contains(&format!("(figures/{figure})")), "{figure}");
        let drawn = std::fs::read_to_string(format!("{to}/figures/{figure}")).expect("a figure");
        assert!(drawn.starts_with("<svg") && drawn.ends_with("</svg>\n"), "{figure}");
    }
    let before: Vec<_> = listing(&w.root.join("study"))
        .into_iter()
        .filter(|(path, ..)| {
            path.ends_with("weights.safetensors") || path.ends_with("scores.parquet")
        })
        .filter(|(path, ..)| !path.components().any(|c| c.as_os_str() == "checkpoint"))
        .collect();
    assert_eq!(before.len(), 10, "six networks, four evaluations");
    let again = eclaircie(&words);
    assert!(again.status.success());
    assert_eq!(String::from_utf8_lossy(&again.stderr).matches("already scored").count(), 4);
    let after = listing(&w.root.join("study"));
    assert!(before.iter().all(|file| after.contains(file)), "nothing was made again");
    assert_eq!(page, std::fs::read_to_string(format!("{to}/STUDY.md")).expect("a page"));
}

#[test]
fn a_study_that_is_no_study_is_refused_before_anything_is_trained() {
    let w = world();
    let file = w.path("bad.toml");
    let words = ["study", &file, &w.path("archive"), "--to", &w.path("no-study")];
    // The last two would be met when the networks of a seed are trained, if nobody looked before.
    for (from, to, says) in [
        (
            "--steps 2",
            "--stepz 2",
            "msop-unet-small: the study's train: unexpected argument '--stepz'",
        ),
        ("--rate", "--rats", "network ssop-unet-small: train: unexpected argument '--rats'"),
        (
            "--samples-max",
            "--sample-max",
            "question three: evaluate: unexpected argument '--sample-max'",
        ),
        (
            "cloud_min",
            "cloud_mim",
            "question one: options: layout ssop has no parameter 'cloud_mim'",
        ),
    ] {
        std::fs::write(&file, STUDY.replace(from, to)).expect("a file");
        let (code, text) = fails(&words);
        assert!(code == 2 && text.contains(says), "{text}");
        assert!(!text.contains("$ eclaircie"), "no step began: {text}");
    }
    std::fs::write(&file, STUDY.replace("seeds", "sedes")).expect("a file");
    assert!(fails(&words).1.contains("a study has name"));
    assert!(!w.root.join("no-study").exists());
}
