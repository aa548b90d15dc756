-- The view's rows as the refresh found them. Lines stand under their purchase's day, so that those of the asked days are read alone.
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
  COALESCE(c.items, 0) AS items,
  p.n_lifetime,
  p.days_since_prev
FROM work.purchase_facts AS p
LEFT JOIN (
  SELECT l.order_id, l.purchase_date, SUM(l.quantity) AS items
  FROM work.line_facts AS l
  GROUP BY l.order_id, l.purchase_date
) AS c ON c.order_id = p.order_id AND c.purchase_date = p.purchase_date
