-- Messages accepted a business day, scenario and channel.
SELECT
    sent_date,
    scenario_id,
    channel,
    COUNT(*) AS sent
FROM messages
WHERE status = 'sent' AND scenario_id IS NOT NULL
GROUP BY sent_date, scenario_id, channel
ORDER BY sent_date, scenario_id, channel
