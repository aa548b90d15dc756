-- Each customer of `rfm_measures`, scored 1 to :bins on recency, frequency and money, 5 best, at either day (rules TIE, PUR): null
-- where nothing was bought before it. How values are scored, `rfm_pairs`, `rfm_bands` and `rfm_values` say; with
-- :freeze_borders the second day is scored by `rfm_frozen`, its values one by one. Joins are LEFT so that no engine joins the scores to
-- each other first, and what is joined is short: an engine that does not know how many rows there are keeps that.
WITH last_pairs AS (
  SELECT p.recency, p.orders, p.r_score, p.f_score, p.m_group
  FROM rfm_pairs AS p
  WHERE p.side = 2 AND NOT :freeze_borders
  UNION ALL
  SELECT
    p.recency,
    p.orders,
    CAST(ELEMENT_AT(z.r_scores, GREATEST(1, CARDINALITY(FILTER(z.recencies, b -> p.recency <= b)))) AS INTEGER),
    CAST(ELEMENT_AT(z.f_scores, GREATEST(1, CARDINALITY(FILTER(z.orders, b -> p.orders >= b)))) AS INTEGER),
    0
  FROM rfm_pairs AS p
  CROSS JOIN rfm_frozen AS z
  WHERE p.side = 2 AND :freeze_borders
),
frozen_bands AS (
  SELECT
    b.m_band,
    ELEMENT_AT(z.m_scores, GREATEST(1, CARDINALITY(FILTER(z.amounts, a -> NARROW_BAND_OF(a) <= b.m_band)))) AS m_score,
    ANY_MATCH(z.amounts, a -> NARROW_BAND_OF(a) = b.m_band) AS is_parted
  FROM (SELECT DISTINCT last_band AS m_band FROM rfm_measures WHERE last_orders > 0) AS b
  CROSS JOIN rfm_frozen AS z
),
frozen_values AS (
  SELECT
    v.amount,
    ELEMENT_AT(z.m_scores, GREATEST(1, CARDINALITY(FILTER(z.amounts, a -> v.amount >= a)))) AS m_score
  FROM (
    SELECT DISTINCT m.last_amount AS amount
    FROM rfm_measures AS m
    WHERE m.last_band IN (SELECT m_band FROM frozen_bands WHERE is_parted)
  ) AS v
  CROSS JOIN rfm_frozen AS z
),
last_bands AS (
  SELECT m_group, m_band, CAST(m_score AS INTEGER) AS m_score
  FROM rfm_bands
  WHERE side = 2 AND NOT :freeze_borders
  UNION ALL
  SELECT 0, m_band, CAST(m_score AS INTEGER) FROM frozen_bands WHERE :freeze_borders
),
last_values AS (
  SELECT m_group, amount, CAST(m_score AS INTEGER) AS m_score
  FROM rfm_values
  WHERE side = 2 AND NOT :freeze_borders
  UNION ALL
  SELECT 0, amount, CAST(m_score AS INTEGER) FROM frozen_values WHERE :freeze_borders
)
SELECT
  m.customer_id,
  m.first_recency,
  m.first_orders,
  m.first_amount,
  fp.r_score AS first_r_score,
  fp.f_score AS first_f_score,
  COALESCE(fv.m_score, fb.m_score) AS first_m_score,
  m.last_recency,
  m.last_orders,
  m.last_amount,
  lp.r_score AS last_r_score,
  lp.f_score AS last_f_score,
  COALESCE(lv.m_score, lb.m_score) AS last_m_score
FROM rfm_measures AS m
LEFT JOIN (SELECT recency, orders, r_score, f_score, m_group FROM rfm_pairs WHERE side = 1) AS fp
  ON fp.recency = m.first_recency AND fp.orders = m.first_orders
LEFT JOIN (SELECT m_group, m_band, CAST(m_score AS INTEGER) AS m_score FROM rfm_bands WHERE side = 1) AS fb
  ON fb.m_group = fp.m_group AND fb.m_band = m.first_band
LEFT JOIN (SELECT m_group, amount, CAST(m_score AS INTEGER) AS m_score FROM rfm_values WHERE side = 1) AS fv
  ON fv.m_group = fp.m_group AND fv.amount = m.first_amount
LEFT JOIN (SELECT * FROM last_pairs WHERE :compares_dates) AS lp ON lp.recency = m.last_recency AND lp.orders = m.last_orders
LEFT JOIN (SELECT * FROM last_bands WHERE :compares_dates) AS lb ON lb.m_group = lp.m_group AND lb.m_band = m.last_band
LEFT JOIN (SELECT * FROM last_values WHERE :compares_dates) AS lv ON lv.m_group = lp.m_group AND lv.amount = m.last_amount
