-- The tables of one load.
SELECT
    l.table_name, l.loaded_at, l.source_id, l.file, COALESCE(l.status, 'loaded') AS status, l.rows_in, l.rows_rejected,
    l.rows_skipped, l.rows_offered, l.rows_superseded, l.watermark, l.source_order, l.note, l.accepted
FROM load_log AS l
WHERE STARTS_WITH(l.load_id, :prefix)
ORDER BY l.table_name
