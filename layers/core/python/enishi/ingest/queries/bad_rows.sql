-- Rows of the quarantine that nobody has closed, of one source or all (''), for one reason or all ('').
SELECT
    q.load_id, q.source_id, q.file, q.row_no, q.column, q.reason, q.raw, q.columns, q.source_order, q.scope,
    COALESCE(q.state, 'open') AS state, q.load_date
FROM pii.quarantine AS q
WHERE
    COALESCE(q.state, 'open') IN ('open', 'waiting')
    AND (:source = '' OR q.source_id = :source) AND (:reason = '' OR q.reason = :reason)
ORDER BY q.source_id, q.load_id, q.file, q.row_no
