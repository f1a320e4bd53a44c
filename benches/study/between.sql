-- between: a cloudy optical image between clear ones, each with the nearest radar image, as `gf` without
-- its target: where the truth is known, nothing else needs to be clear near the cloudy date.
--
-- Limits are inclusive. Every combination of patches that fits is one sample.
--
-- $gap_hours = 72           largest distance to the radar image of a date, hours
-- $near_hours = 240         least distance of the dates before and after, hours
-- $far_hours = 432          largest distance of the dates before and after, hours
-- $cloud_min = 90           least cloud of the cloudy image, percent (the study: 100)
-- $around_cloud_max = 10    most cloud of the dates before and after, percent (the study: 0)
-- $per_place = 0            most samples of one place, drawn by chance; 0: all
-- $seed = 1                 chance of that draw
WITH
nearest AS (
  -- Each valid optical patch with the nearest valid radar patch of its place. Equally near:
  -- the earlier, then the first by name.
  SELECT * FROM (
    SELECT o.id, o.tile, o.row, o.col, o.cell, o.time, o.cloud_percent,
      o.patch AS s2, r.patch AS s1,
      row_number() OVER (
        PARTITION BY o.id ORDER BY gap_hours(r.time, o.time), r.time, r.scene) AS rank
    FROM s2 AS o
    JOIN s1 AS r
      ON r.cell = o.cell
      AND r.time BETWEEN o.time - to_hours($gap_hours) AND o.time + to_hours($gap_hours)
    WHERE o.valid
      AND r.valid)
  WHERE rank = 1),
found AS (
  SELECT
    t.tile, t.row, t.col, t.time, t.cloud_percent,
    tm1.s2 AS s2_tm1,
    tm1.s1 AS s1_tm1,
    t.s2 AS s2_t,
    t.s1 AS s1_t,
    tp1.s2 AS s2_tp1,
    tp1.s1 AS s1_tp1,
    dem.patch AS dem,
    row_number() OVER (
      PARTITION BY t.cell ORDER BY stable_hash($seed, t.id, tm1.id, tp1.id)) AS draw
  FROM nearest AS t
  JOIN nearest AS tm1
    ON tm1.cell = t.cell
    AND tm1.time BETWEEN t.time - to_hours($far_hours) AND t.time - to_hours($near_hours)
  JOIN nearest AS tp1
    ON tp1.cell = t.cell
    AND tp1.time BETWEEN t.time + to_hours($near_hours) AND t.time + to_hours($far_hours)
  LEFT JOIN dem
    ON dem.cell = t.cell
  WHERE t.cloud_percent >= $cloud_min
    AND tm1.cloud_percent <= $around_cloud_max
    AND tp1.cloud_percent <= $around_cloud_max
    )
SELECT tile, row, col, time, cloud_percent,
  s2_tm1, s1_tm1, s2_t, s1_t, s2_tp1, s1_tp1, dem
FROM found
WHERE $per_place = 0
  OR draw <= $per_place
