-- What each customer bought, by N (rules PUR, RET, MERGE, GUEST as in v_purchases).
WITH placed AS (
  SELECT
    customer_id,
    purchase_date,
    amount,
    channel,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY purchase_at, order_id) AS n,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY purchase_date, purchase_at, order_id) AS day_place,
    SUM(amount) OVER (
      PARTITION BY customer_id
      ORDER BY purchase_date, purchase_at, order_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS running
  FROM v_purchases
),
bought AS (
  SELECT
    customer_id,
    MIN(purchase_date) AS first_purchase_date,
    MAX(purchase_date) AS last_purchase_date,
    COUNT(*) AS purchases,
    SUM(amount) AS amount,
    ARRAY_AGG(purchase_date ORDER BY n) AS purchase_dates,
    ARRAY_AGG(amount ORDER BY n) AS purchase_amounts,
    ARRAY_AGG(CAST(running AS DECIMAL(17, 2)) ORDER BY day_place) AS running_amounts,
    ARRAY_AGG(DISTINCT channel ORDER BY channel) AS channels,
    MAX(CASE WHEN n <> day_place THEN 1 ELSE 0 END) = 0 AS is_in_order
  FROM placed
  GROUP BY customer_id
)
SELECT
  b.customer_id,
  b.first_purchase_date,
  b.last_purchase_date,
  CAST(b.purchases AS INTEGER) AS purchases,
  CAST(b.amount AS DECIMAL(18, 2)) AS amount,
  b.purchase_dates,
  b.purchase_amounts,
  b.channels,
  s.store_id AS main_store_id,
  :refreshed_at AS refreshed_at,
  :snapshot AS snapshot,
  b.running_amounts,
  b.is_in_order,
  c.registered_date,
  c.status,
  c.withdrawn_date,
  c.is_employee,
  c.is_virtual,
  c.customer_id IS NOT NULL AS is_known
FROM bought AS b
LEFT JOIN customers AS c ON c.customer_id = b.customer_id
LEFT JOIN v_main_stores AS s ON s.customer_id = b.customer_id
