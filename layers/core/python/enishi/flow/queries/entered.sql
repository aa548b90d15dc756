-- Persons who were decided for in other runs of :scenario whose slot is after :cutoff.
SELECT i.person_id
FROM decisions AS d
JOIN scenario_runs AS r ON r.run_id = d.run_id
JOIN v_identity AS i ON i.customer_id = d.customer_id
WHERE d.scenario_id = :scenario
  AND d.run_id <> :run
  AND d.decided_date >= :cutoff_date
  AND r.slot_at > :cutoff
