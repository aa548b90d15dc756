-- Rows about which another load of the source said something later than :source_order; the last word of each kind.
SELECT
    v.table_name,
    v.row_key,
    MAX(CASE WHEN v.says = 'put' THEN v.source_order END) AS last_put,
    MAX(CASE WHEN v.says = 'gone' THEN v.source_order END) AS last_gone
FROM row_versions AS v
WHERE v.source_id = :source AND v.load_id <> :load AND v.says IN ('put', 'gone') AND v.source_order > :source_order
GROUP BY v.table_name, v.row_key
