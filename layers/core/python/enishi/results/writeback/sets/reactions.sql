-- What people did with a message: the first delivery, open, click, bounce … of each, machines left out (rule MPP).
SELECT
    m.customer_id,
    MIN(e.event_at) AS happened_at,
    e.message_id,
    e.event_type AS kind,
    m.channel,
    m.scenario_id,
    m.step_id,
    COUNT(*) AS times
FROM message_events AS e
INNER JOIN messages AS m ON m.message_id = e.message_id
WHERE e.event_date BETWEEN :first_day AND :last_day
    AND e.event_at > :since
    AND e.event_at <= :until
    AND NOT COALESCE(e.is_machine, FALSE)
GROUP BY m.customer_id, e.message_id, e.event_type, m.channel, m.scenario_id, m.step_id
