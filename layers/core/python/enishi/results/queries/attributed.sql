-- Money credited to each scenario under one attribution model.
SELECT
    m.scenario_id,
    COUNT(DISTINCT c.order_id) AS orders,
    SUM(c.credit) AS credit,
    SUM(c.amount) AS amount
FROM conversions AS c
INNER JOIN messages AS m ON c.message_id = m.message_id
WHERE c.model = :model
GROUP BY m.scenario_id
ORDER BY m.scenario_id
