WITH measured AS (
  SELECT
    customer_id,
    DATE_DIFF('day', MAX(order_date), DATE '2026-11-30') AS recency,
    COUNT(*) AS orders,
    SUM(amount) AS amount
  FROM naive_purchases
  GROUP BY customer_id
),
ranked AS (
  SELECT
    amount,
    RANK() OVER (ORDER BY recency) AS r,
    RANK() OVER (ORDER BY orders DESC) AS f,
    COUNT(*) OVER () AS total
  FROM measured
),
scored AS (
  SELECT 6 - TILE_OF(r, total, 5) AS r_score, 6 - TILE_OF(f, total, 5) AS f_score, amount
  FROM ranked
)
SELECT r_score, f_score, COUNT(*) AS customers, SUM(amount) AS amount
FROM scored
GROUP BY r_score, f_score
ORDER BY r_score DESC, f_score DESC
