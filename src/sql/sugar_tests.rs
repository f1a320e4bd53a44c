//! Tests: our words give the answer of the plain SQL that they stand for.

use super::Session;
use super::fixture::{Patch, session};

/// Ten dates of two places, with radar a few hours beside each.
fn patches() -> Vec<Patch> {
    let mut all = Vec::new();
    for place in 0..2 {
        for i in 0..10 {
            let hours = f64::from(i) * 48.0;
            all.push(Patch::s2(i, hours, f64::from(i) * 10.0).at(0, place));
            all.push(Patch::s1(i, hours + f64::from(i)).at(0, place));
        }
    }
    all
}

fn csv(session: &Session, sql: &str) -> Vec<String> {
    let answer = session.query(sql, &[]).unwrap_or_else(|e| panic!("{sql}: {e}"));
    let mut lines: Vec<String> = answer.to_csv().unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn refusal(session: &Session, sql: &str) -> String {
    session.query(sql, &[]).map(|a| a.rows()).unwrap_err().to_string()
}

#[test]
fn nearest_is_the_window_that_it_stands_for() {
    let (session, _folder) = session(&patches());
    let plain = |keep: usize| {
        format!(
            "SELECT id, near_id FROM (SELECT o.id, r.id AS near_id, row_number() OVER (
               PARTITION BY o.id ORDER BY gap_hours(r.time, o.time), r.time, r.scene) AS rank
             FROM s2 AS o JOIN s1 AS r ON r.cell = o.cell
               AND r.time BETWEEN o.time - to_hours(60) AND o.time + to_hours(60)
             WHERE o.valid AND r.valid) WHERE rank <= {keep}"
        )
    };
    let one = "SELECT t.id, near_id FROM nearest(s2, s1 TOLERANCE to_hours(60)) AS t";
    let two = "SELECT t.id, near_id FROM Nearest ( s2, s1, 2 TOLERANCE INTERVAL 60 HOUR ) t";
    assert_eq!(csv(&session, one), csv(&session, &plain(1)));
    assert_eq!(csv(&session, two), csv(&session, &plain(2)));
    let plan = session.explain(one, &[]).unwrap();
    assert!(plan.contains("1 nearest"), "{plan}");
    let joined = "SELECT count(*) FROM s2 AS g JOIN nearest(s2, s1 TOLERANCE to_hours(3)) AS t
      ON g.cell = t.cell AND g.time BETWEEN t.time AND t.time + to_hours(48)";
    assert_eq!(csv(&session, joined), ["16", "count(*)"]);
}

#[test]
fn a_column_may_be_called_nearest() {
    let (session, _folder) = session(&patches());
    let sql = "SELECT count(*) AS nearest FROM s2 HAVING count(*) > (1)";
    assert_eq!(csv(&session, sql), ["20", "nearest"]);
}

#[test]
fn nearest_says_what_it_lacks_and_where() {
    let (session, _folder) = session(&patches());
    let lacks = refusal(&session, "SELECT *\nFROM nearest(s2, s1)");
    assert!(lacks.contains("TOLERANCE is missing (line 2, column 6)"), "{lacks}");
    let lacks = refusal(&session, "SELECT * FROM nearest(s2 TOLERANCE to_hours(1))");
    assert!(lacks.contains("it takes two tables"), "{lacks}");
    let lacks = refusal(&session, "SELECT * FROM nearest(s2, s4 TOLERANCE to_hours(1))");
    assert!(lacks.contains("no table 's4'"), "{lacks}");
}

#[test]
fn a_draw_per_place_keeps_that_many_of_each_and_the_same_ones_for_a_seed() {
    let (session, _folder) = session(&patches());
    let draw = |seed: u32| {
        let sql = format!("SELECT cell, id, time FROM s2 LIMIT 3 PER cell SEED {seed};");
        csv(&session, &sql)
    };
    assert_eq!(draw(1).len(), 7);
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    let by_word = "SELECT tile, row, col, id FROM s2 LIMIT 3 PER place";
    assert_eq!(csv(&session, by_word).len(), 7);
    let all = "SELECT cell, id FROM s2 LIMIT 100 PER cell";
    assert_eq!(csv(&session, all).len(), 21);
}

#[test]
fn a_draw_from_a_band_join_lists_no_more_than_it_keeps() {
    let (session, _folder) = session(&patches());
    let sql = "SELECT t.cell, t.id AS t, m.id AS m FROM s2 AS t JOIN s2 AS m ON m.cell = t.cell
      AND m.time BETWEEN t.time - to_hours(200) AND t.time + to_hours(200)
      LIMIT 4 PER cell SEED 5";
    let plan = session.explain(sql, &[]).unwrap();
    assert!(plan.contains("4 drawn a place"), "{plan}");
    assert_eq!(csv(&session, sql).len(), 9);
}

#[test]
fn a_draw_says_what_it_lacks_and_where() {
    let (session, _folder) = session(&patches());
    let lacks = refusal(&session, "SELECT id, cell FROM s2\nLIMIT 3 PER cel");
    assert!(lacks.contains("no column 'cel' (line 2, column 9); did you mean 'cell'?"), "{lacks}");
    let lacks = refusal(&session, "SELECT id, cell FROM s2 LIMIT 0 PER cell");
    assert!(lacks.contains("at least 1"), "{lacks}");
    let inside = "SELECT * FROM (SELECT id, cell FROM s2 LIMIT 3 PER cell) AS x";
    assert!(refusal(&session, inside).contains("nothing may follow it"));
}

#[test]
fn arg_min_takes_the_value_of_the_least_key() {
    let (session, _folder) = session(&patches());
    let sql = "SELECT o.id, o.cell, o.time, arg_min(s.id, abs(epoch(s.time) - epoch(o.time))) AS s1
      FROM s2 o JOIN s1 s ON s.cell = o.cell
        AND s.time BETWEEN o.time - INTERVAL 72 HOUR AND o.time + INTERVAL 72 HOUR
      GROUP BY o.id, o.cell, o.time";
    let nearest = "SELECT t.id, t.cell, t.time, near_id AS s1
      FROM nearest(s2, s1 TOLERANCE to_hours(72)) AS t";
    assert_eq!(csv(&session, sql), csv(&session, nearest));
    assert!(session.explain(sql, &[]).unwrap().contains("1 nearest"));
    assert_eq!(csv(&session, "SELECT arg_min(id, -id) AS m FROM s1"), ["19", "m"]);
}
