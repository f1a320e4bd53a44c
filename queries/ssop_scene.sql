-- ssop_scene: each cloudy optical scene with the nearest radar scene and the elevation. The
-- inputs of a single-date network for whole scenes.
--
-- $gap_hours = 72           largest distance to the radar scene, hours
-- $cloud_min = 1            least cloud of the scene, percent
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
  WHERE rank = 1)
SELECT t.scene, t.tile, t.row, t.col, t.time, t.cloud_percent,
  t.s2 AS s2_t, t.s1 AS s1_t, dem.patch AS dem
FROM nearest AS t
LEFT JOIN dem
  ON dem.cell = t.cell
WHERE t.cloud_percent >= $cloud_min
