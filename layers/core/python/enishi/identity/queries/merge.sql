-- A merge of the log, and how the absorbed record stands today.
SELECT m.kind, m.survivor_id, m.absorbed_id, c.status, c.merged_into, c.withdrawn_date
FROM merge_log AS m
LEFT JOIN customers AS c ON c.customer_id = m.absorbed_id
WHERE m.merge_id = :merge_id
