-- Products that the person bought up to :start, returns taken off.
SELECT
  l.customer_id,
  l.product_id,
  MAX(l.purchase_at) AS happened_at,
  SUM(l.quantity) AS quantity
FROM v_lines AS l
WHERE l.purchase_at <= :start AND l.quantity > 0
GROUP BY l.customer_id, l.product_id
