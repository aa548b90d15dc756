-- Open bad rows of earlier versions of a file.
SELECT q.load_id, q.file, q.row_no
FROM pii.quarantine AS q
WHERE
    q.source_id = :source AND q.scope = :scope AND q.source_order < :source_order
    AND COALESCE(q.state, 'open') IN ('open', 'waiting')
