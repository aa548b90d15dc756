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
-- Recency and frequency have few values: a pair of them stands for all who have it.
pairs AS (
  SELECT m.rfm_date, m.recency, m.orders, COUNT(*) AS customers
  FROM measured AS m
  GROUP BY m.rfm_date, m.recency, m.orders
),
r_placed AS (
  SELECT
    v.rfm_date,
    v.recency,
    CAST(SUM(v.customers) OVER (PARTITION BY v.rfm_date) AS BIGINT) AS total,
    CAST(SUM(v.customers) OVER (
      PARTITION BY v.rfm_date ORDER BY v.recency ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) - v.customers + 1 AS place
  FROM (SELECT rfm_date, recency, CAST(SUM(customers) AS BIGINT) AS customers FROM pairs GROUP BY rfm_date, recency) AS v
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
r_pairs AS (
  SELECT
    p.rfm_date,
    p.recency,
    p.orders,
    p.customers,
    r.r_score,
    CASE :method WHEN 'nested' THEN r.r_score ELSE 0 END AS f_group
  FROM pairs AS p
  LEFT JOIN r_scores AS r ON r.rfm_date = p.rfm_date AND r.recency = p.recency
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
  FROM (
    SELECT rfm_date, f_group, orders, CAST(SUM(customers) AS BIGINT) AS customers
    FROM r_pairs
    GROUP BY rfm_date, f_group, orders
  ) AS v
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
rf_scores AS (
  SELECT
    r.rfm_date,
    r.recency,
    r.orders,
    r.r_score,
    f.f_score,
    CASE :method WHEN 'nested' THEN r.r_score * (:bins + 1) + f.f_score ELSE 0 END AS m_group
  FROM r_pairs AS r
  LEFT JOIN f_scores AS f ON f.rfm_date = r.rfm_date AND f.f_group = r.f_group AND f.orders = r.orders
),
rf_scored AS (
  SELECT
    m.rfm_date,
    m.customer_id,
    m.recency,
    m.orders,
    m.amount,
    s.r_score,
    s.f_score,
    s.m_group,
    NARROW_BAND_OF(m.amount) AS m_band
  FROM measured AS m
  LEFT JOIN rf_scores AS s ON s.rfm_date = m.rfm_date AND s.recency = m.recency AND s.orders = m.orders
),
-- Amounts have many values: bands of them are placed, and values only in the few bands in which a score ends.
m_bands AS (
  SELECT
    v.rfm_date,
    v.m_group,
    v.m_band,
    v.customers,
    CAST(SUM(v.customers) OVER (PARTITION BY v.rfm_date, v.m_group) AS BIGINT) AS total,
    CAST(SUM(v.customers) OVER (
      PARTITION BY v.rfm_date, v.m_group ORDER BY v.m_band DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) - v.customers + 1 AS place
  FROM (
    SELECT rfm_date, m_group, m_band, COUNT(*) AS customers
    FROM rf_scored
    GROUP BY rfm_date, m_group, m_band
  ) AS v
),
m_band_scores AS (
  SELECT
    b.rfm_date,
    b.m_group,
    b.m_band,
    b.total,
    b.place,
    :bins + 1 - TILE_OF(b.place, b.total, :bins) AS best_score,
    :bins + 1 - TILE_OF(b.place + b.customers - 1, b.total, :bins) AS worst_score
  FROM m_bands AS b
),
m_values AS (
  SELECT s.rfm_date, s.m_group, s.amount, b.m_band, b.total, b.place, COUNT(*) AS customers
  FROM rf_scored AS s
  JOIN (SELECT * FROM m_band_scores WHERE best_score <> worst_score) AS b
    ON b.rfm_date = s.rfm_date AND b.m_group = s.m_group AND b.m_band = s.m_band
  WHERE :method <> 'threshold'
  GROUP BY s.rfm_date, s.m_group, s.amount, b.m_band, b.total, b.place
),
m_placed AS (
  SELECT
    v.rfm_date,
    v.m_group,
    v.amount,
    v.total,
    CAST(SUM(v.customers) OVER (
      PARTITION BY v.rfm_date, v.m_group, v.m_band
      ORDER BY v.amount DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) - v.customers + v.place AS place
  FROM m_values AS v
),
m_scores AS (
  SELECT p.rfm_date, p.m_group, p.amount, :bins + 1 - TILE_OF(p.place, p.total, :bins) AS m_score
  FROM m_placed AS p
)
SELECT
  s.rfm_date,
  s.customer_id,
  s.recency,
  s.orders,
  s.amount,
  s.r_score,
  s.f_score,
  CASE :method
    WHEN 'threshold' THEN 1 + CAST(CARDINALITY(FILTER(:m_borders, b -> s.amount >= b)) AS BIGINT)
    ELSE COALESCE(m.m_score, b.best_score)
  END AS m_score
FROM rf_scored AS s
LEFT JOIN m_band_scores AS b ON b.rfm_date = s.rfm_date AND b.m_group = s.m_group AND b.m_band = s.m_band
LEFT JOIN m_scores AS m ON m.rfm_date = s.rfm_date AND m.m_group = s.m_group AND m.amount = s.amount
