-- What became of the messages of each scenario and channel. Opens by privacy proxies and scanner clicks are not people.
WITH touched AS (
    SELECT
        message_id,
        COUNT_IF(event_type = 'delivered') > 0 AS is_delivered,
        COUNT_IF(event_type = 'open' AND NOT COALESCE(is_machine, FALSE)) > 0 AS is_opened,
        COUNT_IF(event_type = 'click' AND NOT COALESCE(is_machine, FALSE)) > 0 AS is_clicked,
        COUNT_IF(event_type IN ('open', 'click') AND is_machine) > 0 AS is_machine_touched,
        COUNT_IF(event_type IN ('hard_bounce', 'soft_bounce')) > 0 AS is_bounced,
        COUNT_IF(event_type IN ('unsubscribe', 'block', 'complaint')) > 0 AS is_left
    FROM message_events
    GROUP BY message_id
)

SELECT
    m.scenario_id,
    m.channel,
    COUNT(*) AS sent,
    COUNT_IF(t.is_delivered) AS delivered,
    COUNT_IF(t.is_opened) AS opened,
    COUNT_IF(t.is_clicked) AS clicked,
    COUNT_IF(t.is_machine_touched) AS machine_touched,
    COUNT_IF(t.is_bounced) AS bounced,
    COUNT_IF(t.is_left) AS left_channel
FROM messages AS m
LEFT JOIN touched AS t ON m.message_id = t.message_id
WHERE m.status = 'sent' AND m.scenario_id IS NOT NULL
GROUP BY m.scenario_id, m.channel
ORDER BY m.scenario_id, m.channel
