-- Records, the people whom they stand for, and the pairs that wait for a reviewer. Virtual customers that unify made of keys
-- are counted apart (virtual_standing).
WITH delivered AS (
  SELECT c.status FROM customers AS c LEFT JOIN virtual_keys AS v ON v.customer_id = c.customer_id WHERE v.customer_id IS NULL
)
SELECT
  (SELECT COUNT(*) FROM delivered) AS records,
  (SELECT COUNT(*) FROM delivered WHERE status <> 'merged') AS people,
  (SELECT COUNT(*) FROM reviews) AS to_review
