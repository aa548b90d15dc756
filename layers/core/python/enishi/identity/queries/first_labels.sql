-- Round 0: the smallest id among a record and those it is paired with.
SELECT e.customer_id, LEAST(e.customer_id, MIN(e.other_id)) AS label
FROM (
  SELECT low_id AS customer_id, high_id AS other_id
  FROM work.identity_edges
  WHERE unification = :unification AND round = :edges
  UNION ALL
  SELECT high_id AS customer_id, low_id AS other_id
  FROM work.identity_edges
  WHERE unification = :unification AND round = :edges
) AS e
GROUP BY e.customer_id
