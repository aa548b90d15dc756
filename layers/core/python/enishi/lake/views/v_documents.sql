-- One row a sale or a return that was not called off, members' and guests' (rules RET, NEG, GUEST, MERGE). A linked return stands
-- under its sale's customer, channel and store; sale_date is the day of the sale, its own where nobody knows of one. Columns that
-- say more of the sale are null but for linked returns.
WITH documents AS (
  SELECT
    order_id,
    order_type,
    original_order_id,
    customer_id,
    order_date,
    shipped_date,
    delivered_date,
    ordered_at,
    channel,
    store_id,
    response_code,
    payment_method,
    net_amount,
    tax_amount,
    gross_amount
  FROM orders
  WHERE status NOT IN ('cancelled', 'payment_failed')
),
sold AS (
  SELECT * FROM documents WHERE order_type IN ('normal', 'subscription', 'exchange', 'sample')
),
returned AS (
  SELECT * FROM documents WHERE order_type = 'return'
),
-- The sales that something came back of.
returned_sales AS (
  SELECT * FROM sold WHERE order_id IN (SELECT original_order_id FROM returned)
),
pieces AS (
  SELECT order_id, order_date, SUM(quantity) AS items
  FROM order_lines
  GROUP BY order_id, order_date
),
returned_pieces AS (
  SELECT l.order_id, SUM(l.quantity) AS items
  FROM order_lines AS l
  JOIN returned AS r ON r.order_id = l.order_id AND r.order_date = l.order_date
  GROUP BY l.order_id
),
booked AS (
  SELECT
    s.order_id,
    FALSE AS is_return,
    s.order_type AS sale_type,
    s.customer_id,
    s.order_date AS document_date,
    s.shipped_date,
    s.delivered_date,
    s.ordered_at,
    CAST(NULL AS VARCHAR) AS sale_order_id,
    s.order_date AS sale_date,
    CAST(NULL AS DATE) AS sale_shipped_date,
    CAST(NULL AS DATE) AS sale_delivered_date,
    CAST(NULL AS TIMESTAMP) AS sale_at,
    s.channel,
    s.store_id,
    s.response_code,
    s.payment_method,
    s.net_amount,
    s.tax_amount,
    s.gross_amount,
    COALESCE(p.items, 0) AS items
  FROM sold AS s
  LEFT JOIN pieces AS p ON p.order_id = s.order_id AND p.order_date = s.order_date
  UNION ALL
  SELECT
    r.order_id,
    TRUE,
    COALESCE(s.order_type, 'return'),
    COALESCE(s.customer_id, r.customer_id),
    r.order_date,
    r.shipped_date,
    r.delivered_date,
    r.ordered_at,
    s.order_id,
    COALESCE(s.order_date, r.order_date),
    s.shipped_date,
    s.delivered_date,
    s.ordered_at,
    COALESCE(s.channel, r.channel),
    COALESCE(s.store_id, r.store_id),
    COALESCE(s.response_code, r.response_code),
    COALESCE(s.payment_method, r.payment_method),
    r.net_amount,
    r.tax_amount,
    r.gross_amount,
    COALESCE(p.items, 0)
  FROM returned AS r
  LEFT JOIN returned_sales AS s ON s.order_id = r.original_order_id
  LEFT JOIN returned_pieces AS p ON p.order_id = r.order_id
),
-- Few records are merged ones, and joining the others would change nothing.
merged AS (
  SELECT customer_id, person_id FROM v_identity WHERE person_id <> customer_id
)
SELECT
  b.order_id,
  b.is_return,
  b.sale_type,
  COALESCE(m.person_id, b.customer_id) AS customer_id,
  c.customer_id IS NOT NULL AS is_known,
  b.document_date,
  b.shipped_date,
  b.delivered_date,
  b.ordered_at,
  b.sale_order_id,
  b.sale_date,
  b.sale_shipped_date,
  b.sale_delivered_date,
  b.sale_at,
  b.channel,
  b.store_id,
  b.response_code,
  b.payment_method,
  b.net_amount,
  b.tax_amount,
  b.gross_amount,
  b.items
FROM booked AS b
LEFT JOIN merged AS m ON m.customer_id = b.customer_id
LEFT JOIN customers AS c ON c.customer_id = COALESCE(m.person_id, b.customer_id)
