WITH dates AS (
  SELECT d.day, DATE_ADD('month', -24, d.day) AS before_day
  FROM UNNEST(ARRAY[DATE '2026-05-30', DATE '2026-11-30']) AS d(day)
),
measured AS (
  SELECT
    d.day,
    p.customer_id,
    DATE_DIFF('day', MAX(p.order_date), d.day) AS recency,
    COUNT(*) AS orders,
    SUM(p.amount) AS amount
  FROM naive_purchases AS p
  JOIN dates AS d ON p.order_date > d.before_day AND p.order_date <= d.day
  GROUP BY d.day, p.customer_id
),
ranked AS (
  SELECT
    day,
    customer_id,
    amount,
    RANK() OVER (PARTITION BY day ORDER BY recency) AS r,
    RANK() OVER (PARTITION BY day ORDER BY orders DESC) AS f,
    COUNT(*) OVER (PARTITION BY day) AS total
  FROM measured
),
scored AS (
  SELECT
    day,
    customer_id,
    amount,
    'R' || CAST(6 - TILE_OF(r, total, 5) AS VARCHAR) || 'F' || CAST(6 - TILE_OF(f, total, 5) AS VARCHAR) AS label
  FROM ranked
),
stood AS (
  SELECT
    customer_id,
    COALESCE(MAX(CASE WHEN day = DATE '2026-05-30' THEN label END), '購入なし') AS from_group,
    COALESCE(MAX(CASE WHEN day = DATE '2026-11-30' THEN label END), '購入なし') AS to_group,
    SUM(CASE WHEN day = DATE '2026-11-30' THEN amount END) AS amount_after
  FROM scored
  GROUP BY customer_id
)
SELECT from_group, to_group, COUNT(*) AS customers, COALESCE(SUM(amount_after), 0) AS amount_after
FROM stood
GROUP BY from_group, to_group
ORDER BY from_group, to_group
