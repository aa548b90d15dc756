-- The pairs that join: what the rules and the scoring say, without what a reviewer keeps apart and without pairs of
-- records that hold different identifiers of a kind of which a person has one; then what a reviewer joined.
WITH said AS (
  SELECT p.low_id, p.high_id, MAX(p.score) AS score
  FROM work.identity_pairs AS p
  WHERE p.unification = :unification AND p.band = 'merge'
  GROUP BY p.low_id, p.high_id
),
marks AS (
  SELECT i.customer_id, i.id_type, i.id_value_hash
  FROM identities AS i
  WHERE i.valid_to IS NULL AND CONTAINS(:uniques, i.id_type)
),
apart AS (
  SELECT low_id, high_id FROM identity_verdicts WHERE verdict = 'different'
  UNION
  SELECT s.low_id, s.high_id
  FROM said AS s
  JOIN marks AS x ON x.customer_id = s.low_id
  JOIN marks AS y ON y.customer_id = s.high_id AND y.id_type = x.id_type
  GROUP BY s.low_id, s.high_id, x.id_type
  HAVING COUNT(CASE WHEN x.id_value_hash = y.id_value_hash THEN 1 END) = 0
)
SELECT s.low_id, s.high_id, s.score
FROM said AS s
LEFT JOIN apart AS a ON a.low_id = s.low_id AND a.high_id = s.high_id
LEFT JOIN identity_verdicts AS v ON v.low_id = s.low_id AND v.high_id = s.high_id
WHERE a.low_id IS NULL AND v.low_id IS NULL
UNION ALL
SELECT v.low_id, v.high_id, 2.0E0 AS score
FROM identity_verdicts AS v
JOIN customers AS p ON p.customer_id = v.low_id AND p.status IN ('active', 'withdrawn', 'merged')
JOIN customers AS q ON q.customer_id = v.high_id AND q.status IN ('active', 'withdrawn', 'merged')
WHERE v.verdict = 'same'
