-- Purchases with their customer's part: ids end in hex digits; who has another kind of id is in part 0.
SELECT
  p.order_id,
  p.customer_id,
  p.purchase_at,
  p.purchase_date,
  p.channel,
  p.store_id,
  CAST(p.amount AS DECIMAL(18, 2)) AS amount,
  CAST(COALESCE(TRY(FROM_BASE(SUBSTR(p.customer_id, -6), 16)), 0) % :parts AS VARCHAR) AS part
FROM v_purchases AS p
