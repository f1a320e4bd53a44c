-- ssop: a cloudy image with radar, and a clear image within ten days.
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
SELECT count(*) AS n, sum(t.s1 % 1000) AS s1, sum(target.id % 1000) AS target
FROM paired AS t
JOIN s2 AS target
  ON target.cell = t.cell
  AND target.time BETWEEN t.time - INTERVAL 240 HOUR AND t.time + INTERVAL 240 HOUR
WHERE t.cloud_percent >= 1
  AND target.cloud_percent = 0
  AND target.valid
