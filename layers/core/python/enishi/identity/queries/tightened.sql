-- The edges of the round before, without those of contradictory components that are not stronger than :least.
SELECT e.low_id, e.high_id, e.score
FROM work.identity_edges AS e
JOIN (
  SELECT customer_id, label FROM work.identity_labels WHERE unification = :labels AND round = :labels_round
) AS k ON k.customer_id = e.low_id
LEFT JOIN conflicts AS c ON c.label = k.label
WHERE e.unification = :unification AND e.round = :round AND (c.label IS NULL OR e.score > :least)
