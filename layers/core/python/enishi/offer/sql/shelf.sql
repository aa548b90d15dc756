-- Products that may stand in a message: on sale on :day, no trial kits, no services, not known to be out of stock.
SELECT
  p.product_id,
  p.name,
  COALESCE(p.category_l2, p.category_l1, '') AS category,
  COALESCE(p.brand, '') AS brand,
  COALESCE(n.price, p.list_price) AS price,
  p.series,
  p.grade,
  p.season_code,
  p.journey_class,
  COALESCE(s.available, 1) > 0 AS in_stock
FROM products AS p
LEFT JOIN price_now AS n ON n.product_id = p.product_id
LEFT JOIN stock_total AS s ON s.product_id = p.product_id
WHERE COALESCE(p.is_sample, FALSE) = FALSE
  AND COALESCE(p.is_service, FALSE) = FALSE
  AND (p.release_date IS NULL OR p.release_date <= :day)
  AND (p.discontinued_date IS NULL OR p.discontinued_date > :day)
  AND COALESCE(n.price, p.list_price) IS NOT NULL
