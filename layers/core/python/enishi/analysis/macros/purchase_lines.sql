-- The lines of `purchases` (receipts, not day-merged), net of their own returns, with what each product is.
SELECT
  l.order_id,
  p.customer_id,
  p.purchase_at,
  p.purchase_date,
  p.n,
  p.channel,
  p.store_id,
  l.line_no,
  l.product_id,
  l.parent_id,
  l.product_name,
  l.category_l1,
  l.category_l2,
  l.category_l3,
  l.brand,
  l.series,
  l.grade,
  l.journey_class,
  l.season_code,
  l.expected_cycle_days,
  l.is_service,
  l.quantity,
  l.unit_price,
  l.list_price,
  l.amount,
  l.cost,
  l.margin,
  l.discount_rate,
  l.coupon_id
FROM v_lines AS l
JOIN purchases AS p
  ON p.customer_id = l.customer_id
  AND (p.order_id = l.order_id OR (:purchase_unit = 'day' AND p.purchase_date = l.purchase_date))
  AND (:date_basis <> 'ordered' OR p.purchase_date = l.purchase_date)
WHERE l.product_id IN (:product_filter)
