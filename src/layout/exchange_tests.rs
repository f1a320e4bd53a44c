//! Tests: what stands in is another's, and as real as before.

use super::*;
use crate::geo::{Split, Splitter, Stamp};
use crate::layout::Role;

const DAY: i64 = 86_400_000_000;

fn patch(col: u32, slot: u32, days: i64) -> PatchRef {
    PatchRef { slot, row: 0, col, time: Stamp(days * DAY) }
}

/// Samples of four places with an optical and two radar dates each, and elevation; radar has slots from 10.
fn samples() -> Samples {
    let role = |name: &str, sensor| Role { name: name.into(), sensor };
    let row = |col: u32, t: u32| {
        let of = |slot: u32| patch(col, slot, 6 * i64::from(slot));
        Sample {
            tile: "31TCJ".into(),
            row: 0,
            col,
            split: Split::Test,
            patches: vec![of(t), of(t + 10), of(t + 11), patch(col, 0, 0)],
        }
    };
    Samples {
        roles: vec![
            role("s2_t", Sensor::S2),
            role("s1_tm1", Sensor::S1),
            role("s1_t", Sensor::S1),
            role("dem", Sensor::Dem),
        ],
        rows: (0..4).flat_map(|col| (0..5).map(move |t| row(col, 2 * t))).collect(),
        layout: "x".into(),
        query_hash: String::new(),
        splitter: Splitter::default(),
        told: None,
    }
}

/// With all the radar that the samples show.
fn among(all: &Samples) -> Exchange<'_> {
    let radar = all.rows.iter().flat_map(|r| [1, 2].map(|role| (place(r), r.patches[role])));
    Exchange { samples: all, radar: radar.collect() }
}

#[test]
fn another_date_is_of_the_same_place_and_none_of_the_samples_own() {
    let all = samples();
    for seed in 0..20 {
        let others = among(&all).of(Control::SarTime, &all.rows, seed).unwrap();
        for (row, other) in all.rows.iter().zip(&others) {
            assert_eq!(place(row), place(other));
            assert_eq!(row.patches[0], other.patches[0], "optical images stay");
            let slots = |s: &Sample| [s.patches[1].slot, s.patches[2].slot];
            assert!(slots(other).iter().all(|slot| !slots(row).contains(slot)), "{seed}");
            assert_ne!(slots(other)[0], slots(other)[1], "two stay two");
            assert!(slots(other).iter().all(|slot| (10..20).contains(slot)));
        }
    }
}

#[test]
fn a_pass_a_few_hours_later_is_no_other_date() {
    let mut all = samples();
    all.rows.truncate(1);
    let (row, mut near) = (all.rows[0].clone(), all.rows[0].patches[2]);
    near.slot = 99;
    near.time.0 += DAY / 2;
    let far = [patch(0, 50, 300), patch(0, 51, 310)];
    let with = |more: &[PatchRef]| -> Dates {
        row.patches[1..3].iter().chain([&near]).chain(more).map(|p| (place(&row), *p)).collect()
    };
    let exchange = Exchange { samples: &all, radar: with(&far) };
    let other = &exchange.of(Control::SarTime, &all.rows, 1).unwrap()[0];
    let mut slots = [other.patches[1].slot, other.patches[2].slot];
    slots.sort_unstable();
    assert_eq!(slots, [50, 51]);
    let lacking = Exchange { samples: &all, radar: with(&far[..1]) };
    let error = lacking.of(Control::SarTime, &all.rows, 1).unwrap_err();
    assert!(
        error.to_string().contains("31TCJ/r0c0") && error.advice().contains("sar-place"),
        "{error}"
    );
}

#[test]
fn a_sample_without_another_date_is_left_out_of_an_exchange_of_dates_alone() {
    let all = samples();
    let mut exchange = among(&all);
    exchange.radar =
        all.rows[..15].iter().flat_map(|r| [1, 2].map(|i| (place(r), r.patches[i]))).collect();
    let kept = |control| exchange.possible(control, all.rows.clone()).len();
    assert_eq!((kept(Control::SarTime), kept(Control::SarPlace)), (15, 20));
    // Where nothing is left, the exchange says why.
    assert_eq!(exchange.possible(Control::SarTime, all.rows[15..].to_vec()).len(), 5);
}

#[test]
fn another_place_is_near_in_time_also_where_few_of_the_samples_are_asked_for() {
    let all = samples();
    // One sample a place, each of another day: their partners come from all samples.
    let few: Vec<Sample> = (0..4).map(|i| all.rows[5 * i + i].clone()).collect();
    for control in [Control::SarPlace, Control::Dem] {
        for rows in [&all.rows, &few] {
            let others = among(&all).of(control, rows, 7).unwrap();
            for (row, other) in rows.iter().zip(&others) {
                assert_ne!(row.col, other.col);
                assert_eq!(row.patches[0].time, other.patches[0].time);
            }
            let names = |rows: &[Sample]| rows.iter().map(Sample::name).collect::<Vec<_>>();
            let again = among(&all).of(control, rows, 7).unwrap();
            assert_eq!(names(&others), names(&again));
        }
    }
}

#[test]
fn a_place_of_another_split_never_stands_in() {
    let mut all = samples();
    all.rows.iter_mut().filter(|r| r.col > 1).for_each(|r| r.split = Split::Train);
    let test = all.of(Split::Test);
    let others = among(&all).of(Control::SarPlace, &test, 3).unwrap();
    assert!(others.iter().all(|other| other.split == Split::Test));
}

#[test]
fn within_tiles_only_the_images_of_the_sensor_change() {
    let all = samples();
    for control in [Control::SarTime, Control::SarPlace, Control::Dem] {
        let others = among(&all).within_tiles(control, &all.rows, 3).unwrap();
        for (row, other) in all.rows.iter().zip(&others) {
            assert_eq!((place(row), row.patches[0]), (place(other), other.patches[0]));
            for (role, patch) in all.roles.iter().zip(row.patches.iter().zip(&other.patches)) {
                let exchanged = role.sensor == control.sensor();
                assert_eq!(patch.0 != patch.1, exchanged, "{} {}", control.name(), role.name);
            }
        }
    }
}

#[test]
fn what_cannot_be_exchanged_is_refused_with_what_to_do() {
    let mut all = samples();
    all.rows.retain(|r| r.col == 0);
    let error = among(&all).of(Control::SarPlace, &all.rows, 1).unwrap_err();
    assert!(
        error.to_string().contains("tile 31TCJ") && error.advice().contains("sar-time"),
        "{error}"
    );
    all.roles.truncate(1);
    for control in [Control::SarTime, Control::Dem] {
        let exchange = Exchange { samples: &all, radar: Dates::default() };
        let error = exchange.within_tiles(control, &all.rows, 1).unwrap_err();
        assert!(error.to_string().contains("to shuffle"), "{error}");
    }
}
