-- Pairs that somebody has to look at: strong enough to ask, not judged, and not one person by other evidence. Persons are
-- found in two groupings, not by a join on their inequality: a planner may begin with that, over everybody.
WITH asked AS (
  SELECT k.low_id, k.high_id, MAX(k.score) AS score, MAX(k.evidence) AS evidence
  FROM identity_links AS k
  LEFT JOIN identity_verdicts AS v ON v.low_id = k.low_id AND v.high_id = k.high_id
  WHERE v.low_id IS NULL
  GROUP BY k.low_id, k.high_id
),
sides AS (
  SELECT a.low_id, a.high_id, a.score, a.evidence, a.low_id AS customer_id FROM asked AS a
  UNION ALL
  SELECT a.low_id, a.high_id, a.score, a.evidence, a.high_id AS customer_id FROM asked AS a
)
SELECT s.low_id, s.high_id, MAX(s.score) AS score, MAX(s.evidence) AS evidence
FROM sides AS s
JOIN v_identity AS i ON i.customer_id = s.customer_id
GROUP BY s.low_id, s.high_id
HAVING MIN(i.person_id) <> MAX(i.person_id)
