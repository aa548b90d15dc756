-- One row a load, newest first: what was read and what came of it.
SELECT
    SPLIT_PART(l.load_id, '.', 1) AS load,
    MAX(l.loaded_at) AS loaded_at,
    MAX(l.source_id) AS source,
    MAX(l.file) AS file,
    MAX(COALESCE(l.status, 'loaded')) AS status,
    MAX(l.rows_in) AS rows,
    MAX(l.rows_rejected) AS quarantined,
    MAX(l.rows_skipped) AS skipped,
    SUM(l.rows_offered) AS offered,
    SUM(l.rows_superseded) AS superseded,
    MAX(l.note) AS note,
    MAX(l.accepted) AS accepted
FROM load_log AS l
WHERE (:source = '' OR l.source_id = :source)
GROUP BY SPLIT_PART(l.load_id, '.', 1), CASE WHEN l.status = 'stopped' THEN 1 ELSE 0 END
ORDER BY MAX(l.loaded_at) DESC, MAX(l.source_id), SPLIT_PART(l.load_id, '.', 1)
LIMIT :most
