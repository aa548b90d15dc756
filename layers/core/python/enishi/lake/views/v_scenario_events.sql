-- A person's way through a scenario, one row a step: what the log says (scenario_events), and what the messages of runs show.
-- A run's person enters, stands at send steps, reaches the goal (a step found it reached, or the last click credits an order
-- to one of its messages) or leaves; control rows walk no way (rule HOLD). Versions that run here are counted by their first
-- slot, and their campaign_id is the scenario's id. `reason` says why a message of a run did not go out; the log has its
-- reasons in `outcome`.
WITH versions AS (
  SELECT
    scenario_id,
    scenario_version,
    CAST(ROW_NUMBER() OVER (PARTITION BY scenario_id ORDER BY MIN(slot_at), scenario_version) AS INTEGER) AS version
  FROM scenario_runs
  WHERE state <> 'skipped_late'
  GROUP BY scenario_id, scenario_version
),
arrivals AS (
  SELECT
    m.message_id,
    r.run_id,
    r.scenario_id,
    v.version,
    COALESCE(i.person_id, m.customer_id) AS customer_id,
    COALESCE(r.started_at, r.slot_at) AS started_at,
    r.slot_date,
    r.ended_at IS NULL AS is_open,
    m.step_id,
    DATE_DIFF('second', r.slot_at, m.sent_at) AS seconds,
    m.sent_at,
    m.sent_date,
    m.status,
    m.suppress_reason,
    COALESCE(m.suppress_reason, '') IN ('exited', 'goal_reached') AS is_over,
    COALESCE(m.is_control, FALSE) AS is_control
  FROM messages AS m
  JOIN scenario_runs AS r ON r.run_id = m.execution_id
  JOIN versions AS v ON v.scenario_id = r.scenario_id AND v.scenario_version = r.scenario_version
  LEFT JOIN v_identity AS i ON i.customer_id = m.customer_id
),
placed AS (
  SELECT
    a.*,
    MIN(a.seconds) OVER (PARTITION BY a.scenario_id, a.version, a.step_id) AS place,
    MIN(CASE WHEN a.is_over THEN a.sent_at END) OVER (PARTITION BY a.run_id, a.customer_id) AS over_at,
    MAX(a.sent_at) OVER (PARTITION BY a.run_id, a.customer_id) AS last_at,
    MAX(CASE WHEN a.is_control THEN 1 ELSE 0 END) OVER (PARTITION BY a.run_id, a.customer_id) AS held_back
  FROM arrivals AS a
),
ways AS (
  SELECT * FROM placed WHERE held_back = 0
),
walked AS (
  SELECT
    run_id,
    scenario_id,
    version,
    customer_id,
    'entry' AS step_type,
    'entry' AS step_id,
    1 AS stage,
    CAST(0 AS BIGINT) AS place,
    MIN(started_at) AS entered_at,
    MIN(slot_date) AS event_date,
    'passed' AS outcome,
    CAST(NULL AS VARCHAR) AS reason
  FROM ways
  GROUP BY run_id, scenario_id, version, customer_id
  UNION ALL
  SELECT
    run_id,
    scenario_id,
    version,
    customer_id,
    'send',
    step_id,
    2,
    place,
    sent_at,
    sent_date,
    CASE
      WHEN status = 'suppressed' THEN 'suppressed'
      WHEN status <> 'sent' THEN 'failed'
      WHEN is_open AND sent_at = last_at THEN 'waiting'
      ELSE 'passed'
    END,
    CASE WHEN status <> 'sent' THEN suppress_reason END
  FROM ways
  WHERE over_at IS NULL OR sent_at < over_at
  UNION ALL
  SELECT run_id, scenario_id, version, customer_id, 'exit', 'exit', 4, 0, sent_at, sent_date, 'exit:exited', suppress_reason
  FROM ways
  WHERE suppress_reason = 'exited' AND sent_at = over_at
  UNION ALL
  SELECT run_id, scenario_id, version, customer_id, 'goal', 'goal', 3, 0, sent_at, sent_date, 'goal', suppress_reason
  FROM ways
  WHERE suppress_reason = 'goal_reached' AND sent_at = over_at
  UNION ALL
  SELECT
    w.run_id,
    w.scenario_id,
    w.version,
    w.customer_id,
    'goal',
    'goal',
    3,
    0,
    c.converted_at,
    c.converted_date,
    'goal',
    CAST(NULL AS VARCHAR)
  FROM conversions AS c
  JOIN ways AS w ON w.message_id = c.message_id
  WHERE c.model = 'last_click'
)
SELECT
  e.execution_id,
  e.campaign_id,
  c.scenario_version,
  COALESCE(i.person_id, e.customer_id) AS customer_id,
  e.step_id,
  e.step_no,
  e.step_type,
  e.entered_at,
  e.event_date,
  e.outcome,
  CAST(NULL AS VARCHAR) AS reason
FROM scenario_events AS e
LEFT JOIN campaigns AS c ON c.campaign_id = e.campaign_id
LEFT JOIN v_identity AS i ON i.customer_id = e.customer_id
UNION ALL
SELECT
  run_id || ' ' || customer_id,
  scenario_id,
  version,
  customer_id,
  step_id,
  CAST(DENSE_RANK() OVER (PARTITION BY scenario_id, version ORDER BY stage, place, step_id) AS INTEGER),
  step_type,
  entered_at,
  event_date,
  outcome,
  reason
FROM walked
