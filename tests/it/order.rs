//! The order of a stream through the real program.

use crate::world::{eclaircie, ok, world};

/// The samples of one rank, batch by batch.
fn batches(more: &[&str]) -> Vec<Vec<String>> {
    let archive = world().path("archive");
    let words = ["stream", "ssop", &archive, "--split-block", "1", "--names"];
    let text = ok(&[&words, more].concat());
    text.trim().split("\n\n").map(|b| b.lines().map(str::to_owned).collect()).collect()
}

#[test]
fn two_ranks_together_take_the_steps_of_one() {
    let one = batches(&["--batch", "6"]);
    assert!(one.len() > 2, "{one:?}");
    let rank = |r| batches(&["--world", "2", "--rank", r, "--batch", "3"]);
    let (a, b) = (rank("0"), rank("1"));
    assert_eq!(a.len(), b.len());
    for (step, (a, b)) in a.iter().zip(&b).enumerate() {
        assert!(a.len() <= 3 && a.len().abs_diff(b.len()) <= 1);
        assert_eq!([a.clone(), b.clone()].concat(), one[step]);
    }
    // A last sample that cannot be shared is left out by both.
    assert!(one[a.len()..].concat().len() < 2);
    let archive = world().path("archive");
    let words = ["stream", "ssop", &archive, "--split-block", "1", "--batch", "3"];
    let said = ok(&[&words[..], &["--samples-max", "7", "--world", "2"]].concat());
    assert!(said.contains("1 samples are left out"), "{said}");
    let cropped = eclaircie(&[&words[..], &["--crop", "32", "--to", "-"]].concat());
    assert_eq!(cropped.status.code(), Some(2), "files hold whole patches");
    let error = eclaircie(&["stream", "ssop", &archive, "--rank", "1"]);
    assert_eq!(error.status.code(), Some(2));
}

#[test]
fn a_token_goes_on_where_the_run_stopped() {
    let archive = world().path("archive");
    let whole = batches(&["--batch", "3", "--shuffle", "8", "--epoch", "2"]);
    let words = ["stream", "ssop", &archive, "--split-block", "1", "--batch", "3"];
    let words = [&words[..], &["--shuffle", "8"]].concat();
    let said = ok(&[&words[..], &["--epoch", "2", "--steps", "2"]].concat());
    let token = said.split("--resume ").nth(1).expect("a token").split_whitespace().next();
    let token = token.expect("a token");
    assert_eq!(batches(&["--batch", "3", "--shuffle", "8", "--resume", token]), whole[2..]);
    let other = eclaircie(&[&words[..], &["--seed", "5", "--resume", token]].concat());
    let text = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(other.status.code() == Some(2) && text.contains("another run"), "{text}");
    // As many samples, but others.
    let draw = |seed| [&words[..], &["--per-place", "1", "--draw-seed", seed]].concat();
    let said = ok(&[&draw("1")[..], &["--steps", "1"]].concat());
    let drawn = said.split("--resume ").nth(1).and_then(|t| t.split_whitespace().next());
    let drawn = drawn.expect("a token");
    ok(&[&draw("1")[..], &["--resume", drawn]].concat());
    let other = eclaircie(&[&draw("2")[..], &["--resume", drawn]].concat());
    assert_eq!(other.status.code(), Some(2));
    for bad in ["", "e0", "e0-s-x", "e0-s1-", "e99999999999999999999-s0-00000000"] {
        let refused = eclaircie(&[&words[..], &["--resume", bad]].concat());
        assert_eq!(refused.status.code(), Some(2), "{bad}");
    }
}

#[test]
fn an_explained_stream_tells_what_its_order_costs() {
    let archive = world().path("archive");
    let text = ok(&["stream", "ssop", &archive, "--split-block", "1", "--explain"]);
    assert!(text.contains("gather") && text.contains("from uniform"), "{text}");
}
