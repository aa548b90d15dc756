WITH sold AS (
  SELECT
    DATE_TRUNC('month', s.order_date) AS bucket,
    COALESCE(m.merged_into, s.customer_id) AS customer_id,
    o.order_id,
    o.order_type = 'return' AS is_return,
    l.quantity,
    l.line_amount
  FROM order_lines AS l
  JOIN orders AS o ON o.order_id = l.order_id
  JOIN orders AS s ON s.order_id = COALESCE(o.original_order_id, o.order_id)
  LEFT JOIN customers AS m ON m.customer_id = s.customer_id AND m.status = 'merged'
  WHERE l.order_date >= :since AND s.order_date >= :since AND o.status NOT IN ('cancelled', 'payment_failed')
)
SELECT
  bucket,
  SUM(line_amount) AS amount,
  COUNT(DISTINCT CASE WHEN NOT is_return THEN order_id END) AS orders,
  SUM(quantity) AS items,
  COUNT(DISTINCT CASE WHEN NOT is_return THEN customer_id END) AS buyers
FROM sold
GROUP BY bucket
ORDER BY bucket
