-- How many labels a round changed.
SELECT COUNT(*) AS moved
FROM work.identity_labels AS b
JOIN work.identity_labels AS a
  ON a.customer_id = b.customer_id AND a.unification = :labels AND a.round = :before AND a.label <> b.label
WHERE b.unification = :labels AND b.round = :after
