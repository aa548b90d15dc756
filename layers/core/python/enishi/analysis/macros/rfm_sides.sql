-- Each customer of `rfm_measures`, scored 1 to :bins on recency, frequency and money, 5 best, at either day (rules TIE, PUR): null
-- where nothing was bought before it. quintile cuts each measure over all, nested cuts F inside R and M inside R-F, threshold
-- takes the borders as they are given. Equal values have one place, the best of theirs, and so one score: values are
-- placed, not customers. Joins are LEFT so that no engine joins the scores to each other first; each value has its score.
WITH paired AS (
  SELECT 1 AS side, m.first_recency AS recency, m.first_orders AS orders
  FROM rfm_measures AS m
  WHERE m.first_orders > 0
  UNION ALL
  SELECT 2, m.last_recency, m.last_orders
  FROM rfm_measures AS m
  WHERE m.last_orders > 0 AND :compares_dates
),
-- Recency and frequency have few values: a pair of them stands for all who have it.
pairs AS (
  SELECT p.side, p.recency, p.orders, COUNT(*) AS customers
  FROM paired AS p
  GROUP BY p.side, p.recency, p.orders
),
r_placed AS (
  SELECT
    v.side,
    v.recency,
    CAST(SUM(v.customers) OVER (PARTITION BY v.side) AS BIGINT) AS total,
    CAST(SUM(v.customers) OVER (
      PARTITION BY v.side ORDER BY v.recency ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) - v.customers + 1 AS place
  FROM (SELECT side, recency, CAST(SUM(customers) AS BIGINT) AS customers FROM pairs GROUP BY side, recency) AS v
),
r_scores AS (
  SELECT
    p.side,
    p.recency,
    CASE :method
      WHEN 'threshold' THEN :bins - CAST(CARDINALITY(FILTER(:r_borders, b -> p.recency >= b)) AS BIGINT)
      ELSE :bins + 1 - TILE_OF(p.place, p.total, :bins)
    END AS r_score
  FROM r_placed AS p
),
r_pairs AS (
  SELECT
    p.side,
    p.recency,
    p.orders,
    p.customers,
    r.r_score,
    CASE :method WHEN 'nested' THEN r.r_score ELSE 0 END AS f_group
  FROM pairs AS p
  LEFT JOIN r_scores AS r ON r.side = p.side AND r.recency = p.recency
),
f_placed AS (
  SELECT
    v.side,
    v.f_group,
    v.orders,
    CAST(SUM(v.customers) OVER (PARTITION BY v.side, v.f_group) AS BIGINT) AS total,
    CAST(SUM(v.customers) OVER (
      PARTITION BY v.side, v.f_group ORDER BY v.orders DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) - v.customers + 1 AS place
  FROM (
    SELECT side, f_group, orders, CAST(SUM(customers) AS BIGINT) AS customers
    FROM r_pairs
    GROUP BY side, f_group, orders
  ) AS v
),
f_scores AS (
  SELECT
    p.side,
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
    r.side,
    r.recency,
    r.orders,
    CAST(r.r_score AS INTEGER) AS r_score,
    CAST(f.f_score AS INTEGER) AS f_score,
    CAST(CASE :method WHEN 'nested' THEN r.r_score * (:bins + 1) + f.f_score ELSE 0 END AS INTEGER) AS m_group
  FROM r_pairs AS r
  LEFT JOIN f_scores AS f ON f.side = r.side AND f.f_group = r.f_group AND f.orders = r.orders
),
first_rf AS (
  SELECT recency, orders, r_score, f_score, m_group FROM rf_scores WHERE side = 1
),
last_rf AS (
  SELECT recency, orders, r_score, f_score, m_group FROM rf_scores WHERE side = 2 AND :compares_dates
),
-- Amounts have many values: bands of them are placed, and values only in the few bands in which a score ends.
banded AS (
  SELECT b.side, b.m_group, b.m_band, COUNT(*) AS customers
  FROM (
    SELECT 1 AS side, s.m_group, m.first_band AS m_band
    FROM rfm_measures AS m
    LEFT JOIN first_rf AS s ON s.recency = m.first_recency AND s.orders = m.first_orders
    WHERE m.first_orders > 0
    UNION ALL
    SELECT 2, s.m_group, m.last_band
    FROM rfm_measures AS m
    LEFT JOIN last_rf AS s ON s.recency = m.last_recency AND s.orders = m.last_orders
    WHERE m.last_orders > 0 AND :compares_dates
  ) AS b
  GROUP BY b.side, b.m_group, b.m_band
),
m_bands AS (
  SELECT
    v.side,
    v.m_group,
    v.m_band,
    v.customers,
    CAST(SUM(v.customers) OVER (PARTITION BY v.side, v.m_group) AS BIGINT) AS total,
    CAST(SUM(v.customers) OVER (
      PARTITION BY v.side, v.m_group ORDER BY v.m_band DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) - v.customers + 1 AS place
  FROM banded AS v
),
m_band_scores AS (
  SELECT
    b.side,
    b.m_group,
    b.m_band,
    b.total,
    b.place,
    CAST(:bins + 1 - TILE_OF(b.place, b.total, :bins) AS INTEGER) AS best_score,
    CAST(:bins + 1 - TILE_OF(b.place + b.customers - 1, b.total, :bins) AS INTEGER) AS worst_score
  FROM m_bands AS b
),
parted AS (
  SELECT side, m_group, m_band, total, place FROM m_band_scores WHERE best_score <> worst_score AND :method <> 'threshold'
),
m_values AS (
  SELECT v.side, v.m_group, v.amount, v.m_band, v.total, v.place, COUNT(*) AS customers
  FROM (
    SELECT b.side, b.m_group, m.first_amount AS amount, b.m_band, b.total, b.place
    FROM rfm_measures AS m
    JOIN first_rf AS s ON s.recency = m.first_recency AND s.orders = m.first_orders
    JOIN parted AS b ON b.m_group = s.m_group AND b.m_band = m.first_band
    WHERE b.side = 1
    UNION ALL
    SELECT b.side, b.m_group, m.last_amount, b.m_band, b.total, b.place
    FROM rfm_measures AS m
    JOIN last_rf AS s ON s.recency = m.last_recency AND s.orders = m.last_orders
    JOIN parted AS b ON b.m_group = s.m_group AND b.m_band = m.last_band
    WHERE b.side = 2 AND :compares_dates
  ) AS v
  GROUP BY v.side, v.m_group, v.amount, v.m_band, v.total, v.place
),
m_placed AS (
  SELECT
    v.side,
    v.m_group,
    v.amount,
    v.total,
    CAST(SUM(v.customers) OVER (
      PARTITION BY v.side, v.m_group, v.m_band
      ORDER BY v.amount DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) - v.customers + v.place AS place
  FROM m_values AS v
),
m_scores AS (
  SELECT p.side, p.m_group, p.amount, CAST(:bins + 1 - TILE_OF(p.place, p.total, :bins) AS INTEGER) AS m_score
  FROM m_placed AS p
),
m_scored AS (
  SELECT
    m.customer_id,
    m.first_recency,
    m.first_orders,
    m.first_amount,
    c.r_score AS first_r_score,
    c.f_score AS first_f_score,
    COALESCE(v.m_score, a.best_score) AS first_m_score,
    m.last_recency,
    m.last_orders,
    m.last_amount,
    d.r_score AS last_r_score,
    d.f_score AS last_f_score,
    COALESCE(w.m_score, b.best_score) AS last_m_score
  FROM rfm_measures AS m
  LEFT JOIN first_rf AS c ON c.recency = m.first_recency AND c.orders = m.first_orders
  LEFT JOIN (SELECT x.* FROM m_band_scores AS x WHERE x.side = 1) AS a
    ON a.m_group = c.m_group AND a.m_band = m.first_band
  LEFT JOIN (SELECT x.* FROM m_scores AS x WHERE x.side = 1) AS v
    ON v.m_group = c.m_group AND v.amount = m.first_amount
  LEFT JOIN last_rf AS d ON d.recency = m.last_recency AND d.orders = m.last_orders
  LEFT JOIN (SELECT x.* FROM m_band_scores AS x WHERE x.side = 2 AND :compares_dates) AS b
    ON b.m_group = d.m_group AND b.m_band = m.last_band
  LEFT JOIN (SELECT x.* FROM m_scores AS x WHERE x.side = 2 AND :compares_dates) AS w
    ON w.m_group = d.m_group AND w.amount = m.last_amount
)
SELECT
  s.customer_id,
  s.first_recency,
  s.first_orders,
  s.first_amount,
  s.first_r_score,
  s.first_f_score,
  CASE
    WHEN :method <> 'threshold' THEN s.first_m_score
    WHEN s.first_orders > 0 THEN 1 + CAST(CARDINALITY(FILTER(:m_borders, b -> s.first_amount >= b)) AS BIGINT)
  END AS first_m_score,
  s.last_recency,
  s.last_orders,
  s.last_amount,
  s.last_r_score,
  s.last_f_score,
  CASE
    WHEN :method <> 'threshold' THEN s.last_m_score
    WHEN s.last_orders > 0 THEN 1 + CAST(CARDINALITY(FILTER(:m_borders, b -> s.last_amount >= b)) AS BIGINT)
  END AS last_m_score
FROM m_scored AS s
