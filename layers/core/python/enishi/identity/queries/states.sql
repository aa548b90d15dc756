-- What the changed records become. A record that stands for itself again is what it was: withdrawn, or active.
SELECT
  customer_id,
  CASE WHEN becomes IS NOT NULL THEN 'merged' WHEN withdrawn_date IS NOT NULL THEN 'withdrawn' ELSE 'active' END AS status,
  becomes AS merged_into
FROM changes
