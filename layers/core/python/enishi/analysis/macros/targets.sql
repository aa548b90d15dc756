-- Every intended message under the `msg` parameters, whatever became of it: sent, failed, suppressed, control (`is_control`,
-- rule HOLD). `campaign` is the campaign's name, else the scenario; `campaigns` may say either, or their ids (rule MERGE).
SELECT
  m.message_id,
  COALESCE(i.person_id, m.customer_id) AS customer_id,
  COALESCE(l.campaign, m.campaign_id, m.scenario_id, :unknown) AS campaign,
  m.campaign_id,
  m.scenario_id,
  m.step_id,
  m.execution_id,
  m.channel,
  m.template_id,
  m.variant,
  m.subject,
  m.address_domain,
  m.offer_code,
  m.coupon_id,
  COALESCE(m.is_control, FALSE) AS is_control,
  m.status,
  m.suppress_reason,
  m.sent_at,
  m.sent_date,
  m.unit_cost
FROM messages AS m
LEFT JOIN v_identity AS i ON i.customer_id = m.customer_id
LEFT JOIN campaign_labels AS l ON l.campaign_id = m.campaign_id
WHERE
  (m.campaign_id IN (:campaigns) OR m.scenario_id IN (:campaigns) OR l.campaign IN (:campaigns))
  AND m.channel IN (:msg_channels)
