-- What planners call a product: its name, with its id where several products share one.
SELECT
  d.product_id,
  CASE
    WHEN COUNT(*) OVER (PARTITION BY d.name) > 1 THEN COALESCE(d.name || ' (' || d.product_id || ')', d.product_id)
    ELSE COALESCE(d.name, d.product_id)
  END AS product
FROM products AS d
