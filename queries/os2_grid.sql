-- os2_grid: how many samples the layout os2 finds for every largest distance to the radar images
-- and to the dates before and after, as a grid.
--
-- Every row counts all samples up to its two distances.
--
-- $gap_step_hours = 24      step of the distance to the radar image of a date, hours
-- $gap_hours = 72           largest distance to the radar image of a date, hours
-- $far_step_hours = 120     step of the distance of the dates before and after, hours
-- $near_hours = 240         least distance of the dates before and after, hours
-- $far_hours = 720          largest distance of the dates before and after, hours
-- $cloud_min = 1            least cloud of the cloudy image, percent
-- $cloud_max = 100          most cloud of the cloudy image, percent
-- $around_cloud_max = 100   most cloud of the dates before and after, percent
-- $target_hours = 240       largest distance of the target, before or after, hours
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
    greatest(1, ceil(greatest(t.gap, tm1.gap, tp1.gap) / $gap_step_hours))
      * $gap_step_hours AS gap_hours,
    ceil(greatest(gap_hours(tm1.time, t.time), gap_hours(tp1.time, t.time)) / $far_step_hours)
      * $far_step_hours AS far_hours,
    count(*) AS samples
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
  WHERE t.cloud_percent BETWEEN $cloud_min AND $cloud_max
    AND tm1.cloud_percent <= $around_cloud_max
    AND tp1.cloud_percent <= $around_cloud_max
    AND target.valid
    AND target.cloud_percent <= $target_cloud_max
    AND target.id <> t.id
  GROUP BY 1, 2),
gap AS (
  SELECT DISTINCT gap_hours
  FROM class),
reach AS (
  SELECT DISTINCT far_hours
  FROM class)
SELECT gap.gap_hours, reach.far_hours, CAST(sum(class.samples) AS BIGINT) AS samples
FROM gap
CROSS JOIN reach
JOIN class
  ON class.gap_hours <= gap.gap_hours
  AND class.far_hours <= reach.far_hours
GROUP BY gap.gap_hours, reach.far_hours
ORDER BY gap.gap_hours, reach.far_hours
