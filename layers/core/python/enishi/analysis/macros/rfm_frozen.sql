-- The frozen borders: every score of side 1 of `rfm_pairs` and `rfm_bands`, the lowest first, with its end that is nearest to the
-- next lower one, in one row. What lies beyond the ends has the outermost score.
SELECT r.scores AS r_scores, r.ends AS recencies, f.scores AS f_scores, f.ends AS orders, m.scores AS m_scores, m.ends AS amounts
FROM (
  SELECT ARRAY_AGG(e.r_score ORDER BY e.r_score) AS scores, ARRAY_AGG(e.recency ORDER BY e.r_score) AS ends
  FROM (SELECT r_score, MAX(recency) AS recency FROM rfm_pairs WHERE side = 1 GROUP BY r_score) AS e
) AS r
CROSS JOIN (
  SELECT ARRAY_AGG(e.f_score ORDER BY e.f_score) AS scores, ARRAY_AGG(e.orders ORDER BY e.f_score) AS ends
  FROM (SELECT f_score, MIN(orders) AS orders FROM rfm_pairs WHERE side = 1 GROUP BY f_score) AS e
) AS f
CROSS JOIN (
  SELECT ARRAY_AGG(e.m_score ORDER BY e.m_score) AS scores, ARRAY_AGG(e.amount ORDER BY e.m_score) AS ends
  FROM (
    SELECT s.m_score, MIN(s.amount) AS amount
    FROM (
      SELECT m_score, lowest AS amount FROM rfm_bands WHERE side = 1 AND m_score = worst_score
      UNION ALL
      SELECT m_score, amount FROM rfm_values WHERE side = 1
    ) AS s
    GROUP BY s.m_score
  ) AS e
) AS m
