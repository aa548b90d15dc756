-- One row a qualified purchase of a known customer, by order date, net of its own returns (rules PUR, RET origin, GUEST, MERGE).
WITH returned AS (
  SELECT
    original_order_id,
    SUM(net_amount) AS net_amount,
    SUM(gross_amount) AS gross_amount,
    SUM(tax_amount) AS tax_amount
  FROM orders
  WHERE order_type = 'return' AND original_order_id IS NOT NULL AND status NOT IN ('cancelled', 'payment_failed')
  GROUP BY original_order_id
),
counted AS (
  SELECT COALESCE(r.original_order_id, o.order_id) AS order_id, SUM(l.quantity) AS items
  FROM order_lines AS l
  JOIN orders AS o ON o.order_id = l.order_id AND o.order_date = l.order_date
  LEFT JOIN orders AS r
    ON r.order_id = l.order_id AND r.order_type = 'return' AND r.original_order_id IS NOT NULL
  WHERE o.status NOT IN ('cancelled', 'payment_failed')
  GROUP BY COALESCE(r.original_order_id, o.order_id)
),
-- Few records are merged ones, and joining the others would change nothing.
merged AS (
  SELECT customer_id, person_id FROM v_identity WHERE person_id <> customer_id
),
qualified AS (
  SELECT
    o.order_id,
    COALESCE(i.person_id, o.customer_id) AS customer_id,
    o.ordered_at AS purchase_at,
    o.order_date AS purchase_date,
    o.shipped_date,
    o.delivered_date,
    o.channel,
    o.store_id,
    o.order_type,
    o.subscription_id,
    o.response_code,
    o.session_id,
    o.net_amount + COALESCE(r.net_amount, 0) AS amount,
    o.net_amount - COALESCE(o.tax_amount, 0) + COALESCE(r.net_amount, 0) - COALESCE(r.tax_amount, 0)
      AS amount_excl_tax,
    o.gross_amount + COALESCE(r.gross_amount, 0) AS gross_amount,
    COALESCE(c.items, 0) AS items
  FROM v_orders AS o
  LEFT JOIN merged AS i ON i.customer_id = o.customer_id
  LEFT JOIN returned AS r ON r.original_order_id = o.order_id
  LEFT JOIN counted AS c ON c.order_id = o.order_id
  WHERE
    o.customer_id IS NOT NULL
    AND o.order_type IN ('normal', 'subscription', 'exchange')
    AND o.status NOT IN ('cancelled', 'payment_failed')
    AND (
      o.net_amount + COALESCE(r.net_amount, 0) > 0
      OR (COALESCE(o.is_purchase, FALSE) AND r.original_order_id IS NULL)
    )
)
SELECT
  q.*,
  ROW_NUMBER() OVER (PARTITION BY q.customer_id ORDER BY q.purchase_at, q.order_id) AS n_lifetime,
  DATE_DIFF(
    'day',
    LAG(q.purchase_date) OVER (PARTITION BY q.customer_id ORDER BY q.purchase_at, q.order_id),
    q.purchase_date
  ) AS days_since_prev
FROM qualified AS q
