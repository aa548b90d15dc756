-- The lines of `sale_documents`, product by product, under the product filter. What an order charges beyond its lines is a
-- line without product, so that the lines of any set of documents add up to the documents (rule RECON).
WITH lines AS (
  SELECT
    s.order_id,
    s.sale_order_id,
    s.customer_id,
    s.is_guest,
    s.is_return,
    s.ordered_at,
    s.sale_date,
    s.channel,
    s.store_id,
    l.product_id,
    l.quantity,
    l.unit_price,
    l.list_price,
    CASE
      WHEN :amount_basis = 'net_incl_tax' OR s.net_amount = 0 THEN l.line_amount
      WHEN :amount_basis = 'gross' THEN CAST(COALESCE(l.list_price, l.unit_price) * l.quantity AS DECIMAL(18, 2))
      ELSE CAST(CAST(l.line_amount AS DOUBLE) * CAST(s.amount AS DOUBLE) / CAST(s.net_amount AS DOUBLE) AS DECIMAL(18, 2))
    END AS amount,
    l.line_cost AS cost,
    l.coupon_id
  FROM sale_documents AS s
  JOIN order_lines AS l ON l.order_id = s.order_id AND l.order_date = s.document_date
),
booked AS (
  SELECT
    order_id, sale_order_id, customer_id, is_guest, is_return, ordered_at, sale_date, channel, store_id, product_id,
    FALSE AS is_adjustment, quantity, unit_price, list_price, amount, cost, coupon_id
  FROM lines
  UNION ALL
  SELECT
    s.order_id, s.sale_order_id, s.customer_id, s.is_guest, s.is_return, s.ordered_at, s.sale_date, s.channel, s.store_id,
    NULL, TRUE, 0, NULL, NULL, s.amount - COALESCE(t.amount, 0), 0, NULL
  FROM sale_documents AS s
  LEFT JOIN (SELECT order_id, SUM(amount) AS amount FROM lines GROUP BY order_id) AS t ON t.order_id = s.order_id
  WHERE :any_product AND s.amount <> COALESCE(t.amount, 0)
)
SELECT
  b.order_id,
  b.sale_order_id,
  b.customer_id,
  b.is_guest,
  b.is_return,
  b.ordered_at,
  b.sale_date,
  b.channel,
  b.store_id,
  b.product_id,
  d.parent_id,
  d.name AS product_name,
  d.category_l1,
  d.category_l2,
  d.category_l3,
  d.brand,
  d.series,
  b.is_adjustment,
  b.quantity,
  b.unit_price,
  b.list_price,
  b.amount,
  b.cost,
  b.coupon_id
FROM booked AS b
LEFT JOIN products AS d ON d.product_id = b.product_id
WHERE b.is_adjustment OR b.product_id IN (:product_filter)
