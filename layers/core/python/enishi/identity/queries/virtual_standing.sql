-- Virtual customers, and how many of them are somebody who is known.
SELECT COUNT(*) AS keys, COUNT(CASE WHEN c.status = 'merged' THEN 1 END) AS known
FROM virtual_keys AS v
JOIN customers AS c ON c.customer_id = v.customer_id
