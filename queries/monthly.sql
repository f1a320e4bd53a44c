-- monthly: six optical images of a month, at equal steps in time, each with the nearest radar
-- image, and a clear optical image among them as target. For a synthesis of a month.
--
-- Limits are inclusive. Every combination of patches that fits is one sample. The least cloud of
-- an image is a whole number drawn by chance for every t0, so that a network sees images of every
-- cloudiness and few that are all clear.
--
-- $gap_hours = 72           largest distance to the radar image of a date, hours
-- $from_hours = 100         first image after t0: no earlier than this, hours
-- $until_hours = 140        first image after t0: no later than this, hours
-- $step_hours = 120         from each window to the next, hours
-- $floor_from = 0           least cloud of an image: drawn from this
-- $floor_to = 2             least cloud of an image: up to this, percent
-- $cloud_max = 100          most cloud of an image, percent
-- $target_from_hours = 100  target: no earlier than this after t0, hours
-- $target_until_hours = 500 target: no later than this after t0, hours
-- $target_cloud_max = 0     most cloud of the target, percent
-- $compat = 0               1: one image may serve as both input and target
-- $per_place = 0            most samples of one place, drawn by chance; 0: all
-- $seed = 1                 chance of all draws
-- @difficult from_hours=1 until_hours=200 step_hours=200 floor_from=1 floor_to=10
-- @difficult target_from_hours=350 target_until_hours=650
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
    t0.tile, t0.row, t0.col, t0.time, t0.cloud_percent,
    t0.s2 AS s2_t0,
    t0.s1 AS s1_t0,
    t1.s2 AS s2_t1,
    t1.s1 AS s1_t1,
    t2.s2 AS s2_t2,
    t2.s1 AS s1_t2,
    t3.s2 AS s2_t3,
    t3.s1 AS s1_t3,
    t4.s2 AS s2_t4,
    t4.s1 AS s1_t4,
    t5.s2 AS s2_t5,
    t5.s1 AS s1_t5,
    target.patch AS s2_target,
    dem.patch AS dem,
    row_number() OVER (
      PARTITION BY t0.cell
      ORDER BY stable_hash($seed, t0.id, t1.id, t2.id, t3.id, t4.id, t5.id, target.id)) AS draw
  FROM nearest AS t0
  JOIN nearest AS t1
    ON t1.cell = t0.cell
    AND t1.time BETWEEN t0.time + to_hours($from_hours)
      AND t0.time + to_hours($until_hours)
  JOIN nearest AS t2
    ON t2.cell = t0.cell
    AND t2.time BETWEEN t0.time + to_hours($step_hours + $from_hours)
      AND t0.time + to_hours($step_hours + $until_hours)
  JOIN nearest AS t3
    ON t3.cell = t0.cell
    AND t3.time BETWEEN t0.time + to_hours(2 * $step_hours + $from_hours)
      AND t0.time + to_hours(2 * $step_hours + $until_hours)
  JOIN nearest AS t4
    ON t4.cell = t0.cell
    AND t4.time BETWEEN t0.time + to_hours(3 * $step_hours + $from_hours)
      AND t0.time + to_hours(3 * $step_hours + $until_hours)
  JOIN nearest AS t5
    ON t5.cell = t0.cell
    AND t5.time BETWEEN t0.time + to_hours(4 * $step_hours + $from_hours)
      AND t0.time + to_hours(4 * $step_hours + $until_hours)
  JOIN s2 AS target
    ON target.cell = t0.cell
    AND target.time BETWEEN t0.time + to_hours($target_from_hours)
      AND t0.time + to_hours($target_until_hours)
  LEFT JOIN dem
    ON dem.cell = t0.cell
  WHERE t0.cloud_percent BETWEEN
      least($cloud_max, $floor_from
        + floor(stable_random($seed, 't0', t0.id) * ($floor_to - $floor_from + 1)))
      AND $cloud_max
    AND t1.cloud_percent BETWEEN
      least($cloud_max, $floor_from
        + floor(stable_random($seed, 't1', t0.id) * ($floor_to - $floor_from + 1)))
      AND $cloud_max
    AND t2.cloud_percent BETWEEN
      least($cloud_max, $floor_from
        + floor(stable_random($seed, 't2', t0.id) * ($floor_to - $floor_from + 1)))
      AND $cloud_max
    AND t3.cloud_percent BETWEEN
      least($cloud_max, $floor_from
        + floor(stable_random($seed, 't3', t0.id) * ($floor_to - $floor_from + 1)))
      AND $cloud_max
    AND t4.cloud_percent BETWEEN
      least($cloud_max, $floor_from
        + floor(stable_random($seed, 't4', t0.id) * ($floor_to - $floor_from + 1)))
      AND $cloud_max
    AND t5.cloud_percent BETWEEN
      least($cloud_max, $floor_from
        + floor(stable_random($seed, 't5', t0.id) * ($floor_to - $floor_from + 1)))
      AND $cloud_max
    AND target.valid
    AND target.cloud_percent <= $target_cloud_max
    AND (target.id NOT IN (t0.id, t1.id, t2.id, t3.id, t4.id, t5.id) OR $compat = 1))
SELECT tile, row, col, time, cloud_percent,
  s2_t0, s1_t0, s2_t1, s1_t1, s2_t2, s1_t2, s2_t3, s1_t3, s2_t4, s1_t4, s2_t5, s1_t5, s2_target, dem
FROM found
WHERE $per_place = 0
  OR draw <= $per_place
