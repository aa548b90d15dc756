-- Purchases from the lines, each under its order, a returned one under the order that it came with.
SELECT
  s.order_id,
  s.order_date,
  s.ordered_at,
  COALESCE(m.merged_into, s.customer_id) AS customer_id,
  SUM(l.line_amount) AS amount
FROM order_lines AS l
JOIN orders AS o ON o.order_id = l.order_id
JOIN orders AS s ON s.order_id = COALESCE(o.original_order_id, o.order_id)
LEFT JOIN customers AS m ON m.customer_id = s.customer_id AND m.status = 'merged'
WHERE
  l.order_date >= :since
  AND o.order_date >= :since
  AND s.order_date >= :since
  AND o.status NOT IN ('cancelled', 'payment_failed')
  AND s.customer_id IS NOT NULL
GROUP BY s.order_id, s.order_date, s.ordered_at, COALESCE(m.merged_into, s.customer_id)
HAVING SUM(l.line_amount) > 0
