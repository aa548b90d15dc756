-- Pairs that share a block which is not crowded, at least one of them fresh.
SELECT a.customer_id AS low_id, b.customer_id AS high_id
FROM counted AS a
JOIN counted AS b ON b.block = a.block AND b.value = a.value AND b.customer_id > a.customer_id
WHERE a.holders >= 2 AND a.holders <= a.most AND (a.fresh OR b.fresh)
GROUP BY a.customer_id, b.customer_id
