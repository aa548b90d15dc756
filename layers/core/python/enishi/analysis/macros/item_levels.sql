-- What a product counts as at each level: itself, its style, a category, a brand or a series. `item` is the name that
-- planners read; where two products or styles share a name, their key stands behind it. Rule UNK: without a word, 不明.
WITH keyed AS (
  SELECT d.product_id, v.level, v.item_key, d.name
  FROM products AS d
  CROSS JOIN UNNEST(
    ARRAY['product', 'parent', 'category_l1', 'category_l2', 'category_l3', 'brand', 'series'],
    ARRAY[
      d.product_id,
      COALESCE(d.parent_id, d.product_id),
      d.category_l1,
      d.category_l2,
      d.category_l3,
      d.brand,
      d.series
    ]
  ) AS v(level, item_key)
),
named AS (
  SELECT level, item_key, MIN(name) AS name
  FROM keyed
  GROUP BY level, item_key
),
labelled AS (
  SELECT
    level,
    item_key,
    CASE
      WHEN level NOT IN ('product', 'parent') OR name IS NULL THEN item_key
      WHEN COUNT(*) OVER (PARTITION BY level, name) > 1 THEN name || ' (' || item_key || ')'
      ELSE name
    END AS item
  FROM named
)
SELECT
  k.product_id,
  k.level,
  COALESCE(b.item, :unknown) AS item,
  COALESCE(d.is_service, FALSE) AS is_service
FROM keyed AS k
JOIN products AS d ON d.product_id = k.product_id
LEFT JOIN labelled AS b ON b.level = k.level AND b.item_key = k.item_key
