-- Every message of the campaigns `campaigns` (ids or names of campaigns or scenarios) as an assignment to an arm, sent or held
-- back (`is_control`, rule HOLD), whatever became of it. A message that was refused before it was decided whether to hold it back
-- is in neither arm and left out.
SELECT
  COALESCE(i.person_id, m.customer_id) AS customer_id,
  COALESCE(m.campaign_id, m.scenario_id) AS campaign_key,
  l.control_share,
  COALESCE(m.is_control, FALSE) AS is_control,
  CASE WHEN m.status = 'sent' THEN COALESCE(m.unit_cost, 0) ELSE 0 END AS cost,
  m.message_id,
  m.sent_at,
  m.sent_date
FROM messages AS m
LEFT JOIN v_identity AS i ON i.customer_id = m.customer_id
LEFT JOIN campaigns AS l ON l.campaign_id = m.campaign_id
LEFT JOIN decisions AS d
  ON d.run_id = m.execution_id
  AND d.step_id = m.step_id
  AND d.customer_id = m.customer_id
  AND d.outcome IN ('refused', 'dropped_no_content')
WHERE
  (m.campaign_id IN (:campaigns) OR m.scenario_id IN (:campaigns) OR l.name IN (:campaigns))
  AND d.run_id IS NULL
