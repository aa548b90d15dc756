-- The product bought last, then its refills, then its upper models.
WITH others AS (
  SELECT b.customer_id, k.product_id, CASE WHEN k.relation = 'refill' THEN 'refill' ELSE 'upgrade' END AS kind
  FROM bought AS b
  JOIN companions AS k ON k.from_product = b.product_id AND k.relation IN ('refill', 'upgrade')
  UNION
  SELECT b.customer_id, u.product_id, 'upgrade'
  FROM bought AS b
  JOIN products AS m ON m.product_id = b.product_id
  JOIN products AS u ON u.series = m.series AND u.category_l3 = m.category_l3 AND u.brand = m.brand AND u.grade > m.grade
), listed AS (
  SELECT b.customer_id, b.product_id, 'same' AS kind FROM bought AS b
  UNION ALL
  SELECT o.customer_id, o.product_id, o.kind FROM others AS o WHERE :with_others
)
SELECT
  t.customer_id,
  ROW_NUMBER() OVER (
    PARTITION BY t.customer_id
    ORDER BY CASE t.kind WHEN 'same' THEN 0 WHEN 'refill' THEN 1 ELSE 2 END, s.price, s.product_id
  ) AS place,
  s.product_id, s.name, s.category, s.brand, s.price,
  CAST(NULL AS DECIMAL(18, 2)) AS was,
  t.kind,
  b.purchase_date AS purchased_date
FROM listed AS t
JOIN bought AS b ON b.customer_id = t.customer_id
JOIN shelf AS s ON s.product_id = t.product_id
WHERE s.in_stock OR t.kind = 'same'
