WITH numbered AS (
  SELECT customer_id, amount, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id) AS n
  FROM naive_purchases
)
SELECT LEAST(n, 32) AS n, COUNT(DISTINCT customer_id) AS buyers, SUM(amount) AS amount
FROM numbered
GROUP BY LEAST(n, 32)
ORDER BY LEAST(n, 32)
