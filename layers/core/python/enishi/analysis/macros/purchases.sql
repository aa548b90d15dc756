-- The population's purchases under the `pur` parameters, and their rank `n` within one customer (rules PUR, RET, MERGE).
-- With a product filter a purchase counts with the amount and the items of its matching lines alone.
WITH qualified AS (
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
    p.amount AS net_amount,
    p.amount_excl_tax,
    p.gross_amount,
    p.items
  FROM v_purchases AS p
  WHERE :return_mode = 'origin'
  UNION ALL
  SELECT
    o.order_id,
    COALESCE(i.person_id, o.customer_id),
    o.ordered_at,
    o.order_date,
    o.shipped_date,
    o.delivered_date,
    o.channel,
    o.store_id,
    o.order_type,
    o.subscription_id,
    o.response_code,
    o.session_id,
    o.net_amount,
    o.net_amount - COALESCE(o.tax_amount, 0),
    o.gross_amount,
    COALESCE(b.items, 0)
  FROM orders AS o
  LEFT JOIN v_identity AS i ON i.customer_id = o.customer_id
  LEFT JOIN (SELECT order_id, SUM(quantity) AS items FROM order_lines GROUP BY order_id) AS b ON b.order_id = o.order_id
  WHERE
    (
      (:return_mode = 'event' AND o.order_type IN ('normal', 'subscription', 'exchange'))
      OR (:include_samples AND o.order_type = 'sample')
    )
    AND o.customer_id IS NOT NULL
    AND o.status NOT IN ('cancelled', 'payment_failed')
    AND (o.net_amount > 0 OR COALESCE(o.is_purchase, FALSE) OR o.order_type = 'sample')
),
priced AS (
  SELECT
    q.order_id,
    q.customer_id,
    q.purchase_at,
    q.channel,
    q.store_id,
    q.order_type,
    q.subscription_id,
    q.response_code,
    q.session_id,
    q.net_amount,
    q.items,
    CASE :date_basis
      WHEN 'shipped' THEN q.shipped_date
      WHEN 'delivered' THEN q.delivered_date
      ELSE q.purchase_date
    END AS basis_date,
    CASE :amount_basis
      WHEN 'net_excl_tax' THEN q.amount_excl_tax
      WHEN 'gross' THEN q.gross_amount
      ELSE q.net_amount
    END AS basis_amount
  FROM qualified AS q
  JOIN population AS c ON c.customer_id = q.customer_id
  WHERE q.channel IN (:channels) AND q.store_id IN (:stores)
),
matching AS (
  SELECT l.order_id, SUM(l.amount) AS amount, SUM(l.quantity) AS items
  FROM v_lines AS l
  WHERE NOT :any_product AND :return_mode = 'origin' AND l.product_id IN (:product_filter)
  GROUP BY l.order_id
  UNION ALL
  SELECT l.order_id, SUM(l.line_amount), SUM(l.quantity)
  FROM order_lines AS l
  WHERE NOT :any_product AND :return_mode = 'event' AND l.product_id IN (:product_filter)
  GROUP BY l.order_id
),
filtered AS (
  SELECT
    p.order_id, p.customer_id, p.purchase_at, p.basis_date, p.channel, p.store_id, p.order_type, p.subscription_id,
    p.response_code, p.session_id, p.basis_amount AS scoped_amount, p.items AS scoped_items
  FROM priced AS p
  WHERE :any_product
  UNION ALL
  SELECT
    p.order_id, p.customer_id, p.purchase_at, p.basis_date, p.channel, p.store_id, p.order_type, p.subscription_id,
    p.response_code, p.session_id,
    CASE
      WHEN p.basis_amount = p.net_amount OR p.net_amount = 0 THEN m.amount
      ELSE CAST(CAST(m.amount AS DOUBLE) * CAST(p.basis_amount AS DOUBLE) / CAST(p.net_amount AS DOUBLE) AS DECIMAL(18, 2))
    END,
    m.items
  FROM priced AS p
  JOIN matching AS m ON m.order_id = p.order_id
  WHERE NOT :any_product
),
counted AS (
  SELECT
    order_id, customer_id, purchase_at, basis_date AS purchase_date, channel, store_id, order_type, subscription_id,
    response_code, session_id, scoped_amount AS amount, scoped_items AS items, 1 AS receipts
  FROM filtered
  WHERE :purchase_unit = 'order' AND basis_date IS NOT NULL
  UNION ALL
  SELECT
    MIN_BY(order_id, ROW(purchase_at, order_id)),
    customer_id,
    MIN(purchase_at),
    basis_date,
    MIN_BY(channel, ROW(purchase_at, order_id)),
    MIN_BY(store_id, ROW(purchase_at, order_id)),
    MIN_BY(order_type, ROW(purchase_at, order_id)),
    MIN_BY(subscription_id, ROW(purchase_at, order_id)),
    MIN_BY(response_code, ROW(purchase_at, order_id)),
    MIN_BY(session_id, ROW(purchase_at, order_id)),
    SUM(scoped_amount),
    SUM(scoped_items),
    COUNT(*)
  FROM filtered
  WHERE :purchase_unit = 'day' AND basis_date IS NOT NULL
  GROUP BY customer_id, basis_date
)
SELECT
  order_id, customer_id, purchase_at, purchase_date, channel, store_id, order_type, subscription_id, response_code,
  session_id, amount, items, receipts,
  ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY purchase_at, order_id) AS n,
  LAG(purchase_date) OVER (PARTITION BY customer_id ORDER BY purchase_at, order_id) AS previous_date
FROM counted
