-- Records whose survivor is no longer the one that is written down. The survivor of a person is the record that
-- registered first, then the smallest id. A record without a label stands for itself; what a reviewer split off was
-- written by the reviewer and takes no part; nor do
-- virtual customers that unify made (virtual_changes).
WITH ranked AS (
  SELECT
    l.customer_id,
    FIRST_VALUE(l.customer_id) OVER (
      PARTITION BY l.label ORDER BY COALESCE(c.is_virtual, FALSE), COALESCE(c.registered_at, TIMESTAMP '9999-01-01 00:00:00'), l.customer_id
    ) AS survivor_id
  FROM work.identity_labels AS l
  JOIN customers AS c ON c.customer_id = l.customer_id
  WHERE l.unification = :labels AND l.round = :round
)
SELECT
  c.customer_id,
  c.merged_into AS was,
  CASE WHEN r.survivor_id <> c.customer_id THEN r.survivor_id END AS becomes,
  c.withdrawn_date
FROM customers AS c
LEFT JOIN ranked AS r ON r.customer_id = c.customer_id
LEFT JOIN virtual_keys AS v ON v.customer_id = c.customer_id
WHERE
  v.customer_id IS NULL
  AND c.status IN ('active', 'withdrawn', 'merged')
  AND COALESCE(c.merged_into, c.customer_id) <> COALESCE(r.survivor_id, c.customer_id)
