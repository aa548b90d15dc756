-- Customers whose household is no longer the one that is written down. A household that the source declared stays.
SELECT c.customer_id, f.household_id
FROM customers AS c
LEFT JOIN found AS f ON f.person_id = c.customer_id
WHERE
  (c.household_id IS NULL OR c.household_id LIKE 'HD%')
  AND COALESCE(c.household_id, '') <> COALESCE(f.household_id, '')
