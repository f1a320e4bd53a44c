//! Memory that a stream takes, whatever the size of the archive.

use eclaircie::Codec;

use crate::series::World;
use crate::world::{ok, world};

/// Peak memory of a process that streams an archive of so many dates, in megabytes: the less of two
/// runs, since threads that happen to be late hold more at a time.
fn peak(dates: usize) -> f64 {
    let folder = world().root.join(format!("memory-{dates}"));
    let series = World { side: 512, patch: 256, tiles: 1, codec: Codec::None };
    series.make(&folder, dates).expect("an archive");
    let archive = folder.to_string_lossy().into_owned();
    let words =
        "--set per_place=40 --split-block 1 --raw --batch 4 --memory 32MB --resident 2MB --stats";
    let words: Vec<&str> = words.split(' ').collect();
    let run = || -> f64 {
        let text = ok(&[&["stream", "os2", &archive], &words[..]].concat());
        let line = text.lines().find_map(|l| l.strip_prefix("process: at most ")).expect("a peak");
        line.split(' ').next().and_then(|n| n.parse().ok()).expect("a number")
    };
    let least = run().min(run());
    std::fs::remove_dir_all(folder).expect("a folder");
    least
}

#[test]
fn an_archive_ten_times_as_large_takes_no_more_memory() {
    // 50 MB and 500 MB of pixels, read through maps.
    let (small, large) = (peak(16), peak(160));
    assert!(large < 1.1 * small, "{small} MB, then {large} MB");
}
