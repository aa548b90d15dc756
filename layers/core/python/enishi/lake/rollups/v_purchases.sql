-- The view's rows as the refresh found them, with the pieces of its documents: what was sold, and what came back. Each sale is
-- one document; that they are grouped says so, and lets a question that asks for no pieces leave them out.
SELECT
  p.order_id,
  p.customer_id,
  p.purchase_at,
  p.purchase_date,
  p.shipped_date,
  p.delivered_date,
  p.channel,
  p.store_id,
  p.order_type,
  p.subscription_id,
  p.response_code,
  p.session_id,
  p.amount,
  p.amount_excl_tax,
  p.gross_amount,
  COALESCE(s.items, 0) + COALESCE(r.items, 0) AS items,
  p.n_lifetime,
  p.days_since_prev
FROM work.purchase_facts AS p
LEFT JOIN (
  SELECT d.order_id, d.document_date, SUM(d.items) AS items
  FROM work.document_facts AS d
  WHERE NOT d.is_return
  GROUP BY d.order_id, d.document_date
) AS s ON s.order_id = p.order_id AND s.document_date = p.purchase_date
LEFT JOIN (
  SELECT d.sale_order_id, SUM(d.items) AS items
  FROM work.document_facts AS d
  WHERE d.is_return
  GROUP BY d.sale_order_id
) AS r ON r.sale_order_id = p.order_id
