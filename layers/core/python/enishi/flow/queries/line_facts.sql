SELECT
  l.order_id,
  l.customer_id,
  l.purchase_at,
  l.purchase_date,
  l.channel,
  l.store_id,
  l.n_lifetime,
  l.line_no,
  l.product_id,
  CAST(l.quantity AS BIGINT) AS quantity,
  l.unit_price,
  l.list_price,
  CAST(l.amount AS DECIMAL(18, 2)) AS amount,
  CAST(l.cost AS DECIMAL(18, 2)) AS cost,
  l.coupon_id
FROM v_lines AS l
WHERE l.purchase_date BETWEEN :first_day AND :last_day
