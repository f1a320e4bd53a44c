-- gaps: how far the nearest radar patch is from each valid optical patch, as a histogram.
--
-- The last row counts the patches without any radar within the limit.
--
-- $step_hours = 12          width of a class, hours
-- $limit_hours = 240        look no further, hours
WITH
nearest AS (
  SELECT o.id, min(gap_hours(r.time, o.time)) AS gap
  FROM s2 AS o
  LEFT JOIN s1 AS r
    ON r.cell = o.cell
    AND r.valid
    AND r.time BETWEEN o.time - to_hours($limit_hours) AND o.time + to_hours($limit_hours)
  WHERE o.valid
  GROUP BY o.id)
SELECT CAST(floor(gap / $step_hours) AS BIGINT) * $step_hours AS from_hours,
  (CAST(floor(gap / $step_hours) AS BIGINT) + 1) * $step_hours AS until_hours,
  count(*) AS patches
FROM nearest
GROUP BY from_hours, until_hours
ORDER BY from_hours NULLS LAST
