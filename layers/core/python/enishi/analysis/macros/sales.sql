-- Every sale and every return that 売上推移 adds up, members and guests, one row a document (rules RET, NEG, GUEST, RECON).
-- With a product filter a document counts with the amount and the items of its matching lines alone, as in `purchases` and
-- `sales_lines`.
WITH matching AS (
  SELECT l.order_id, SUM(l.amount) AS amount, SUM(l.quantity) AS items
  FROM sales_lines AS l
  WHERE NOT :any_product
  GROUP BY l.order_id
)
SELECT
  d.order_id,
  d.sale_order_id,
  d.customer_id,
  d.ordered_at,
  d.sale_date,
  d.channel,
  d.store_id,
  d.response_code,
  d.payment_method,
  CASE WHEN :any_product THEN d.amount ELSE m.amount END AS amount,
  CASE WHEN :any_product THEN d.items ELSE m.items END AS items,
  d.is_return,
  d.is_guest
FROM sale_documents AS d
LEFT JOIN matching AS m ON m.order_id = d.order_id
WHERE :any_product OR m.order_id IS NOT NULL
