-- What the log has of a source: its loads since :since, and this load whenever it was.
SELECT
    l.load_id,
    l.table_name,
    l.status,
    l.loaded_at,
    l.rows_in,
    l.columns,
    l.empties
FROM load_log AS l
WHERE l.source_id = :source AND (l.load_date >= :since OR STARTS_WITH(l.load_id, :prefix))
