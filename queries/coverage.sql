-- coverage: how many scenes of each sensor a tile has, and between which dates.
SELECT tile, sensor,
  count(*) AS scenes,
  min(time) AS first,
  max(time) AS last,
  CAST(avg(nodata_percent) AS DECIMAL(6, 1)) AS mean_nodata_percent
FROM scenes
GROUP BY tile, sensor
ORDER BY tile, sensor
