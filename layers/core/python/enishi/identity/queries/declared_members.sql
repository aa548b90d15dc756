-- Person → the household that a source declared for them; of several the first by its id.
SELECT i.person_id, MIN(m.household_id) AS household_id
FROM household_members AS m
JOIN v_identity AS i ON i.customer_id = m.customer_id
JOIN customers AS c ON c.customer_id = i.person_id AND c.status = 'active'
WHERE m.household_id NOT LIKE 'HD%'
GROUP BY i.person_id
