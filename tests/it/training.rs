//! Training through the real program: exact resumes, refusals, what is left in the folder.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::world::{fails, ok, world};

/// A training of a small network on the small world, three steps an epoch.
fn words(to: &str, more: &str) -> Vec<String> {
    let base = "--layout ssop --model ssop-unet-small --steps-per-epoch 3 --valid-max 2 \
                --split-block 1 --device cpu";
    let mut words = vec!["train".to_owned(), world().path("archive"), "--to".into(), to.into()];
    let batch = if more.contains("--batch") { "" } else { "--batch 2" };
    words.extend(format!("{base} {batch} {more}").split_whitespace().map(str::to_owned));
    words
}

fn train(to: &str, more: &str) {
    let words = words(to, more);
    ok(&words.iter().map(String::as_str).collect::<Vec<_>>());
}

/// What a run is compared by: every loss, rate and gradient, and every metric that is no time.
fn told(to: &str) -> String {
    let ask = |table: &str, sql: &str| ok(&["sql", "--table", table, sql, "--format", "csv"]);
    ask(&format!("c={to}/curve.parquet"), "SELECT * FROM c ORDER BY step, split")
        + &ask(
            &format!("m={to}/metrics.parquet"),
            "SELECT * FROM m WHERE split = 'valid' ORDER BY step, metric, band",
        )
}

/// The steps of the event files, one a checkpoint. A kill may leave one aside under another name.
fn checkpoints(to: &str) -> Vec<u64> {
    let files = std::fs::read_dir(format!("{to}/tensorboard")).expect("a folder");
    let name = |f: std::io::Result<std::fs::DirEntry>| f.expect("a file").file_name();
    let step = |name: std::ffi::OsString| {
        let rest = name.to_str()?.strip_prefix("events.out.tfevents.")?.to_owned();
        rest.split('.').next()?.parse().ok()
    };
    let mut steps: Vec<u64> = files.filter_map(|f| step(name(f))).collect();
    steps.sort_unstable();
    steps
}

fn losses(to: &str) -> Vec<f64> {
    let table = format!("c={to}/curve.parquet");
    let sql = "SELECT loss FROM c ORDER BY step, split";
    let text = ok(&["sql", "--table", &table, sql, "--format", "csv"]);
    text.lines().skip(1).map(|l| l.parse().expect("a loss")).collect()
}

/// Everything that keeps a state of its own between steps.
const ALL: &str = "--optimiser adamw --loss charbonnier --schedule step:2:0.5 --warmup 2 --clip 0.5 \
                   --accumulate 2 --best psnr --patience 9 --min-delta 0.1 --channels-last --crop 32";

#[test]
fn a_stopped_training_resumes_to_the_same_curve() {
    let w = world();
    for (name, more) in [("plain", ""), ("all", ALL)] {
        let (whole, parts) = (w.path(&format!("stop/{name}")), w.path(&format!("stop/{name}-2")));
        train(&whole, &format!("--steps 6 {more}"));
        // In the middle of both epochs, and between them.
        for steps in [1, 2, 3, 4, 6] {
            train(&parts, &format!("--steps 6 --resume --stop-after {steps} {more}"));
        }
        assert_eq!(told(&whole), told(&parts), "{name}");
        let weights =
            |to: &str| std::fs::read(format!("{to}/weights.safetensors")).expect("weights");
        assert_eq!(weights(&whole), weights(&parts), "{name}");
        assert_eq!(checkpoints(&parts), [1, 2, 3, 4, 6], "one that began again would have 3 and 6");
    }
}

