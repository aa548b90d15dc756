-- Why people were not written to.
SELECT
    scenario_id,
    suppress_reason AS reason,
    COUNT(*) AS people
FROM messages
WHERE status IN ('suppressed', 'failed', 'unknown', 'quarantined') AND scenario_id IS NOT NULL
GROUP BY scenario_id, suppress_reason
ORDER BY scenario_id, people DESC, reason
