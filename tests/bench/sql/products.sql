SELECT
  product(i) AS product_id,
  'product ' || i AS name,
  'L' || (i % 20) AS category_l1,
  'M' || (i % 200) AS category_l2,
  'S' || (i % 1000) AS category_l3,
  'B' || (i % 300) AS brand,
  price_of(i) AS list_price,
  FALSE AS is_service
FROM range(getvariable('products')) AS n(i)
