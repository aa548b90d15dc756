-- The orders placed in `sessions`, one row an order, guests' orders too: what a purchase event of the visit names, net of
-- the order's own returns (rules DEDUP, RET). An order named twice belongs to the earlier visit.
WITH named AS (
  SELECT e.order_id, MIN_BY(e.visitor_id, ROW(e.event_at, e.event_id)) AS visitor_id,
    MIN_BY(e.visit, ROW(e.event_at, e.event_id)) AS visit
  FROM session_events AS e
  WHERE e.event_type = 'purchase' AND e.order_id IS NOT NULL
  GROUP BY e.order_id
),
returned AS (
  SELECT original_order_id AS order_id, SUM(net_amount) AS amount
  FROM orders
  WHERE order_type = 'return' AND original_order_id IS NOT NULL AND status NOT IN ('cancelled', 'payment_failed')
  GROUP BY original_order_id
)
SELECT
  n.visitor_id,
  n.visit,
  o.order_id,
  o.net_amount + COALESCE(r.amount, 0) AS amount
FROM named AS n
JOIN orders AS o ON o.order_id = n.order_id
LEFT JOIN returned AS r ON r.order_id = n.order_id
WHERE o.order_type IN ('normal', 'subscription', 'exchange') AND o.status NOT IN ('cancelled', 'payment_failed')
