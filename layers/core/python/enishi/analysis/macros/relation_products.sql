-- The relations of products, key by key, with the products that each key means: a product, or all of a category (its path).
-- `from_name` and `to_name` are what planners read: the product's name or the last word of the path.
WITH keyed AS (
  SELECT d.product_id, v.key, v.name
  FROM products AS d
  CROSS JOIN UNNEST(
    ARRAY[
      d.product_id,
      d.category_l1,
      d.category_l1 || '/' || d.category_l2,
      d.category_l1 || '/' || d.category_l2 || '/' || d.category_l3
    ],
    ARRAY[d.name, d.category_l1, d.category_l2, d.category_l3]
  ) AS v(key, name)
  WHERE v.key IS NOT NULL
)
SELECT
  r.relation,
  r.from_key,
  a.name AS from_name,
  a.product_id AS from_product_id,
  r.to_key,
  b.name AS to_name,
  b.product_id AS to_product_id,
  r.lag_days
FROM product_relations AS r
JOIN keyed AS a ON a.key = r.from_key
JOIN keyed AS b ON b.key = r.to_key
