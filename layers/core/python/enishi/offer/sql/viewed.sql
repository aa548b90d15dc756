-- What the customer looked at lately and does not own, the latest first.
SELECT
  v.customer_id,
  ROW_NUMBER() OVER (PARTITION BY v.customer_id ORDER BY v.happened_at DESC, v.product_id) AS place,
  s.product_id, s.name, s.category, s.brand, s.price,
  CAST(NULL AS DECIMAL(18, 2)) AS was,
  v.views
FROM viewed_products AS v
JOIN cohort AS c ON c.customer_id = v.customer_id
JOIN shelf AS s ON s.product_id = v.product_id
LEFT JOIN purchased_products AS o ON o.customer_id = v.customer_id AND o.product_id = v.product_id
WHERE s.in_stock AND (o.product_id IS NULL OR s.journey_class = 'consumable')
