//! Two places seen by S2 and S1, a third by S1 alone, and numbers.

use eclaircie::{Form, Session};
use tempfile::TempDir;

/// Cell 0 on 1, 6, 11 and 21 March, the last one not valid; cell 1 on 1 and 11 March.
const S2: &str = "
    SELECT id, '31TEJ' AS tile, scene, CAST(cell AS INT) AS row, CAST(0 AS INT) AS col, cell,
           CAST(time AS TIMESTAMP) AS time, cloud_percent, valid
    FROM (VALUES
        (1, 'A', 0, '2020-03-01T10:00:00', 80.0, true),
        (2, 'B', 0, '2020-03-06T10:00:00', 0.0, true),
        (3, 'C', 0, '2020-03-11T10:00:00', 20.0, true),
        (4, 'D', 0, '2020-03-21T10:00:00', NULL, false),
        (5, 'A', 1, '2020-03-01T10:00:00', 10.0, true),
        (6, 'C', 1, '2020-03-11T10:00:00', 90.0, true)
    ) AS t (id, scene, cell, time, cloud_percent, valid)";
/// 12 h after A, 12 h before B, 24 h after B, 24 h after C in cell 1, and one where S2 is not.
const S1: &str = "
    SELECT id, '31TEJ' AS tile, scene, CAST(cell AS INT) AS row, CAST(0 AS INT) AS col, cell,
           CAST(time AS TIMESTAMP) AS time, true AS valid
    FROM (VALUES
        (11, 'P', 0, '2020-03-01T22:00:00'),
        (12, 'Q', 0, '2020-03-05T22:00:00'),
        (13, 'R', 0, '2020-03-07T10:00:00'),
        (14, 'S', 1, '2020-03-12T10:00:00'),
        (15, 'T', 2, '2020-03-01T10:00:00')
    ) AS t (id, scene, cell, time)";
const NUMBERS: &str = "SELECT value AS n FROM generate_series(1, 3000)";

/// The tables as files, and a session over them with little memory.
pub fn session() -> (Session, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let maker = Session::new(64 << 20).unwrap();
    let mut session = Session::new(64 << 20).unwrap();
    for (name, sql) in [("s2", S2), ("s1", S1), ("numbers", NUMBERS)] {
        let file = folder.path().join(format!("{name}.parquet"));
        maker.write(sql, &[], Form::Parquet, &file).unwrap();
        session = session.with_table(name, &file).unwrap();
    }
    (session.with_deadline(std::time::Duration::from_secs(60)), folder)
}
