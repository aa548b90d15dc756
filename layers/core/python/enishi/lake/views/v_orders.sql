-- Orders, a guest's under the member whom the guest turned out to be (rules GUEST, MERGE): customer_id is null for guests whom
-- nobody knows. person_id names these, too: the virtual customer.
SELECT
  o.order_id,
  COALESCE(o.customer_id, k.known_id) AS customer_id,
  o.guest_key,
  o.channel,
  o.store_id,
  o.order_type,
  o.status,
  o.ordered_at,
  o.order_date,
  o.shipped_date,
  o.delivered_date,
  o.original_order_id,
  o.reason_code,
  o.response_code,
  o.subscription_id,
  o.gross_amount,
  o.discount_amount,
  o.net_amount,
  o.tax_amount,
  o.shipping_amount,
  o.points_used,
  o.payment_method,
  o.session_id,
  o.pickup_store_id,
  o.ready_at,
  o.collected_at,
  o.staff_id,
  o.is_gift,
  o.is_purchase,
  o.attributes,
  COALESCE(o.customer_id, k.known_id, k.virtual_id) AS person_id
FROM orders AS o
LEFT JOIN (
  SELECT v.guest_key, MIN(c.customer_id) AS virtual_id, MIN(CASE WHEN c.status = 'merged' THEN c.merged_into END) AS known_id
  FROM virtual_keys AS v
  JOIN customers AS c ON c.customer_id = v.customer_id
  WHERE v.guest_key IS NOT NULL
  GROUP BY v.guest_key
) AS k ON k.guest_key = o.guest_key AND o.customer_id IS NULL
