-- ssop: one cloudy optical image with the nearest radar image, and a clear optical image near in
-- time as target. For single-date networks.
--
-- Limits are inclusive. Every combination of patches that fits is one sample.
--
-- $gap_hours = 72           largest distance to the radar image of a date, hours
-- $cloud_min = 1            least cloud of the cloudy image, percent
-- $cloud_max = 100          most cloud of the cloudy image, percent
-- $target_hours = 240       largest distance of the target, before or after, hours
-- $target_cloud_max = 0     most cloud of the target, percent
-- $compat = 0               1: one image may serve as both t and target
-- $per_place = 0            most samples of one place, drawn by chance; 0: all
-- $seed = 1                 chance of that draw
-- @burkina gap_hours=144 target_hours=336
-- @blog target_hours=168
-- @test gap_hours=12 cloud_min=0 target_hours=120
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
    t.s2 AS s2_t,
    t.s1 AS s1_t,
    target.patch AS s2_target,
    dem.patch AS dem,
    row_number() OVER (
      PARTITION BY t.cell ORDER BY stable_hash($seed, t.id, target.id)) AS draw
  FROM nearest AS t
  JOIN s2 AS target
    ON target.cell = t.cell
    AND target.time BETWEEN t.time - to_hours($target_hours) AND t.time + to_hours($target_hours)
  LEFT JOIN dem
    ON dem.cell = t.cell
  WHERE t.cloud_percent BETWEEN $cloud_min AND $cloud_max
    AND target.valid
    AND target.cloud_percent <= $target_cloud_max
    AND (target.id <> t.id OR $compat = 1))
SELECT tile, row, col, time, cloud_percent, s2_t, s1_t, s2_target, dem
FROM found
WHERE $per_place = 0
  OR draw <= $per_place
