-- The records that take part: nobody blocked or deceased, and nobody whom a reviewer split off.
SELECT
  c.customer_id,
  c.name_hash,
  c.birth_date,
  c.postal_code,
  COUNT(*) OVER (PARTITION BY c.name_hash, c.birth_date, c.postal_code) AS namesakes
FROM customers AS c
LEFT JOIN (
  SELECT absorbed_id FROM merge_log WHERE kind = 'split' AND decided_by = 'reviewer' GROUP BY absorbed_id
) AS s
  ON s.absorbed_id = c.customer_id
WHERE c.status IN ('active', 'withdrawn', 'merged') AND s.absorbed_id IS NULL
