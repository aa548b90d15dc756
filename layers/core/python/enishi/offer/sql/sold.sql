-- What was sold of each product from :sold_from to :day, guests included, returns taken off.
SELECT l.product_id, SUM(l.line_amount) AS amount, SUM(l.quantity) AS quantity
FROM order_lines AS l
JOIN orders AS o ON o.order_id = l.order_id
WHERE l.order_date >= :sold_from
  AND l.order_date <= :day
  AND o.ordered_at <= :at
  AND o.status NOT IN ('cancelled', 'payment_failed')
GROUP BY l.product_id
