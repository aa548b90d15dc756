-- The lines of qualified purchases, net of returned quantities and amounts, with what the product is; of orders that say their
-- day. A line stands under its order's day (order_lines.order_date), so that an engine reads the days that are asked for alone.
WITH booked AS (
  SELECT
    l.order_id,
    l.line_no,
    o.order_date AS purchase_date,
    FALSE AS is_return,
    l.product_id,
    l.quantity,
    l.unit_price,
    l.list_price,
    l.line_amount,
    l.line_cost,
    l.coupon_id
  FROM order_lines AS l
  JOIN orders AS o ON o.order_id = l.order_id AND o.order_date = l.order_date
  WHERE o.order_type <> 'return' AND o.status NOT IN ('cancelled', 'payment_failed')
  UNION ALL
  SELECT
    o.order_id,
    l.original_line_no,
    o.order_date,
    TRUE,
    l.product_id,
    l.quantity,
    l.unit_price,
    l.list_price,
    l.line_amount,
    l.line_cost,
    l.coupon_id
  FROM order_lines AS l
  JOIN orders AS r ON r.order_id = l.order_id AND r.order_date = l.order_date
  JOIN orders AS o ON o.order_id = r.original_order_id
  WHERE r.order_type = 'return' AND r.status NOT IN ('cancelled', 'payment_failed')
),
netted AS (
  SELECT
    order_id,
    line_no,
    purchase_date,
    product_id,
    SUM(quantity) AS quantity,
    SUM(line_amount) AS amount,
    CASE WHEN COUNT(line_cost) = COUNT(*) THEN SUM(line_cost) END AS cost,
    MAX(CASE WHEN NOT is_return THEN unit_price END) AS unit_price,
    MAX(CASE WHEN NOT is_return THEN list_price END) AS list_price,
    MAX(coupon_id) AS coupon_id
  FROM booked
  GROUP BY order_id, line_no, purchase_date, product_id
),
-- What the rollup keeps (`work.line_facts`): what products say is read of them as they are.
net_lines AS (
  SELECT
    p.order_id,
    p.customer_id,
    p.purchase_at,
    n.purchase_date,
    p.channel,
    p.store_id,
    p.n_lifetime,
    n.line_no,
    n.product_id,
    n.quantity,
    n.unit_price,
    n.list_price,
    n.amount,
    n.cost,
    n.coupon_id
  FROM netted AS n
  JOIN v_purchases AS p ON p.order_id = n.order_id AND p.purchase_date = n.purchase_date
  WHERE n.quantity <> 0 OR n.amount <> 0
)
SELECT
  n.order_id,
  n.customer_id,
  n.purchase_at,
  n.purchase_date,
  n.channel,
  n.store_id,
  n.n_lifetime,
  n.line_no,
  n.product_id,
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
  n.quantity,
  n.unit_price,
  n.list_price,
  n.amount,
  n.cost,
  n.amount - n.cost AS margin,
  CASE
    WHEN n.list_price > 0
    THEN CAST(n.list_price - n.unit_price AS DOUBLE) / CAST(n.list_price AS DOUBLE)
  END AS discount_rate,
  n.coupon_id
FROM net_lines AS n
LEFT JOIN products AS d ON d.product_id = n.product_id
