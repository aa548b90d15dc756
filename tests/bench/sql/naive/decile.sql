WITH bought AS (
  SELECT customer_id, SUM(amount) AS amount
  FROM naive_purchases
  GROUP BY customer_id
),
ranked AS (
  SELECT amount, RANK() OVER (ORDER BY amount DESC) AS place, COUNT(*) OVER () AS total
  FROM bought
)
SELECT TILE_OF(place, total, 10) AS decile, COUNT(*) AS customers, SUM(amount) AS amount
FROM ranked
GROUP BY TILE_OF(place, total, 10)
ORDER BY TILE_OF(place, total, 10)
