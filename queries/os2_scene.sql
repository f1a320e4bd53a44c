-- os2_scene: each cloudy optical scene with one scene before and one after, each with its nearest
-- radar scene, and the elevation. The inputs of a multi-date network for whole scenes.
--
-- One row a scene. Of all scenes inside the window before it (and after it), the least cloudy is
-- taken; of equally cloudy ones the nearest in time, then the first by name. A scene without one
-- on either side, or without radar, is not listed: ask for wider windows.
--
-- $gap_hours = 72           largest distance to the radar scene of a date, hours
-- $near_hours = 1           least distance of the scenes before and after, hours
-- $far_hours = 720          largest distance of the scenes before and after, hours
-- $cloud_min = 1            least cloud of the cloudy scene, percent
-- $around_cloud_max = 100   most cloud of the scenes before and after, percent
WITH
nearest AS (
  -- Equally near: the earlier, then the first by name.
  SELECT * FROM (
    SELECT o.id, o.tile, o.row, o.col, o.cell, o.time, o.scene, o.cloud_percent,
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
before AS (
  SELECT t.id, m.s2, m.s1,
    row_number() OVER (
      PARTITION BY t.id ORDER BY m.cloud_percent, m.time DESC, m.scene) AS rank
  FROM nearest AS t
  JOIN nearest AS m
    ON m.cell = t.cell
    AND m.time BETWEEN t.time - to_hours($far_hours) AND t.time - to_hours($near_hours)
  WHERE m.cloud_percent <= $around_cloud_max
    AND m.id <> t.id),
after AS (
  SELECT t.id, p.s2, p.s1,
    row_number() OVER (
      PARTITION BY t.id ORDER BY p.cloud_percent, p.time, p.scene) AS rank
  FROM nearest AS t
  JOIN nearest AS p
    ON p.cell = t.cell
    AND p.time BETWEEN t.time + to_hours($near_hours) AND t.time + to_hours($far_hours)
  WHERE p.cloud_percent <= $around_cloud_max
    AND p.id <> t.id)
SELECT t.scene, t.tile, t.row, t.col, t.time, t.cloud_percent,
  m.s2 AS s2_tm1, m.s1 AS s1_tm1, t.s2 AS s2_t, t.s1 AS s1_t, p.s2 AS s2_tp1, p.s1 AS s1_tp1,
  dem.patch AS dem
FROM nearest AS t
JOIN before AS m
  ON m.id = t.id
  AND m.rank = 1
JOIN after AS p
  ON p.id = t.id
  AND p.rank = 1
LEFT JOIN dem
  ON dem.cell = t.cell
WHERE t.cloud_percent >= $cloud_min
