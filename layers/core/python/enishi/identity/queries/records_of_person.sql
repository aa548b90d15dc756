-- The records that stand for one person, the survivor first.
SELECT c.customer_id, c.status, c.registered_at, c.join_channel, c.is_virtual, c.household_id
FROM customers AS c
JOIN v_identity AS i ON i.customer_id = c.customer_id
WHERE i.person_id = :person
ORDER BY CASE WHEN c.customer_id = i.person_id THEN 0 ELSE 1 END, c.registered_at NULLS LAST, c.customer_id
