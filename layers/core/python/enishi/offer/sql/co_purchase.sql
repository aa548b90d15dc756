-- What the buyers of the product bought last also buy. What it cannot do without comes first, then what is handy, then lift:
-- how much more often the pair is bought than chance would have it. Pairs of fewer than :least_buyers people do not count.
WITH buyers AS (
  SELECT DISTINCT l.customer_id, l.product_id
  FROM v_lines AS l
  WHERE l.purchase_date >= :pairs_from AND l.purchase_date <= :day AND l.purchase_at <= :at AND l.quantity > 0
), sizes AS (
  SELECT y.product_id, COUNT(*) AS people FROM buyers AS y GROUP BY y.product_id
), everybody AS (
  SELECT COUNT(DISTINCT y.customer_id) AS people FROM buyers AS y
), seeds AS (
  SELECT DISTINCT b.product_id FROM bought AS b
), pairs AS (
  SELECT a.product_id AS from_product, z.product_id, COUNT(*) AS people
  FROM seeds AS e
  JOIN buyers AS a ON a.product_id = e.product_id
  JOIN buyers AS z ON z.customer_id = a.customer_id AND z.product_id <> a.product_id
  GROUP BY a.product_id, z.product_id
  HAVING COUNT(*) >= :least_buyers
), lifted AS (
  SELECT
    q.from_product,
    q.product_id,
    CAST(q.people AS DOUBLE) / x.people AS share,
    CAST(q.people AS DOUBLE) * w.people / x.people / y.people AS lift
  FROM pairs AS q
  JOIN sizes AS x ON x.product_id = q.from_product
  JOIN sizes AS y ON y.product_id = q.product_id
  CROSS JOIN everybody AS w
), needed AS (
  SELECT k.from_product, k.product_id, MIN(CASE k.relation WHEN 'essential' THEN 0 ELSE 1 END) AS need
  FROM companions AS k
  JOIN seeds AS e ON e.product_id = k.from_product
  WHERE k.relation IN ('essential', 'useful')
  GROUP BY k.from_product, k.product_id
), candidates AS (
  SELECT
    COALESCE(f.from_product, n.from_product) AS from_product,
    COALESCE(f.product_id, n.product_id) AS product_id,
    COALESCE(n.need, 2) AS need,
    f.share,
    f.lift
  FROM lifted AS f
  FULL JOIN needed AS n ON n.from_product = f.from_product AND n.product_id = f.product_id
)
SELECT
  b.customer_id,
  ROW_NUMBER() OVER (
    PARTITION BY b.customer_id ORDER BY k.need, COALESCE(k.lift, 0E0) DESC, s.price, s.product_id
  ) AS place,
  s.product_id, s.name, s.category, s.brand, s.price,
  CAST(NULL AS DECIMAL(18, 2)) AS was,
  CASE k.need WHEN 0 THEN 'essential' WHEN 1 THEN 'useful' ELSE 'together' END AS relation,
  k.share,
  k.lift
FROM bought AS b
JOIN candidates AS k ON k.from_product = b.product_id
JOIN shelf AS s ON s.product_id = k.product_id
LEFT JOIN purchased_products AS o ON o.customer_id = b.customer_id AND o.product_id = k.product_id
WHERE s.in_stock
  AND (o.product_id IS NULL OR s.journey_class = 'consumable')
  AND (k.need < 2 OR k.lift > 1)
