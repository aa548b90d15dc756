-- Records, the people whom they stand for, and the pairs that wait for a reviewer.
SELECT
  (SELECT COUNT(*) FROM customers) AS records,
  (SELECT COUNT(*) FROM customers WHERE status <> 'merged') AS people,
  (SELECT COUNT(*) FROM reviews) AS to_review
