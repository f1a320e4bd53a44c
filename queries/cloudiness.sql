-- cloudiness: how cloudy the optical scenes are, by tile and month.
--
-- $clear_max = 5            a scene with at most this much cloud counts as clear, percent
SELECT tile,
  date_part('year', time) AS year,
  date_part('month', time) AS month,
  count(*) AS scenes,
  CAST(avg(cloud_percent) AS DECIMAL(6, 1)) AS mean_cloud_percent,
  count(*) FILTER (WHERE cloud_percent <= $clear_max) AS clear_scenes
FROM scenes
WHERE sensor = 's2'
GROUP BY tile, year, month
ORDER BY tile, year, month
