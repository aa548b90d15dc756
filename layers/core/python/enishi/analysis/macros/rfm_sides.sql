-- Each customer of `rfm_measures`, scored 1 to :bins on recency, frequency and money, 5 best, at either day (rules TIE, PUR): null
-- where nothing was bought before it. How values are scored, `rfm_pairs`, `rfm_bands` and `rfm_values` say; with
-- :freeze_borders the second day is scored by `rfm_frozen`, its values one by one. Joins are LEFT so that no engine joins the scores to
-- each other first, and what is joined is short: an engine that does not know how many rows there are keeps that.
WITH first_bands AS (
  SELECT CAST(b.m_group AS INTEGER) AS m_group, b.m_band, CAST(b.m_score AS INTEGER) AS m_score
  FROM rfm_bands AS b
  WHERE b.side = 1
),
first_values AS (
  SELECT CAST(v.m_group AS INTEGER) AS m_group, v.amount, CAST(v.m_score AS INTEGER) AS m_score
  FROM rfm_values AS v
  WHERE v.side = 1
),
last_pairs AS (
  SELECT p.day, p.orders, p.r_score, p.f_score
  FROM rfm_pairs AS p
  WHERE p.side = 2 AND NOT :freeze_borders
  UNION ALL
  SELECT
    p.day,
    p.orders,
    CAST(ELEMENT_AT(z.r_scores, GREATEST(1, CARDINALITY(FILTER(z.recencies, b -> p.recency <= b)))) AS INTEGER),
    CAST(ELEMENT_AT(z.f_scores, GREATEST(1, CARDINALITY(FILTER(z.orders, b -> p.orders >= b)))) AS INTEGER)
  FROM rfm_pairs AS p
  CROSS JOIN rfm_frozen AS z
  WHERE p.side = 2 AND :freeze_borders
),
frozen_bands AS (
  SELECT
    b.m_band,
    ELEMENT_AT(z.m_scores, GREATEST(1, CARDINALITY(FILTER(z.amounts, a -> NARROW_BAND_OF(a) <= b.m_band)))) AS m_score,
    ANY_MATCH(z.amounts, a -> NARROW_BAND_OF(a) = b.m_band) AS is_parted
  FROM (SELECT DISTINCT m.last_band AS m_band FROM rfm_measures AS m WHERE m.last_orders > 0) AS b
  CROSS JOIN rfm_frozen AS z
),
frozen_values AS (
  SELECT
    v.amount,
    ELEMENT_AT(z.m_scores, GREATEST(1, CARDINALITY(FILTER(z.amounts, a -> v.amount >= a)))) AS m_score
  FROM (
    SELECT DISTINCT m.last_amount AS amount
    FROM rfm_measures AS m
    WHERE m.last_band IN (SELECT b.m_band FROM frozen_bands AS b WHERE b.is_parted)
  ) AS v
  CROSS JOIN rfm_frozen AS z
),
last_bands AS (
  SELECT CAST(b.m_group AS INTEGER) AS m_group, b.m_band, CAST(b.m_score AS INTEGER) AS m_score
  FROM rfm_bands AS b
  WHERE b.side = 2 AND NOT :freeze_borders
  UNION ALL
  SELECT 0, b.m_band, CAST(b.m_score AS INTEGER) FROM frozen_bands AS b WHERE :freeze_borders
),
last_values AS (
  SELECT CAST(v.m_group AS INTEGER) AS m_group, v.amount, CAST(v.m_score AS INTEGER) AS m_score
  FROM rfm_values AS v
  WHERE v.side = 2 AND NOT :freeze_borders
  UNION ALL
  SELECT 0, v.amount, CAST(v.m_score AS INTEGER) FROM frozen_values AS v WHERE :freeze_borders
)
SELECT
  m.customer_id,
  m.first_day,
  m.first_orders,
  m.first_amount,
  fp.r_score AS first_r_score,
  fp.f_score AS first_f_score,
  COALESCE(fv.m_score, fb.m_score) AS first_m_score,
  m.last_day,
  m.last_orders,
  m.last_amount,
  lp.r_score AS last_r_score,
  lp.f_score AS last_f_score,
  COALESCE(lv.m_score, lb.m_score) AS last_m_score
FROM rfm_measures AS m
LEFT JOIN (SELECT p.day, p.orders, p.r_score, p.f_score FROM rfm_pairs AS p WHERE p.side = 1) AS fp
  ON fp.day = m.first_day AND fp.orders = m.first_orders
LEFT JOIN first_bands AS fb
  ON fb.m_band = m.first_band AND fb.m_group = MONEY_GROUP_OF(fp.r_score, fp.f_score)
LEFT JOIN first_values AS fv
  ON fv.amount = m.first_amount AND fv.m_group = MONEY_GROUP_OF(fp.r_score, fp.f_score)
LEFT JOIN (SELECT p.* FROM last_pairs AS p WHERE :compares_dates) AS lp
  ON lp.day = m.last_day AND lp.orders = m.last_orders
LEFT JOIN (SELECT b.* FROM last_bands AS b WHERE :compares_dates) AS lb
  ON lb.m_band = m.last_band
  AND lb.m_group = CASE WHEN :freeze_borders THEN 0 ELSE MONEY_GROUP_OF(lp.r_score, lp.f_score) END
LEFT JOIN (SELECT v.* FROM last_values AS v WHERE :compares_dates) AS lv
  ON lv.amount = m.last_amount
  AND lv.m_group = CASE WHEN :freeze_borders THEN 0 ELSE MONEY_GROUP_OF(lp.r_score, lp.f_score) END
