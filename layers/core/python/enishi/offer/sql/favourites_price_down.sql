-- Favourites whose price fell, the greatest fall first. A fall counts where everybody can buy: online or everywhere.
WITH falls AS (
  SELECT d.product_id, MIN(d.now_price) AS price, MIN(d.was_price) AS was, MIN(d.until_at) AS until_at
  FROM price_falls AS d
  WHERE d.scope IN ('all', 'ec')
  GROUP BY d.product_id
)
SELECT
  f.customer_id,
  ROW_NUMBER() OVER (PARTITION BY f.customer_id ORDER BY d.was - d.price DESC, f.product_id) AS place,
  s.product_id, s.name, s.category, s.brand, d.price, d.was,
  d.was - d.price AS saving,
  CAST(d.was - d.price AS DOUBLE) / CAST(d.was AS DOUBLE) AS off,
  CAST(at_timezone(with_timezone(d.until_at, 'UTC'), :zone) AS DATE) AS until
FROM favourite_products AS f
JOIN cohort AS c ON c.customer_id = f.customer_id
JOIN falls AS d ON d.product_id = f.product_id
JOIN shelf AS s ON s.product_id = f.product_id
WHERE s.in_stock AND CAST(d.was - d.price AS DOUBLE) >= :least * CAST(d.was AS DOUBLE)
