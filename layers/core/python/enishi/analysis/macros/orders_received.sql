-- Every order of the period that was not refused by its payment, cancelled ones included, under the person it belongs to; of
-- some products when the filter names them (rules GUEST, MERGE).
SELECT
  o.order_id,
  COALESCE(i.person_id, o.customer_id) AS customer_id,
  o.order_date,
  o.shipped_date,
  o.delivered_date,
  o.status,
  o.channel,
  o.store_id,
  o.order_type,
  o.payment_method,
  o.reason_code,
  o.net_amount,
  o.gross_amount,
  o.tax_amount
FROM orders AS o
LEFT JOIN v_identity AS i ON i.customer_id = o.customer_id
WHERE
  (o.order_type IN ('normal', 'subscription', 'exchange') OR (:include_samples AND o.order_type = 'sample'))
  AND o.status <> 'payment_failed'
  AND o.order_date BETWEEN :period_start AND :period_end
  AND o.channel IN (:channels)
  AND o.store_id IN (:stores)
  AND (
    :any_product
    OR o.order_id IN (SELECT l.order_id FROM order_lines AS l WHERE l.product_id IN (:product_filter))
  )
