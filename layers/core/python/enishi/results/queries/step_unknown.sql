-- Messages of one step and lane whose outcome was in doubt when their chunk ended.
SELECT r.message_id
FROM work.results AS r
WHERE r.run_id = :run AND r.step_id = :step AND r.lane = :lane AND r.outcome = 'unknown'
ORDER BY r.message_id