#[test]
fn a_killed_training_resumes_to_the_same_curve() {
    let w = world();
    let (whole, parts) = (w.path("kill/whole"), w.path("kill/parts"));
    let more = format!("--steps 9 --checkpoint-every 1 --resume {ALL}");
    train(&whole, &more);
    for _ in 0..2 {
        let seen = std::fs::metadata(format!("{parts}/checkpoint/state.json"))
            .and_then(|m| m.modified())
            .ok();
        let mut child = Command::new(env!("CARGO_BIN_EXE_eclaircie"))
            .args(words(&parts, &more))
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        // Somewhere after the next checkpoint, or at the end.
        while child.try_wait().expect("a child").is_none() {
            let now = std::fs::metadata(format!("{parts}/checkpoint/state.json"));
            if now.and_then(|m| m.modified()).is_ok_and(|t| Some(t) != seen) {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        child.wait().expect("an end");
    }
    train(&parts, &more);
    assert_eq!(told(&whole), told(&parts));
    assert_eq!(checkpoints(&parts), (1..=9).collect::<Vec<_>>(), "none of them twice");
}

#[test]
fn batches_that_are_accumulated_or_shared_by_devices_are_one_large_batch() {
    let run = |name: &str, more: &str| {
        let to = world().path(&format!("accumulate/{name}"));
        train(&to, &format!("--steps 4 --no-augment {more}"));
        losses(&to)
    };
    let large = run("large", "--batch 4");
    assert_eq!(large.len(), 6);
    assert_ne!(large[0], large[1]);
    // On three devices with the one that `words` names, in shares of 2, 1 and 1 samples.
    let shared = run("shared", "--batch 4 --device cpu,cpu");
    let parts = run("parts", "--batch 2 --accumulate 2 --channels-last");
    let both = run("both", "--batch 2 --accumulate 2 --device cpu");
    for other in [shared, parts, both] {
        assert_eq!(other.len(), large.len());
        for (a, b) in large.iter().zip(&other) {
            assert!((a - b).abs() < 1e-4 * a, "{large:?} {other:?}");
        }
    }
}

#[test]
fn a_training_that_diverges_stops_with_its_samples() {
    let words = words(&world().path("diverge"), "--steps 30 --rate 1e30");
    let (code, text) = fails(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(code == 1 && text.contains("samples 31T") && text.contains("--clip"), "{text}");
}

#[test]
fn patience_ends_a_training_and_a_resume_leaves_it_ended() {
    let to = world().path("patience");
    for resume in ["", "--resume"] {
        train(&to, &format!("--steps 30 --patience 1 --min-delta 1000 --best ssim {resume}"));
        assert_eq!(losses(&to).len(), 8, "two epochs of three steps, each validated");
    }
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let to = world().path("refused");
    for (more, says) in [
        ("--bf16", "--device cuda"),
        ("--decay 0.1", "--optimiser adamw"),
        ("--best lpips", "psnr"),
        ("--schedule linear", "exponential"),
        ("--warmup 300", "--warmup"),
        ("--control sar", "sar-place"),
        ("--batch 2 --device cpu,cpu", "3 devices cannot share batches of 2"),
    ] {
        let words = words(&to, more);
        let (_, text) = fails(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(text.contains(says), "{more}: {text}");
    }
}

#[test]
fn a_folder_that_holds_a_training_is_gone_on_with_or_replaced_if_that_is_said() {
    let to = world().path("again");
    let (short, long) = ("--steps 3", "--steps 6");
    train(&to, short);
    let before = told(&to);
    let refused = |more: &str| {
        let words = words(&to, more);
        fails(&words.iter().map(String::as_str).collect::<Vec<_>>()).1
    };
    assert!(refused(short).contains("--resume to go on with it or --replace"));
    assert!(refused(&format!("{long} --resume")).contains("another steps"));
    assert_eq!(told(&to), before);
    // The same run is there already; another one begins again.
    train(&to, &format!("{short} --resume --replace"));
    assert_eq!(told(&to), before);
    train(&to, &format!("{long} --resume --replace"));
    assert_eq!(losses(&to).len(), 6 + 2, "six steps and two validations");
    train(&to, &format!("{short} --replace"));
    assert_eq!(told(&to), before);
    // What cannot be trained takes nothing away.
    assert!(refused(&format!("{short} --replace --crop 50")).contains("a window of 50 px"));
    let own = format!("{short} --replace --from {to}/weights.safetensors");
    assert!(refused(&own).contains("in the folder of the training"));
    let deep = own.replace("weights.safetensors", "checkpoint/weights.safetensors");
    assert!(refused(&deep).contains("in the folder of the training"));
    // Nor is anything lost where the checkpoint was cleared away.
    std::fs::remove_dir_all(format!("{to}/checkpoint")).expect("checkpoint");
    assert!(refused(short).contains("holds a training already: weights.safetensors"));
    assert!(refused(&format!("{long} --resume")).contains("not known to be this training's"));
    assert_eq!(told(&to), before);
}

#[test]
fn a_training_starts_from_the_weights_that_it_is_given() {
    let w = world();
    let (first, tuned) = (w.path("from/first"), w.path("from/tuned"));
    train(&first, "--steps 6");
    let from = format!("--from {first}/weights.safetensors");
    // Steps too small to change anything.
    train(&tuned, &format!("--steps 3 --rate 1e-30 --seed 5 {from}"));
    let valid = |to: &str| {
        let sql = "SELECT min(loss) FROM c WHERE split = 'valid'";
        let table = format!("c={to}/curve.parquet");
        ok(&["sql", "--table", &table, sql, "--format", "csv"])
    };
    assert_eq!(valid(&first), valid(&tuned));
    // The card comes with the weights.
    let bare = w.path("from/bare");
    let line = words(&bare, &format!("--steps 3 --rate 1e-30 --seed 5 {from}"));
    let line: Vec<&str> = line.iter().map(String::as_str).collect();
    let at = line.iter().position(|word| *word == "--model").expect("--model");
    ok(&[&line[..at], &line[at + 2..]].concat());
    assert_eq!(told(&bare), told(&tuned));
    // Another start is another training.
    let again = words(&tuned, "--steps 3 --rate 1e-30 --seed 5 --resume");
    let (code, text) = fails(&again.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(code == 2 && text.contains("another from: none now"), "{text}");
    // What tests here may have taught those weights.
    let words = words(&w.path("from/leak"), &format!("--steps 3 --split-seed 9 {from}"));
    let (code, text) = fails(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(code == 2 && text.contains("another split"), "{text}");
}

#[test]
fn the_order_of_training_does_not_depend_on_the_workers() {
    let run = |to: String, workers: u32| {
        train(&to, &format!("--steps 3 --workers {workers}"));
        std::fs::read(format!("{to}/weights.safetensors")).expect("weights")
    };
    assert_eq!(run(world().path("workers/one"), 1), run(world().path("workers/four"), 4));
}
