-- What the quarantine holds, counted; no row's content.
SELECT
    q.source_id,
    COALESCE(q.state, 'open') AS state,
    q.reason,
    COALESCE(q.column, '') AS in_column,
    COUNT(*) AS n,
    COUNT(DISTINCT q.file) AS files,
    MIN(q.load_date) AS first_day,
    MAX(q.load_date) AS last_day
FROM pii.quarantine AS q
GROUP BY q.source_id, COALESCE(q.state, 'open'), q.reason, COALESCE(q.column, '')
ORDER BY 1, 2, 3, 4
