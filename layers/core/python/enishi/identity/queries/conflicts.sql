-- Components that contradict themselves: too many records, two that a reviewer keeps apart, or two identifiers of a kind
-- of which a person has one.
WITH known AS (
  SELECT customer_id, label FROM work.identity_labels WHERE unification = :labels AND round = :labels_round
),
crowded AS (
  SELECT label FROM known GROUP BY label HAVING COUNT(*) > :most_records
),
judged AS (
  SELECT p.label
  FROM identity_verdicts AS v
  JOIN known AS p ON p.customer_id = v.low_id
  JOIN known AS q ON q.customer_id = v.high_id AND q.label = p.label
  WHERE v.verdict = 'different'
),
doubled AS (
  SELECT k.label
  FROM known AS k
  JOIN identities AS i ON i.customer_id = k.customer_id AND i.valid_to IS NULL AND CONTAINS(:uniques, i.id_type)
  GROUP BY k.label, i.id_type
  HAVING COUNT(DISTINCT i.id_value_hash) > 1
)
SELECT label FROM crowded
UNION
SELECT label FROM judged
UNION
SELECT label FROM doubled
