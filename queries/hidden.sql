-- hidden: every clear optical patch, as target alone. Each is hidden in turn, rebuilt from the
-- other dates, and compared.
--
-- $cloud_max = 5            most cloud of a target, percent
SELECT tile, row, col, time, cloud_percent, patch AS s2_target
FROM s2
WHERE valid
  AND cloud_percent <= $cloud_max
