-- Every sale and every return, members and guests, one row a document, whatever it holds: the receipts behind `sales`, not
-- narrowed by the product filter (rules RET, NEG, GUEST).
-- A linked return lies on the original order's day, channel and store, or on its own (`return_mode`); an unlinked one on its own.
-- `document_date` is the document's own day, under which its lines stand, and `net_amount` its own amount.
WITH known AS (
  SELECT i.customer_id, i.person_id, c.customer_id IS NOT NULL AS is_customer, m.customer_id IS NOT NULL AS is_member
  FROM v_identity AS i
  LEFT JOIN customers AS c ON c.customer_id = i.person_id
  LEFT JOIN population AS m ON m.customer_id = i.person_id
),
documents AS (
  SELECT
    o.order_id,
    o.order_type,
    o.original_order_id,
    o.customer_id,
    o.order_date AS document_date,
    o.net_amount,
    o.ordered_at,
    CASE :date_basis WHEN 'shipped' THEN o.shipped_date WHEN 'delivered' THEN o.delivered_date ELSE o.order_date END
      AS sale_date,
    o.channel,
    o.store_id,
    o.response_code,
    o.payment_method,
    CASE :amount_basis
      WHEN 'net_excl_tax' THEN o.net_amount - COALESCE(o.tax_amount, 0)
      WHEN 'gross' THEN o.gross_amount
      ELSE o.net_amount
    END AS amount
  FROM orders AS o
  WHERE o.status NOT IN ('cancelled', 'payment_failed')
),
sold AS (
  SELECT * FROM documents
  WHERE order_type IN ('normal', 'subscription', 'exchange') OR (:include_samples AND order_type = 'sample')
),
returned AS (
  SELECT * FROM documents WHERE order_type = 'return'
),
-- The sales that something came back of.
returned_sales AS (
  SELECT * FROM sold WHERE order_id IN (SELECT original_order_id FROM returned)
),
booked AS (
  SELECT order_id, order_id AS sale_order_id, customer_id, document_date, net_amount, ordered_at, sale_date, channel,
    store_id, response_code, payment_method, amount, FALSE AS is_return
  FROM sold
  UNION ALL
  SELECT
    r.order_id,
    COALESCE(s.order_id, r.order_id),
    COALESCE(s.customer_id, r.customer_id),
    r.document_date,
    r.net_amount,
    CASE WHEN :return_mode = 'origin' THEN COALESCE(s.ordered_at, r.ordered_at) ELSE r.ordered_at END,
    CASE WHEN :return_mode = 'origin' THEN COALESCE(s.sale_date, r.sale_date) ELSE r.sale_date END,
    COALESCE(s.channel, r.channel),
    COALESCE(s.store_id, r.store_id),
    COALESCE(s.response_code, r.response_code),
    COALESCE(s.payment_method, r.payment_method),
    r.amount,
    TRUE
  FROM returned AS r
  LEFT JOIN returned_sales AS s ON s.order_id = r.original_order_id
)
SELECT
  b.order_id,
  b.sale_order_id,
  COALESCE(k.person_id, b.customer_id) AS customer_id,
  b.document_date,
  b.net_amount,
  b.ordered_at,
  b.sale_date,
  b.channel,
  b.store_id,
  b.response_code,
  b.payment_method,
  b.amount,
  b.is_return,
  NOT COALESCE(k.is_member, FALSE) AS is_guest
FROM booked AS b
LEFT JOIN known AS k ON k.customer_id = b.customer_id
WHERE
  b.sale_date IS NOT NULL
  AND b.channel IN (:channels)
  AND b.store_id IN (:stores)
  AND (COALESCE(k.is_member, FALSE) OR (:everyone AND NOT COALESCE(k.is_customer, FALSE)))
