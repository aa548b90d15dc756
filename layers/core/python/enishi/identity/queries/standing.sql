-- Records, and the people whom they stand for.
SELECT
  COUNT(*) AS records,
  COUNT(CASE WHEN status <> 'merged' THEN 1 END) AS people
FROM customers
