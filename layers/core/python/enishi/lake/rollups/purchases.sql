-- Everybody's purchases under the usual `pur` parameters: nothing is left out, so that N is the view's.
SELECT
  p.order_id,
  p.customer_id,
  p.purchase_at,
  p.purchase_date,
  p.channel,
  p.store_id,
  p.order_type,
  p.subscription_id,
  p.response_code,
  p.session_id,
  p.amount,
  p.items,
  1 AS receipts,
  p.n_lifetime AS n,
  DATE_ADD('day', -p.days_since_prev, p.purchase_date) AS previous_date
FROM v_purchases AS p
