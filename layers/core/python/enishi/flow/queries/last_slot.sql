-- The slot of the latest run of :scenario before :slot_at that really ran.
SELECT MAX(r.slot_at) AS slot_at
FROM scenario_runs AS r
WHERE r.scenario_id = :scenario AND r.slot_at < :slot_at AND r.state <> 'skipped_late'
