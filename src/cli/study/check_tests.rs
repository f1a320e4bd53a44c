//! Tests: what a study gets wrong is told before anything is trained, and where it stands.

use std::path::Path;

use super::*;
use crate::archive::{Codec, Settings};
use crate::geo::Grid;
use crate::stream::Cancel;

const STUDY: &str = "name = 's'\nseeds = [1, 2]\ntrain = '--steps 2'\nevaluate = '--samples-max 8'\n\
                     networks = [{ card = 'msop-unet-nosar', layout = 'os2', name = 'a' }]\n\
                     [[questions]]\nname = 'dates'\nlayout = 'os2'\noptions = '--set cloud_min=5'\n\
                     methods = ['gapfill']\nnetworks = ['a']\ncontrols = ['dem']\n";

/// An archive of one tile.
fn archive(root: &Path, patch: usize, tile: &str, x0: f64) -> Archive {
    let archive = Archive::create(root, Settings::new(patch, Codec::None).unwrap()).unwrap();
    let grid = Grid::new(32631, x0, 4_900_000.0, 10.0, 256, 256).unwrap();
    archive.create_tile(tile, &grid).unwrap();
    archive
}

fn checked(study: &str) -> Result<()> {
    checked_plan(&toml::from_str(study).unwrap(), false)
}

/// With the archive as its own truth, or without one.
fn checked_plan(plan: &Plan, truth: bool) -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive(&folder.path().join("archive"), 128, "31TCJ", 600_000.0);
    let cancel = Cancel::default();
    let script = Script::new(&folder.path().join("out"), &cancel);
    let found =
        Check { plan, script: &script, archive: &archive, truth: truth.then_some(&archive) }.all();
    assert!(!folder.path().join("out").exists(), "a check writes nothing");
    found
}

#[test]
fn a_mistake_is_told_with_the_field_that_it_is_in() {
    checked(STUDY).unwrap();
    for (from, to, says) in [
        (
            "samples-max",
            "sample-max",
            "question dates: evaluate: unexpected argument '--sample-max'",
        ),
        ("--steps", "--stepz", "network a: the study's train: unexpected argument '--stepz' found"),
        (
            "name = 'a'",
            "name = 'a', train = 'x'",
            "network a: train: unexpected argument 'x' found",
        ),
        (
            "seeds",
            "options = '--oops'\nseeds",
            "network a: the study's options: unexpected argument",
        ),
        (
            "cloud_min",
            "cloud_mim",
            "question dates: options: layout os2 has no parameter 'cloud_mim'",
        ),
        ("--steps 2", "--steps 2 --set x=1", "the study's train: layout os2 has no parameter 'x'"),
        ("--steps 2", "--steps 2 --seed 3", "'--seed <SEED>' cannot be used multiple times"),
        ("--steps 2", "--steps 2 --decay 0.1", "network a: adam has no weight decay"),
        ("--steps 2", "--steps 2 --warmup 9", "network a: 9 steps of warm-up leave none of 2"),
        ("layout = 'os2', name", "layout = 'ssop', name", "s2_tm1"),
        ("'dates'\nlayout = 'os2'", "'dates'\nlayout = 'ssop'", "s2_tm1"),
        (
            "--set cloud_min=5",
            "--split-seed 5",
            "question dates: it parts ground in another way than the training of a",
        ),
        ("'gapfill'", "'gapfill', 'a b=Cargo.toml'", "question dates: methods: "),
        ("--steps 2", "--steps 2 --from no-such", "no-such"),
        ("'gapfill'", "'gapfill', 'Cargo.toml'", "the file Cargo.toml has no name in this study"),
        ("max 8", "max 8 --device gpu", "question dates: 'gpu' is not a device"),
        ("max 8", "max 8 --test-share 2", "question dates: shares 0.15 and 2 leave nothing"),
        (
            "'gapfill'",
            "'gapfil'",
            "question dates: methods: there is no method and no file 'gapfil'",
        ),
        ("['dem']", "['sar-time']", "dates: control sar-time: there is no s1 among the inputs of"),
        (
            "--steps 2",
            "--steps 2 --control sar-place",
            "network a: control sar-place: there is no s1",
        ),
    ] {
        let error = checked(&STUDY.replace(from, to)).unwrap_err();
        assert!(error.to_string().contains(says), "{to}: {error}");
        assert!(error.next_step().is_some(), "{to}");
    }
    let error = checked(&STUDY.replace("samples-max", "sample-max")).unwrap_err();
    assert!(error.advice().contains("'--samples-max'"), "{error:?}");
}

#[test]
fn the_studies_that_ship_pass_their_checks_and_ask_of_all_that_they_train() {
    for study in ["benches/study/study.toml", "benches/study/gpu/study.toml"] {
        let mut plan = Plan::open(Path::new(study)).unwrap();
        // The machine of a test has no GPU.
        for options in [&mut plan.train, &mut plan.evaluate] {
            *options = options.replace("--device cuda --bf16", "").replace("--device cuda", "");
        }
        checked_plan(&plan, true).during(|| study).unwrap();
        assert!(unasked(&plan).is_empty(), "{study}");
    }
}

#[test]
fn a_network_that_is_in_no_question_is_noticed() {
    let more = "'a' }, { card = 'david', layout = 'os2', name = 'b' }]";
    let plan: Plan = toml::from_str(&STUDY.replace("'a' }]", more)).unwrap();
    assert_eq!(unasked(&plan), ["b"]);
    checked(&STUDY.replace("'a' }]", more)).unwrap();
}

#[test]
fn the_truth_lies_where_the_archive_lies() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, patch, tile, x0| archive(&folder.path().join(name), patch, tile, x0);
    let ours = of("ours", 128, "31TCJ", 600_000.0);
    let truth = of("truth", 128, "31TCJ", 600_000.0);
    same_ground(&ours, &truth).unwrap();
    // Truth of more ground does no harm, nor truth of a part.
    of("truth", 128, "31TDJ", 700_000.0);
    same_ground(&ours, &truth).unwrap();
    same_ground(&truth, &ours).unwrap();
    for (other, says) in [
        (of("smaller", 64, "31TCJ", 600_000.0), "has patches of 64 px"),
        (of("elsewhere", 128, "31TDJ", 600_000.0), "has none of the tiles 31TCJ"),
        (of("shifted", 128, "31TCJ", 600_010.0), "has another grid"),
    ] {
        let error = same_ground(&ours, &other).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert!(error.next_step().is_some(), "{error}");
    }
}
