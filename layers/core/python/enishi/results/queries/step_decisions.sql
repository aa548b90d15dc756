-- Rows of `decisions` of one closed step and lane.
SELECT
    r.run_id,
    r.step_id,
    :scenario AS scenario_id,
    r.customer_id,
    r.decided_at,
    r.decided_date,
    CASE
        WHEN r.outcome IN ('accepted', 'refused', 'unknown') THEN 'send'
        WHEN r.outcome = 'suppressed' AND r.reason = 'no_content' THEN 'dropped_no_content'
        WHEN r.outcome = 'suppressed' THEN 'refused'
        ELSE r.outcome
    END AS outcome,
    r.reason,
    r.channel,
    r.channels_considered,
    r.offer,
    r.decided_at AS send_at,
    r.variant,
    r.propensity,
    r.policy
FROM work.results AS r
WHERE r.run_id = :run AND r.step_id = :step AND r.lane = :lane
