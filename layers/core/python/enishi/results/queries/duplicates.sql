-- Customers who got the same step of the same run more than once: must be none.
SELECT
    m.scenario_id,
    m.execution_id,
    m.step_id,
    i.person_id,
    COUNT(*) AS copies
FROM messages AS m
INNER JOIN v_identity AS i ON m.customer_id = i.customer_id
WHERE m.status = 'sent'
GROUP BY m.scenario_id, m.execution_id, m.step_id, i.person_id
HAVING COUNT(*) > 1
