-- Items of the cart that was left, the dearest first.
SELECT
  k.customer_id,
  ROW_NUMBER() OVER (PARTITION BY k.customer_id ORDER BY k.unit_price DESC, k.product_id) AS place,
  s.product_id, s.name, s.category, s.brand, s.price,
  CAST(NULL AS DECIMAL(18, 2)) AS was,
  k.quantity
FROM cart_products AS k
JOIN cohort AS c ON c.customer_id = k.customer_id
JOIN shelf AS s ON s.product_id = k.product_id
LEFT JOIN purchased_products AS o ON o.customer_id = k.customer_id AND o.product_id = k.product_id
WHERE (s.in_stock OR NOT :in_stock_only)
  AND (o.product_id IS NULL OR s.journey_class = 'consumable' OR NOT :not_owned)
