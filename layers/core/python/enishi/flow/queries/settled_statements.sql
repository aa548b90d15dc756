-- Statements of files about rows that a later one of the same kind has replaced, made before :first: no load will ask for
-- them. The last put and the last deletion of a row stay, however old, and so does every statement about a whole scope:
-- a file that comes late, whatever its order, is judged by these alone.
SELECT load_id
FROM row_versions
WHERE
  load_date < :first
  AND says IN ('put', 'gone')
  AND CONCAT_WS('|', load_id, table_name, says, source_order, row_key) IN (
    SELECT s.statement
    FROM (
      SELECT
        CONCAT_WS('|', w.load_id, w.table_name, w.says, w.source_order, w.row_key) AS statement,
        RANK() OVER (PARTITION BY w.source_id, w.table_name, w.row_key, w.says ORDER BY w.source_order DESC) AS place
      FROM row_versions AS w
      WHERE w.says IN ('put', 'gone')
    ) AS s
    WHERE s.place > 1
  )
