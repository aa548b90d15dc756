-- The headers of the lines. One order in twenty is a guest's whom nobody knows.
SELECT
  order_of(l.ordered) AS order_id,
  CASE WHEN NOT guest THEN customer(buyer(l.document)) END AS customer_id,
  CASE WHEN guest THEN 'g' || l.document END AS guest_key,
  CASE WHEN pick(l.document, 'channel', 3) = 0 THEN 'ec' ELSE 'store' END AS channel,
  'S' || pick(l.document, 'store', 300) AS store_id,
  CASE WHEN l.is_return THEN 'return' ELSE 'normal' END AS order_type,
  'completed' AS status,
  CAST(l.order_date AS TIMESTAMP) - INTERVAL 9 HOUR + to_seconds(36000 + pick(l.ordered, 'second', 40000)) AS ordered_at,
  l.order_date,
  CASE WHEN l.is_return THEN order_of(l.document) END AS original_order_id,
  l.amount AS gross_amount,
  CAST(0 AS DECIMAL(18, 2)) AS discount_amount,
  l.amount AS net_amount,
  CAST(l.amount / 11 AS DECIMAL(18, 2)) AS tax_amount
FROM (
  SELECT
    ordered,
    order_date,
    CAST(SUM(line_amount) AS DECIMAL(18, 2)) AS amount,
    MAX(original_line_no) IS NOT NULL AS is_return,
    CASE WHEN MAX(original_line_no) IS NOT NULL THEN ordered - 1 ELSE ordered END AS document,
    pick(CASE WHEN MAX(original_line_no) IS NOT NULL THEN ordered - 1 ELSE ordered END, 'guest', 20) = 0 AS guest
  FROM lines
  GROUP BY ordered, order_date
) AS l
