-- The last statement of other loads about each row, where it is older than :source_order and says that the row is.
WITH last AS (
    SELECT
        v.table_name,
        v.row_key,
        MAX(v.source_order) AS source_order,
        MAX_BY(v.says, v.source_order) AS says,
        MAX_BY(v.scope, v.source_order) AS scope
    FROM row_versions AS v
    WHERE v.source_id = :source AND v.load_id <> :load AND v.says IN ('put', 'gone')
    GROUP BY v.table_name, v.row_key
)

SELECT last.table_name, last.row_key, last.source_order, last.scope
FROM last
WHERE last.says = 'put' AND last.source_order < :source_order
