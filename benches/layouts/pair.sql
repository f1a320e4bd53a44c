-- pair: every optical image with the nearest radar image within 72 hours.
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
SELECT count(*) AS n, sum(s1 % 1000) AS s1
FROM paired
