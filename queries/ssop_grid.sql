-- ssop_grid: how many samples the layout ssop finds for every largest distance to the radar image
-- and to the target, as a grid.
--
-- Every row counts all samples up to its two distances.
--
-- $gap_step_hours = 12      step of the distance to the radar image, hours
-- $gap_hours = 72           largest distance to the radar image, hours
-- $target_step_hours = 48   step of the distance to the target, hours
-- $target_hours = 240       largest distance of the target, before or after, hours
-- $cloud_min = 1            least cloud of the cloudy image, percent
-- $cloud_max = 100          most cloud of the cloudy image, percent
-- $target_cloud_max = 0     most cloud of the target, percent
WITH
nearest AS (
  -- Each valid optical patch with the nearest valid radar patch of its place. Equally near:
  -- the earlier, then the first by name.
  SELECT * FROM (
    SELECT o.id, o.tile, o.row, o.col, o.cell, o.time, o.cloud_percent,
      gap_hours(r.time, o.time) AS gap,
      row_number() OVER (
        PARTITION BY o.id ORDER BY gap_hours(r.time, o.time), r.time, r.scene) AS rank
    FROM s2 AS o
    JOIN s1 AS r
      ON r.cell = o.cell
      AND r.time BETWEEN o.time - to_hours($gap_hours) AND o.time + to_hours($gap_hours)
    WHERE o.valid
      AND r.valid)
  WHERE rank = 1),
class AS (
  -- The first distances of the grid that let a sample pass.
  SELECT
    greatest(1, ceil(t.gap / $gap_step_hours)) * $gap_step_hours AS gap_hours,
    greatest(1, ceil(gap_hours(target.time, t.time) / $target_step_hours))
      * $target_step_hours AS target_hours,
    count(*) AS samples
  FROM nearest AS t
  JOIN s2 AS target
    ON target.cell = t.cell
    AND target.time BETWEEN t.time - to_hours($target_hours) AND t.time + to_hours($target_hours)
  WHERE t.cloud_percent BETWEEN $cloud_min AND $cloud_max
    AND target.valid
    AND target.cloud_percent <= $target_cloud_max
    AND target.id <> t.id
  GROUP BY 1, 2),
gap AS (
  SELECT DISTINCT gap_hours
  FROM class),
reach AS (
  SELECT DISTINCT target_hours
  FROM class)
SELECT gap.gap_hours, reach.target_hours, CAST(sum(class.samples) AS BIGINT) AS samples
FROM gap
CROSS JOIN reach
JOIN class
  ON class.gap_hours <= gap.gap_hours
  AND class.target_hours <= reach.target_hours
GROUP BY gap.gap_hours, reach.target_hours
ORDER BY gap.gap_hours, reach.target_hours
