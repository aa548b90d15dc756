-- What each customer bought, by N (rules PUR, RET, MERGE, GUEST as in v_purchases); the store of most visits, ties by amount, then id.
WITH visited AS (
  SELECT
    customer_id,
    store_id,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY COUNT(*) DESC, SUM(amount) DESC, store_id) AS place
  FROM v_purchases
  WHERE store_id IS NOT NULL
  GROUP BY customer_id, store_id
),
summed AS (
  SELECT
    customer_id,
    purchase_at,
    order_id,
    purchase_date,
    amount,
    channel,
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
    ARRAY_AGG(purchase_date ORDER BY purchase_at, order_id) AS purchase_dates,
    ARRAY_AGG(amount ORDER BY purchase_at, order_id) AS purchase_amounts,
    ARRAY_AGG(running ORDER BY purchase_date, purchase_at, order_id) AS running_amounts,
    ARRAY_AGG(DISTINCT channel ORDER BY channel) AS channels
  FROM summed
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
  v.store_id AS main_store_id,
  :refreshed_at AS refreshed_at,
  :snapshot AS snapshot,
  TRANSFORM(b.running_amounts, r -> CAST(r AS DECIMAL(17, 2))) AS running_amounts,
  b.purchase_dates = ARRAY_SORT(b.purchase_dates) AS is_in_order,
  c.registered_date,
  c.status,
  c.withdrawn_date,
  c.is_employee,
  c.is_virtual,
  c.customer_id IS NOT NULL AS is_known
FROM bought AS b
LEFT JOIN customers AS c ON c.customer_id = b.customer_id
LEFT JOIN visited AS v ON v.customer_id = b.customer_id AND v.place = 1
