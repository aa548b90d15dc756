-- Orders credited to messages (last click).
SELECT
    c.customer_id,
    c.converted_at AS happened_at,
    c.order_id,
    c.message_id,
    m.channel,
    m.scenario_id,
    m.step_id,
    c.credit,
    c.amount
FROM conversions AS c
INNER JOIN messages AS m ON m.message_id = c.message_id
WHERE c.model = 'last_click'
    AND c.converted_date BETWEEN :first_day AND :last_day
    AND c.converted_at > :since
    AND c.converted_at <= :until
