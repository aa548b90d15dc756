-- What became of the mails of one run so far; its steps need not be closed.
WITH mails AS (
    SELECT r.message_id
    FROM work.results AS r
    WHERE r.run_id = :run AND r.channel = 'mail' AND r.outcome IN ('accepted', 'unknown')
),

ends AS (
    SELECT
        e.message_id,
        COUNT_IF(e.event_type = 'delivered') > 0 AS is_delivered,
        COUNT_IF(e.event_type = 'hard_bounce') > 0 AS is_bounced,
        COUNT_IF(e.event_type = 'complaint') > 0 AS is_complained
    FROM message_events AS e
    INNER JOIN mails AS m ON e.message_id = m.message_id
    GROUP BY e.message_id
)

SELECT
    COUNT_IF(is_delivered AND NOT is_bounced) AS delivered,
    COUNT_IF(is_bounced) AS bounced,
    COUNT_IF(is_complained) AS complained
FROM ends
