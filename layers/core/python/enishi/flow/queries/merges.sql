-- Every absorbed record, its survivor, and since when it is so.
SELECT c.customer_id, c.merged_into, MAX(m.merged_at) AS merged_at
FROM customers AS c
LEFT JOIN merge_log AS m ON m.absorbed_id = c.customer_id AND m.survivor_id = c.merged_into AND m.kind = 'merge'
WHERE c.merged_into IS NOT NULL
GROUP BY c.customer_id, c.merged_into
