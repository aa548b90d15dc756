-- Goods of the season by what sells: those of categories that the customer looked at come first, one of each category before a
-- second one.
WITH goods AS (
  SELECT s.*, COALESCE(d.amount, 0) AS amount
  FROM shelf AS s
  LEFT JOIN sold AS d ON d.product_id = s.product_id
  WHERE s.in_stock
    AND (CONTAINS(CAST(:seasons AS ARRAY(VARCHAR)), s.season_code)
         OR CONTAINS(CAST(:categories AS ARRAY(VARCHAR)), s.category))
), best AS (
  SELECT g.*, ROW_NUMBER() OVER (PARTITION BY g.category ORDER BY g.amount DESC, g.product_id) AS standing FROM goods AS g
), browsed AS (
  SELECT DISTINCT v.customer_id, COALESCE(p.category_l2, p.category_l1) AS category
  FROM viewed_products AS v
  JOIN products AS p ON p.product_id = v.product_id
)
SELECT
  c.customer_id,
  ROW_NUMBER() OVER (
    PARTITION BY c.customer_id
    ORDER BY CASE WHEN w.category IS NULL THEN 1 ELSE 0 END, b.standing, b.amount DESC, b.product_id
  ) AS place,
  b.product_id, b.name, b.category, b.brand, b.price,
  CAST(NULL AS DECIMAL(18, 2)) AS was,
  w.category IS NOT NULL AS browsed
FROM cohort AS c
CROSS JOIN best AS b
LEFT JOIN browsed AS w ON w.customer_id = c.customer_id AND w.category = b.category
WHERE b.standing <= 3
