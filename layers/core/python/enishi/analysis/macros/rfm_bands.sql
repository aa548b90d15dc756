-- The bands of near amounts that customers of `rfm_measures` have at either day inside `m_group`, placed and scored (see `rfm_pairs`).
-- Amounts have many values: bands of them are placed, and values only in the few bands in which a score ends, whose
-- `m_score` is not their `worst_score` (`rfm_values`). With frozen borders only those of side 1 are.
WITH first_groups AS (
  SELECT day, orders, MONEY_GROUP_OF(r_score, f_score) AS m_group
  FROM rfm_pairs
  WHERE side = 1 AND :method = 'nested'
),
last_groups AS (
  SELECT day, orders, MONEY_GROUP_OF(r_score, f_score) AS m_group
  FROM rfm_pairs
  WHERE side = 2 AND :method = 'nested' AND :compares_dates
),
banded AS (
  SELECT b.side, COALESCE(b.m_group, 0) AS m_group, b.m_band, COUNT(*) AS customers, MIN(b.amount) AS lowest
  FROM (
    SELECT 1 AS side, g.m_group, m.first_band AS m_band, m.first_amount AS amount
    FROM rfm_measures AS m
    LEFT JOIN first_groups AS g ON g.day = m.first_day AND g.orders = m.first_orders
    WHERE m.first_orders > 0
    UNION ALL
    SELECT 2, g.m_group, m.last_band, m.last_amount
    FROM rfm_measures AS m
    LEFT JOIN last_groups AS g ON g.day = m.last_day AND g.orders = m.last_orders
    WHERE m.last_orders > 0 AND :compares_dates
  ) AS b
  GROUP BY b.side, COALESCE(b.m_group, 0), b.m_band
),
placed AS (
  SELECT
    v.side,
    v.m_group,
    v.m_band,
    v.lowest,
    v.customers,
    CAST(SUM(v.customers) OVER (PARTITION BY v.side, v.m_group) AS BIGINT) AS total,
    CAST(SUM(v.customers) OVER (
      PARTITION BY v.side, v.m_group ORDER BY v.m_band DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) - v.customers + 1 AS place
  FROM banded AS v
  WHERE v.side = 1 OR NOT :freeze_borders
)
SELECT
  b.side,
  b.m_group,
  b.m_band,
  b.lowest,
  b.total,
  b.place,
  CASE :method
    WHEN 'threshold' THEN 1 + CAST(CARDINALITY(FILTER(:m_borders, m -> NARROW_BAND_OF(m) <= b.m_band)) AS BIGINT)
    ELSE :bins + 1 - TILE_OF(b.place, b.total, :bins)
  END AS m_score,
  CASE :method
    WHEN 'threshold' THEN 1 + CAST(CARDINALITY(FILTER(:m_borders, m -> NARROW_BAND_OF(m) < b.m_band)) AS BIGINT)
    ELSE :bins + 1 - TILE_OF(b.place + b.customers - 1, b.total, :bins)
  END AS worst_score
FROM placed AS b
