-- Runs of :scenario after :cutoff, up to this one's slot, that have not finished: their people have no decisions yet.
SELECT r.run_id
FROM scenario_runs AS r
WHERE r.scenario_id = :scenario
  AND r.run_id <> :run
  AND r.slot_at > :cutoff
  AND r.slot_at <= :slot_at
  AND r.state IN ('running', 'waiting', 'paused', 'stopped')
ORDER BY r.run_id
