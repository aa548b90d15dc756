-- The records that were merged into each person of the cohort: their counters, refusals and claims are the person's.
SELECT m.merged_into AS customer_id, ARRAY_JOIN(ARRAY_AGG(m.customer_id ORDER BY m.customer_id), ',') AS aliases
FROM customers AS m
JOIN cohort AS h ON h.customer_id = m.merged_into
WHERE m.status = 'merged'
GROUP BY m.merged_into
