-- The one category that each customer of the cohort looks at most: views, carts, favourites and what the clerk wrote down.
WITH signals AS (
  SELECT v.customer_id, v.product_id, CAST(NULL AS VARCHAR) AS category_l1, v.views AS weight, v.happened_at
  FROM viewed_products AS v
  UNION ALL
  SELECT k.customer_id, k.product_id, NULL, 4, k.happened_at FROM cart_products AS k
  UNION ALL
  SELECT f.customer_id, f.product_id, NULL, 3, f.happened_at FROM favourite_products AS f
  UNION ALL
  SELECT i.person_id, t.product_id, t.category_l1, 6, t.visited_at
  FROM service_visits AS t
  JOIN v_identity AS i ON i.customer_id = t.customer_id
  WHERE t.visited_at <= :at
    AND t.visit_date >= :first
    AND t.visit_type IN ('preview', 'consultation')
), summed AS (
  SELECT
    g.customer_id,
    COALESCE(p.category_l2, p.category_l1, g.category_l1) AS category,
    SUM(g.weight) AS weight,
    MAX(g.happened_at) AS happened_at
  FROM signals AS g
  JOIN cohort AS c ON c.customer_id = g.customer_id
  LEFT JOIN products AS p ON p.product_id = g.product_id
  WHERE COALESCE(p.is_service, FALSE) = FALSE
  GROUP BY g.customer_id, COALESCE(p.category_l2, p.category_l1, g.category_l1)
), ordered AS (
  SELECT
    s.customer_id,
    s.category,
    ROW_NUMBER() OVER (PARTITION BY s.customer_id ORDER BY s.weight DESC, s.happened_at DESC, s.category) AS place
  FROM summed AS s
  WHERE s.category IS NOT NULL
)
SELECT o.customer_id, o.category FROM ordered AS o WHERE o.place = 1
