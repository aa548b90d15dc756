-- Those who arrived at a send step (counted from the cohort) against what became of them (counted from the messages).
WITH arrived AS (
    SELECT
        scenario_id,
        run_id,
        step_id,
        SUM(arrivals) AS arrivals,
        MIN(entered_at) AS entered_at
    FROM scenario_steps
    GROUP BY scenario_id, run_id, step_id
),

outcomes AS (
    SELECT
        execution_id AS run_id,
        step_id,
        COUNT_IF(status = 'sent') AS accepted,
        COUNT_IF(status = 'failed') AS refused,
        COUNT_IF(status = 'suppressed') AS suppressed,
        COUNT_IF(status = 'unknown') AS unknown,
        COUNT_IF(status = 'control') AS holdout,
        COUNT_IF(status = 'quarantined') AS quarantined
    FROM messages
    WHERE execution_id IS NOT NULL
    GROUP BY execution_id, step_id
)

SELECT
    a.scenario_id,
    a.step_id,
    COUNT(DISTINCT a.run_id) AS runs,
    SUM(a.arrivals) AS arrivals,
    SUM(COALESCE(o.accepted, 0)) AS accepted,
    SUM(COALESCE(o.refused, 0)) AS refused,
    SUM(COALESCE(o.suppressed, 0)) AS suppressed,
    SUM(COALESCE(o.unknown, 0)) AS unknown,
    SUM(COALESCE(o.holdout, 0)) AS holdout,
    SUM(COALESCE(o.quarantined, 0)) AS quarantined
FROM arrived AS a
LEFT JOIN outcomes AS o ON a.run_id = o.run_id AND a.step_id = o.step_id
GROUP BY a.scenario_id, a.step_id
ORDER BY a.scenario_id, MIN(a.entered_at), a.step_id
