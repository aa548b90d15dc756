-- The view's rows as the refresh found them, with what the products are today.
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
  d.parent_id,
  d.name AS product_name,
  d.category_l1,
  d.category_l2,
  d.category_l3,
  d.brand,
  d.series,
  d.grade,
  d.journey_class,
  d.season_code,
  d.expected_cycle_days,
  COALESCE(d.is_sample, FALSE) AS is_sample,
  COALESCE(d.is_service, FALSE) AS is_service,
  l.quantity,
  l.unit_price,
  l.list_price,
  l.amount,
  l.cost,
  l.amount - l.cost AS margin,
  CASE
    WHEN l.list_price > 0
    THEN CAST(l.list_price - l.unit_price AS DOUBLE) / CAST(l.list_price AS DOUBLE)
  END AS discount_rate,
  l.coupon_id
FROM work.line_facts AS l
LEFT JOIN products AS d ON d.product_id = l.product_id
