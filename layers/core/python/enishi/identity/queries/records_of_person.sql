-- The records that stand for one person, the survivor first; is_key: unify made it of a guest's key or a cookie.
SELECT c.customer_id, c.status, c.registered_at, c.join_channel, c.is_virtual, c.household_id,
  v.customer_id IS NOT NULL AS is_key
FROM customers AS c
JOIN v_identity AS i ON i.customer_id = c.customer_id
LEFT JOIN virtual_keys AS v ON v.customer_id = c.customer_id
WHERE i.person_id = :person
ORDER BY CASE WHEN c.customer_id = i.person_id THEN 0 ELSE 1 END, c.registered_at NULLS LAST, c.customer_id
