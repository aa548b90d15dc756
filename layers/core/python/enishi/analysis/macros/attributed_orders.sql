-- The population's purchases that are credited to messages under `attribution` and `window_days`, one row an order and
-- message (rules ONCE, HOLD, MPP). All messages compete for an order; only then are those of the `msg` parameters kept.
-- last_click: the latest human click within the window before the order. last_touch: the latest message sent within it.
-- click_only_linear: every message clicked within it, in equal parts (`credit`); `amount` is the credited part.
WITH touched AS (
  SELECT v.customer_id, v.message_id, v.sent_at AS touched_at
  FROM v_touches AS v
  WHERE :attribution = 'last_touch' AND NOT v.is_control
  UNION ALL
  SELECT v.customer_id, v.message_id, e.event_at
  FROM v_touches AS v
  JOIN message_events AS e ON e.message_id = v.message_id
  WHERE
    :attribution <> 'last_touch'
    AND NOT v.is_control
    AND e.event_type = 'click'
    AND NOT COALESCE(e.is_machine, FALSE)
),
eligible AS (
  SELECT p.order_id, t.message_id, MAX(t.touched_at) AS touched_at
  FROM purchases AS p
  JOIN touched AS t ON t.customer_id = p.customer_id
  WHERE t.touched_at <= p.purchase_at AND t.touched_at > DATE_ADD('day', -:window_days, p.purchase_at)
  GROUP BY p.order_id, t.message_id
),
placed AS (
  SELECT
    e.*,
    ROW_NUMBER() OVER (PARTITION BY e.order_id ORDER BY e.touched_at DESC, e.message_id DESC) AS place,
    COUNT(*) OVER (PARTITION BY e.order_id) AS messages
  FROM eligible AS e
),
credited AS (
  SELECT
    order_id,
    message_id,
    touched_at,
    CASE WHEN :attribution = 'click_only_linear' THEN RATIO(1, messages) ELSE CAST(1 AS DOUBLE) END AS credit
  FROM placed
  WHERE place = 1 OR :attribution = 'click_only_linear'
)
SELECT
  c.order_id,
  p.customer_id,
  p.purchase_at,
  p.purchase_date,
  p.channel,
  p.store_id,
  p.n,
  c.message_id,
  t.campaign,
  t.scenario_id,
  t.step_id,
  t.execution_id,
  t.variant,
  t.channel AS message_channel,
  t.offer_code,
  t.sent_at,
  t.sent_date,
  c.touched_at,
  c.credit,
  CAST(CAST(p.amount AS DOUBLE) * c.credit AS DECIMAL(18, 2)) AS amount
FROM credited AS c
JOIN purchases AS p ON p.order_id = c.order_id
JOIN touches AS t ON t.message_id = c.message_id
