-- Product pairs of product_relations: each end is a product, or a category path that stands for its products.
WITH pathed AS (
  SELECT
    p.product_id,
    p.category_l1 AS path_1,
    p.category_l1 || '/' || p.category_l2 AS path_2,
    p.category_l1 || '/' || p.category_l2 || '/' || p.category_l3 AS path_3
  FROM products AS p
), keyed AS (
  SELECT q.product_id, q.product_id AS relation_key FROM pathed AS q
  UNION ALL
  SELECT q.product_id, q.path_1 FROM pathed AS q WHERE q.path_1 IS NOT NULL
  UNION ALL
  SELECT q.product_id, q.path_2 FROM pathed AS q WHERE q.path_2 IS NOT NULL
  UNION ALL
  SELECT q.product_id, q.path_3 FROM pathed AS q WHERE q.path_3 IS NOT NULL
)
SELECT
  a.product_id AS from_product,
  b.product_id AS product_id,
  r.relation,
  MIN(r.lag_days) AS lag_days
FROM product_relations AS r
JOIN keyed AS a ON a.relation_key = r.from_key
JOIN keyed AS b ON b.relation_key = r.to_key
WHERE a.product_id <> b.product_id
GROUP BY a.product_id, b.product_id, r.relation
