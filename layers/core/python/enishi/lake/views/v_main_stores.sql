-- Each customer's store of most purchases; of equals the one with more money, then the smaller id.
WITH visited AS (
  SELECT customer_id, store_id, COUNT(*) AS purchases, COALESCE(SUM(amount), 0) AS amount
  FROM v_purchases
  WHERE store_id IS NOT NULL
  GROUP BY customer_id, store_id
)
SELECT customer_id, MIN_BY(store_id, ROW(-purchases, -amount, store_id)) AS store_id
FROM visited
GROUP BY customer_id
