-- series: every cloudy image with every radar image within 72 hours; counted.
SELECT count(*) AS n
FROM s2 AS o
JOIN s1 AS s
  ON s.cell = o.cell
  AND s.time BETWEEN o.time - INTERVAL 72 HOUR AND o.time + INTERVAL 72 HOUR
WHERE o.cloud_percent >= 50
