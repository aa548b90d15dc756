-- Each customer of the population with purchases in the lookback before each day of :rfm_dates, scored 1 to :bins on recency, frequency and
-- money, 5 best (rules TIE, PUR). quintile cuts each measure over all, nested cuts F inside R and M inside R-F, threshold
-- takes the borders as they are given. Equal values have one place, the best of theirs, and so one score.
WITH measured AS (
  SELECT
    d.rfm_date,
    p.customer_id,
    DATE_DIFF('day', MAX(p.purchase_date), d.rfm_date) AS recency,
    COUNT(*) AS orders,
    SUM(p.amount) AS amount
  FROM purchases AS p
  CROSS JOIN (SELECT DISTINCT t.rfm_date FROM UNNEST(:rfm_dates) AS t(rfm_date)) AS d
  WHERE p.purchase_date > DATE_ADD('month', -:lookback_months, d.rfm_date) AND p.purchase_date <= d.rfm_date
  GROUP BY d.rfm_date, p.customer_id
),
r_placed AS (
  SELECT
    m.*,
    COUNT(*) OVER (PARTITION BY m.rfm_date) AS total,
    RANK() OVER (PARTITION BY m.rfm_date ORDER BY m.recency) AS r_place
  FROM measured AS m
),
r_tiled AS (
  SELECT p.*, TILE_OF(p.r_place, p.total, :bins) AS r_tile
  FROM r_placed AS p
),
r_scored AS (
  SELECT
    t.rfm_date,
    t.customer_id,
    t.recency,
    t.orders,
    t.amount,
    CASE :method
      WHEN 'threshold' THEN :bins - CAST(CARDINALITY(FILTER(:r_borders, b -> t.recency >= b)) AS BIGINT)
      ELSE :bins + 1 - t.r_tile
    END AS r_score
  FROM r_tiled AS t
),
f_placed AS (
  SELECT
    r.*,
    CASE :method WHEN 'nested' THEN r.r_score ELSE 0 END AS f_group
  FROM r_scored AS r
),
f_ranked AS (
  SELECT
    p.*,
    COUNT(*) OVER (PARTITION BY p.rfm_date, p.f_group) AS f_total,
    RANK() OVER (PARTITION BY p.rfm_date, p.f_group ORDER BY p.orders DESC) AS f_place
  FROM f_placed AS p
),
f_tiled AS (
  SELECT r.*, TILE_OF(r.f_place, r.f_total, :bins) AS f_tile
  FROM f_ranked AS r
),
f_scored AS (
  SELECT
    t.rfm_date,
    t.customer_id,
    t.recency,
    t.orders,
    t.amount,
    t.r_score,
    CASE :method
      WHEN 'threshold' THEN 1 + CAST(CARDINALITY(FILTER(:f_borders, b -> t.orders > b)) AS BIGINT)
      ELSE :bins + 1 - t.f_tile
    END AS f_score
  FROM f_tiled AS t
),
m_ranked AS (
  SELECT
    f.*,
    CASE :method WHEN 'nested' THEN f.r_score * (:bins + 1) + f.f_score ELSE 0 END AS m_group
  FROM f_scored AS f
),
m_placed AS (
  SELECT
    r.*,
    COUNT(*) OVER (PARTITION BY r.rfm_date, r.m_group) AS m_total,
    RANK() OVER (PARTITION BY r.rfm_date, r.m_group ORDER BY r.amount DESC) AS m_place
  FROM m_ranked AS r
),
m_tiled AS (
  SELECT p.*, TILE_OF(p.m_place, p.m_total, :bins) AS m_tile
  FROM m_placed AS p
)
SELECT
  t.rfm_date,
  t.customer_id,
  t.recency,
  t.orders,
  t.amount,
  t.r_score,
  t.f_score,
  CASE :method
    WHEN 'threshold' THEN 1 + CAST(CARDINALITY(FILTER(:m_borders, b -> t.amount >= b)) AS BIGINT)
    ELSE :bins + 1 - t.m_tile
  END AS m_score
FROM m_tiled AS t
