-- The nearest open store within reach, with how many of the wanted items it can sell today.
WITH stocked AS (
  SELECT w.customer_id, n.store_id, COUNT(*) AS items
  FROM wanted AS w
  JOIN stock_now AS n ON n.product_id = w.product_id
  GROUP BY w.customer_id, n.store_id
)
SELECT
  r.customer_id,
  ROW_NUMBER() OVER (PARTITION BY r.customer_id ORDER BY r.km, r.store_id) AS place,
  t.store_id,
  t.name,
  r.km AS distance_km,
  CAST(COALESCE(k.items, 0) AS INTEGER) AS stocked,
  COALESCE(t.offers_pickup, FALSE) AS offers_pickup
FROM near_stores AS r
JOIN cohort AS c ON c.customer_id = r.customer_id
JOIN stores AS t ON t.store_id = r.store_id
LEFT JOIN stocked AS k ON k.customer_id = r.customer_id AND k.store_id = r.store_id
WHERE k.items > 0 OR NOT :must_stock
