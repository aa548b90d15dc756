-- Persons in the audiences of runs that are still under way.
SELECT i.person_id
FROM work.cohorts AS w
JOIN v_identity AS i ON i.customer_id = w.customer_id
WHERE :of_runs AND w.arm = 'all'
