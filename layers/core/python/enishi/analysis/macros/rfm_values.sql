-- The amounts of `rfm_bands` in which a score ends, each value placed and scored, the better places first.
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
parted AS (
  SELECT side, m_group, m_band, total, place FROM rfm_bands WHERE m_score <> worst_score
),
parted_values AS (
  SELECT v.side, COALESCE(v.m_group, 0) AS m_group, v.m_band, v.amount, COUNT(*) AS customers
  FROM (
    SELECT 1 AS side, g.m_group, m.first_band AS m_band, m.first_amount AS amount
    FROM rfm_measures AS m
    LEFT JOIN first_groups AS g ON g.day = m.first_day AND g.orders = m.first_orders
    WHERE m.first_band IN (SELECT m_band FROM parted WHERE side = 1)
    UNION ALL
    SELECT 2, g.m_group, m.last_band, m.last_amount
    FROM rfm_measures AS m
    LEFT JOIN last_groups AS g ON g.day = m.last_day AND g.orders = m.last_orders
    WHERE m.last_band IN (SELECT m_band FROM parted WHERE side = 2) AND :compares_dates AND NOT :freeze_borders
  ) AS v
  GROUP BY v.side, COALESCE(v.m_group, 0), v.m_band, v.amount
),
placed_values AS (
  SELECT
    v.side,
    v.m_group,
    v.m_band,
    v.amount,
    p.total,
    CAST(SUM(v.customers) OVER (
      PARTITION BY v.side, v.m_group, v.m_band
      ORDER BY v.amount DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) - v.customers + p.place AS place
  FROM parted_values AS v
  JOIN parted AS p ON p.side = v.side AND p.m_group = v.m_group AND p.m_band = v.m_band
)
SELECT
  v.side,
  v.m_group,
  v.m_band,
  v.amount,
  CASE :method
    WHEN 'threshold' THEN 1 + CAST(CARDINALITY(FILTER(:m_borders, m -> v.amount >= m)) AS BIGINT)
    ELSE :bins + 1 - TILE_OF(v.place, v.total, :bins)
  END AS m_score
FROM placed_values AS v
