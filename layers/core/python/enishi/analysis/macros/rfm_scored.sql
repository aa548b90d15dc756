-- Each customer of the population with purchases in the lookback before each day of :rfm_dates, scored 1 to :bins on recency, frequency and
-- money, 5 best (rules TIE, PUR). quintile cuts each measure over all, nested cuts F inside R and M inside R-F, threshold
-- takes the borders as they are given. Equal values have one place, the best of theirs, and so one score: values are
-- placed, not customers. Joins are LEFT so that no engine joins the scores to each other first; each value has its score.
WITH measured AS (
  SELECT
    d.rfm_date,
    p.customer_id,
    DATE_DIFF('day', MAX(p.purchase_date), d.rfm_date) AS recency,
    COUNT(*) AS orders,
    SUM(p.amount) AS amount
  FROM purchases AS p
  CROSS JOIN (
    SELECT DISTINCT t.rfm_date, DATE_ADD('month', -:lookback_months, t.rfm_date) AS before_date
    FROM UNNEST(:rfm_dates) AS t(rfm_date)
  ) AS d
  WHERE p.purchase_date > d.before_date AND p.purchase_date <= d.rfm_date
  GROUP BY d.rfm_date, d.before_date, p.customer_id
),
r_values AS (
  SELECT m.rfm_date, m.recency, COUNT(*) AS customers
  FROM measured AS m
  GROUP BY m.rfm_date, m.recency
),
r_placed AS (
  SELECT
    v.rfm_date,
    v.recency,
    CAST(SUM(v.customers) OVER (PARTITION BY v.rfm_date) AS BIGINT) AS total,
    CAST(SUM(v.customers) OVER (
      PARTITION BY v.rfm_date ORDER BY v.recency ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) - v.customers + 1 AS place
  FROM r_values AS v
),
r_scores AS (
  SELECT
    p.rfm_date,
    p.recency,
    CASE :method
      WHEN 'threshold' THEN :bins - CAST(CARDINALITY(FILTER(:r_borders, b -> p.recency >= b)) AS BIGINT)
      ELSE :bins + 1 - TILE_OF(p.place, p.total, :bins)
    END AS r_score
  FROM r_placed AS p
),
r_scored AS (
  SELECT
    m.rfm_date,
    m.customer_id,
    m.recency,
    m.orders,
    m.amount,
    r.r_score,
    CASE :method WHEN 'nested' THEN r.r_score ELSE 0 END AS f_group
  FROM measured AS m
  LEFT JOIN r_scores AS r ON r.rfm_date = m.rfm_date AND r.recency = m.recency
),
f_values AS (
  SELECT r.rfm_date, r.f_group, r.orders, COUNT(*) AS customers
  FROM r_scored AS r
  GROUP BY r.rfm_date, r.f_group, r.orders
),
f_placed AS (
  SELECT
    v.rfm_date,
    v.f_group,
    v.orders,
    CAST(SUM(v.customers) OVER (PARTITION BY v.rfm_date, v.f_group) AS BIGINT) AS total,
    CAST(SUM(v.customers) OVER (
      PARTITION BY v.rfm_date, v.f_group ORDER BY v.orders DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) - v.customers + 1 AS place
  FROM f_values AS v
),
f_scores AS (
  SELECT
    p.rfm_date,
    p.f_group,
    p.orders,
    CASE :method
      WHEN 'threshold' THEN 1 + CAST(CARDINALITY(FILTER(:f_borders, b -> p.orders > b)) AS BIGINT)
      ELSE :bins + 1 - TILE_OF(p.place, p.total, :bins)
    END AS f_score
  FROM f_placed AS p
),
f_scored AS (
  SELECT
    r.rfm_date,
    r.customer_id,
    r.recency,
    r.orders,
    r.amount,
    r.r_score,
    f.f_score,
    CASE :method WHEN 'nested' THEN r.r_score * (:bins + 1) + f.f_score ELSE 0 END AS m_group
  FROM r_scored AS r
  LEFT JOIN f_scores AS f ON f.rfm_date = r.rfm_date AND f.f_group = r.f_group AND f.orders = r.orders
),
m_values AS (
  SELECT f.rfm_date, f.m_group, f.amount, COUNT(*) AS customers
  FROM f_scored AS f
  GROUP BY f.rfm_date, f.m_group, f.amount
),
m_placed AS (
  SELECT
    v.rfm_date,
    v.m_group,
    v.amount,
    CAST(SUM(v.customers) OVER (PARTITION BY v.rfm_date, v.m_group) AS BIGINT) AS total,
    CAST(SUM(v.customers) OVER (
      PARTITION BY v.rfm_date, v.m_group ORDER BY v.amount DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) - v.customers + 1 AS place
  FROM m_values AS v
),
m_scores AS (
  SELECT
    p.rfm_date,
    p.m_group,
    p.amount,
    CASE :method
      WHEN 'threshold' THEN 1 + CAST(CARDINALITY(FILTER(:m_borders, b -> p.amount >= b)) AS BIGINT)
      ELSE :bins + 1 - TILE_OF(p.place, p.total, :bins)
    END AS m_score
  FROM m_placed AS p
)
SELECT
  f.rfm_date,
  f.customer_id,
  f.recency,
  f.orders,
  f.amount,
  f.r_score,
  f.f_score,
  s.m_score
FROM f_scored AS f
LEFT JOIN m_scores AS s ON s.rfm_date = f.rfm_date AND s.m_group = f.m_group AND s.amount = f.amount
