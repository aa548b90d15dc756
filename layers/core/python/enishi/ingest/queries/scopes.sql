-- Scopes of which a load of the source named every row, and the rows there that a bad row of it named.
SELECT v.says, v.load_id, v.table_name, v.row_key, v.source_order, v.scope
FROM row_versions AS v
WHERE v.source_id = :source AND v.says IN ('whole', 'seen')
