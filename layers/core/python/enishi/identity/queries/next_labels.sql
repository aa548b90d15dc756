-- The next round: the smallest label among a record's own and its neighbours', then that record's label (the jump halves
-- the length of every chain, so that the rounds are as many as its logarithm).
WITH known AS (
  SELECT customer_id, label FROM work.identity_labels WHERE unification = :labels AND round = :round
),
edges AS (
  SELECT low_id AS customer_id, high_id AS other_id
  FROM work.identity_edges
  WHERE unification = :unification AND round = :edges
  UNION ALL
  SELECT high_id AS customer_id, low_id AS other_id
  FROM work.identity_edges
  WHERE unification = :unification AND round = :edges
),
nearest AS (
  SELECT k.customer_id, LEAST(k.label, MIN(n.label)) AS label
  FROM known AS k
  JOIN edges AS e ON e.customer_id = k.customer_id
  JOIN known AS n ON n.customer_id = e.other_id
  GROUP BY k.customer_id, k.label
)
SELECT n.customer_id, LEAST(n.label, j.label) AS label
FROM nearest AS n
JOIN known AS j ON j.customer_id = n.label
