-- Customers whose household is no longer the one that is written down. What a source declared counts before what was
-- found, and stays.
SELECT c.customer_id, COALESCE(d.household_id, f.household_id) AS household_id
FROM customers AS c
LEFT JOIN declared AS d ON d.person_id = c.customer_id
LEFT JOIN found AS f ON f.person_id = c.customer_id
WHERE
  (d.household_id IS NOT NULL OR c.household_id IS NULL OR c.household_id LIKE 'HD%')
  AND COALESCE(c.household_id, '') <> COALESCE(d.household_id, f.household_id, '')
