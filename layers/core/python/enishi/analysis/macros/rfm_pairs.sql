-- The pairs of recency (told by the last day) and frequency that customers of `rfm_measures` have at either day (side 1 and 2), how many have them, and
-- their scores, 1 to :bins, 5 best (rule TIE). Each has few values, so a pair stands for all who have it. quintile cuts each
-- measure over all, nested cuts F inside R (and M inside both), threshold takes the borders as they are given.
-- Equal values have one place, the best of theirs, and so one score: values are placed, not customers.
WITH paired AS (
  SELECT 1 AS side, m.first_day AS day, m.first_orders AS orders
  FROM rfm_measures AS m
  WHERE m.first_orders > 0
  UNION ALL
  SELECT 2, m.last_day, m.last_orders
  FROM rfm_measures AS m
  WHERE m.last_orders > 0 AND :compares_dates
),
pairs AS (
  SELECT
    p.side,
    p.day,
    CAST(DATE_DIFF('day', p.day, ELEMENT_AT(:rfm_dates, p.side)) AS INTEGER) AS recency,
    p.orders,
    COUNT(*) AS customers
  FROM paired AS p
  GROUP BY p.side, p.day, p.orders
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
    p.day,
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
scored AS (
  SELECT r.side, r.day, r.recency, r.orders, r.r_score, f.f_score
  FROM r_pairs AS r
  LEFT JOIN f_scores AS f ON f.side = r.side AND f.f_group = r.f_group AND f.orders = r.orders
)
SELECT
  s.side,
  s.day,
  s.recency,
  s.orders,
  CAST(s.r_score AS INTEGER) AS r_score,
  CAST(s.f_score AS INTEGER) AS f_score
FROM scored AS s
