-- os2: a cloudy optical image, optical images of any cloudiness before and after, each with the
-- nearest radar image, and a clear optical image near in time as target. For multi-date networks.
--
-- Limits are inclusive. Every combination of patches that fits is one sample.
--
-- $gap_hours = 72           largest distance to the radar image of a date, hours
-- $near_hours = 240         least distance of the dates before and after, hours
-- $far_hours = 720          largest distance of the dates before and after, hours
-- $cloud_min = 1            least cloud of the cloudy image, percent
-- $cloud_max = 100          most cloud of the cloudy image, percent
-- $around_cloud_min = 0     least cloud of the dates before and after, percent
-- $around_cloud_max = 100   most cloud of the dates before and after, percent
-- $target_hours = 240       largest distance of the target, before or after, hours
-- $target_cloud_max = 0     most cloud of the target, percent
-- $valid_from = ''          day from which samples validate, not train; '': split by ground
-- $test_from = ''           day from which targets test
-- $compat = 0               1: one image may serve as both t and target
-- $per_place = 0            most samples of one place, drawn by chance; 0: all
-- $seed = 1                 chance of that draw
-- @burkina gap_hours=144 near_hours=336 far_hours=1008 target_hours=336
-- @blog cloud_min=0
-- @test gap_hours=24 near_hours=240 far_hours=360 cloud_min=0 around_cloud_min=1
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
    target.patch AS s2_target,
    dem.patch AS dem,
    -- Split by time, for a series over one place: nothing that trains is later than validation.
    CASE
      WHEN $valid_from = '' AND $test_from = '' THEN NULL
      WHEN target.time >= CAST(COALESCE(NULLIF($test_from, ''), '2200-01-01') AS TIMESTAMP)
        THEN 'test'
      WHEN greatest(tp1.time, target.time)
        < CAST(COALESCE(NULLIF($valid_from, ''), NULLIF($test_from, '')) AS TIMESTAMP)
        THEN 'train'
      WHEN target.time
        >= CAST(COALESCE(NULLIF($valid_from, ''), NULLIF($test_from, '')) AS TIMESTAMP)
        AND tp1.time < CAST(COALESCE(NULLIF($test_from, ''), '2200-01-01') AS TIMESTAMP)
        THEN 'valid'
      ELSE 'buffer'
    END AS split,
    row_number() OVER (
      PARTITION BY t.cell ORDER BY stable_hash($seed, t.id, tm1.id, tp1.id, target.id)) AS draw
  FROM nearest AS t
  JOIN nearest AS tm1
    ON tm1.cell = t.cell
    AND tm1.time BETWEEN t.time - to_hours($far_hours) AND t.time - to_hours($near_hours)
  JOIN nearest AS tp1
    ON tp1.cell = t.cell
    AND tp1.time BETWEEN t.time + to_hours($near_hours) AND t.time + to_hours($far_hours)
  JOIN s2 AS target
    ON target.cell = t.cell
    AND target.time BETWEEN t.time - to_hours($target_hours) AND t.time + to_hours($target_hours)
  LEFT JOIN dem
    ON dem.cell = t.cell
  WHERE t.cloud_percent BETWEEN $cloud_min AND $cloud_max
    AND tm1.cloud_percent BETWEEN $around_cloud_min AND $around_cloud_max
    AND tp1.cloud_percent BETWEEN $around_cloud_min AND $around_cloud_max
    AND target.valid
    AND target.cloud_percent <= $target_cloud_max
    AND (target.id <> t.id OR $compat = 1))
SELECT tile, row, col, time, cloud_percent,
  s2_tm1, s1_tm1, s2_t, s1_t, s2_tp1, s1_tp1, s2_target, dem, split
FROM found
WHERE $per_place = 0
  OR draw <= $per_place
