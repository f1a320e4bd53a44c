-- scene: every optical scene by itself. What gap-filling rebuilds: it needs no radar and no network.
--
-- $cloud_min = 1            least cloud of the scene, percent
SELECT scene, tile, row, col, time, cloud_percent, patch AS s2_t
FROM s2
WHERE valid
  AND cloud_percent >= $cloud_min
