-- os2_count: three dates with radar, ten to thirty days apart, and a clear image; counted.
WITH paired AS (
  SELECT o.id, o.cell, o.time, o.cloud_percent,
    arg_min(s.id, abs(epoch(s.time) - epoch(o.time))) AS s1
  FROM s2 AS o
  JOIN s1 AS s
    ON s.cell = o.cell
    AND s.time BETWEEN o.time - INTERVAL 72 HOUR AND o.time + INTERVAL 72 HOUR
  WHERE o.valid
    AND s.valid
  GROUP BY o.id, o.cell, o.time, o.cloud_percent
)
SELECT count(*) AS n, sum(tm1.id % 1000) AS tm1, sum(tp1.s1 % 1000) AS tp1
FROM paired AS t
JOIN paired AS tm1
  ON tm1.cell = t.cell
  AND tm1.time BETWEEN t.time - INTERVAL 720 HOUR AND t.time - INTERVAL 240 HOUR
JOIN paired AS tp1
  ON tp1.cell = t.cell
  AND tp1.time BETWEEN t.time + INTERVAL 240 HOUR AND t.time + INTERVAL 720 HOUR
JOIN s2 AS target
  ON target.cell = t.cell
  AND target.time BETWEEN t.time - INTERVAL 240 HOUR AND t.time + INTERVAL 240 HOUR
WHERE t.cloud_percent >= 1
  AND target.cloud_percent = 0
  AND target.valid
