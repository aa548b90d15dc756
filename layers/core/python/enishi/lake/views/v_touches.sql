-- One row a sent message or control row, with the first moment of each reaction (rules MPP, DEDUP, HOLD, MERGE).
WITH reacted AS (
  SELECT
    message_id,
    MIN(CASE WHEN event_type = 'delivered' THEN event_at END) AS delivered_at,
    MIN(CASE WHEN event_type = 'open' AND NOT COALESCE(is_machine, FALSE) THEN event_at END) AS opened_at,
    MIN(CASE WHEN event_type = 'open' THEN event_at END) AS opened_raw_at,
    MIN(CASE WHEN event_type = 'click' AND NOT COALESCE(is_machine, FALSE) THEN event_at END) AS clicked_at,
    MIN(CASE WHEN event_type = 'unsubscribe' THEN event_at END) AS unsubscribed_at,
    MIN(CASE WHEN event_type IN ('hard_bounce', 'soft_bounce') THEN event_at END) AS bounced_at,
    MIN(CASE WHEN event_type = 'complaint' THEN event_at END) AS complained_at,
    MIN(CASE WHEN event_type = 'block' THEN event_at END) AS blocked_at
  FROM message_events
  GROUP BY message_id
)
SELECT
  m.message_id,
  COALESCE(i.person_id, m.customer_id) AS customer_id,
  m.scenario_id,
  m.campaign_id,
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
  m.sent_at,
  m.sent_date,
  m.unit_cost,
  r.delivered_at,
  r.opened_at,
  r.opened_raw_at,
  r.clicked_at,
  r.unsubscribed_at,
  r.bounced_at,
  r.complained_at,
  r.blocked_at
FROM messages AS m
LEFT JOIN v_identity AS i ON i.customer_id = m.customer_id
LEFT JOIN reacted AS r ON r.message_id = m.message_id
WHERE m.status = 'sent' OR COALESCE(m.is_control, FALSE)
