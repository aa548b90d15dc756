-- Sent messages under the `msg` parameters with the first moment of each reaction; control rows are none (rules DEDUP, MPP,
-- HOLD). What was opened or clicked has arrived; a click without an open counts as an open. `has_open_signal` is false on
-- channels that cannot tell an open.
SELECT
  v.message_id,
  v.customer_id,
  COALESCE(l.campaign, v.campaign_id, v.scenario_id, :unknown) AS campaign,
  v.campaign_id,
  v.scenario_id,
  v.step_id,
  v.execution_id,
  v.channel,
  v.template_id,
  v.variant,
  v.subject,
  v.address_domain,
  v.offer_code,
  v.coupon_id,
  v.sent_at,
  v.sent_date,
  v.unit_cost,
  COALESCE(v.channel, '') NOT IN ('sms', 'catalog') AS has_open_signal,
  COALESCE(v.delivered_at, v.opened_raw_at, v.clicked_at) AS delivered_at,
  CASE
    WHEN :exclude_machine_opens THEN COALESCE(v.opened_at, v.clicked_at)
    ELSE COALESCE(v.opened_raw_at, v.clicked_at)
  END AS opened_at,
  COALESCE(v.opened_raw_at, v.clicked_at) AS opened_raw_at,
  v.clicked_at,
  v.bounced_at,
  v.complained_at,
  v.blocked_at,
  v.unsubscribed_at,
  COALESCE(v.unsubscribed_at, v.blocked_at, v.complained_at) AS left_at
FROM v_touches AS v
LEFT JOIN campaign_labels AS l ON l.campaign_id = v.campaign_id
WHERE
  NOT v.is_control
  AND (v.campaign_id IN (:campaigns) OR v.scenario_id IN (:campaigns) OR l.campaign IN (:campaigns))
  AND v.channel IN (:msg_channels)
