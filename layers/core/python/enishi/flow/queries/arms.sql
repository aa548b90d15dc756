-- A cohort with the arm that each of its people takes; `c` is the person as known now.
SELECT
  w.customer_id,
  w.holdout,
  :variant AS variant,
  w.entry_ref,
  w.entered_at,
  :arm AS arm
FROM work.cohorts AS w
LEFT JOIN v_identity AS i ON i.customer_id = w.customer_id
LEFT JOIN v_people AS c ON c.customer_id = i.person_id
WHERE :of_cohort
