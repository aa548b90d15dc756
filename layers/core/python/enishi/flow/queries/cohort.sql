-- The people of a cohort as they are today: whoever was merged since goes on as the survivor, once. Who entered under two
-- ids goes on where the survivor stands; whoever is held out under one id is held out.
SELECT
  i.person_id AS customer_id,
  BOOL_OR(w.holdout) AS holdout,
  MIN(w.entry_ref) AS entry_ref,
  MIN(w.variant) AS variant
FROM work.cohorts AS w
JOIN v_identity AS i ON i.customer_id = w.customer_id
LEFT JOIN (SELECT customer_id FROM work.cohorts WHERE cohort_id = :run AND arm = 'all') AS s
  ON s.customer_id = i.person_id AND i.person_id <> w.customer_id
WHERE :of_refs AND s.customer_id IS NULL
GROUP BY i.person_id
