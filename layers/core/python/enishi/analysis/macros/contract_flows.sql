-- What changed the stock of active contracts, one row a change: started, paused, resumed, cancelled, completed; `change` is +1
-- or -1. A pause of a paused contract changes nothing. Who ends while paused is resumed at that moment, so that every end counts
-- and the stock still adds up.
WITH moments AS (
  SELECT subscription_id, started_date AS flow_date, 0 AS place, '' AS event_id, 'started' AS flow, 1 AS active
  FROM contracts
  UNION ALL
  SELECT
    e.subscription_id,
    e.event_date,
    1,
    e.event_id,
    CASE e.event_type WHEN 'pause' THEN 'paused' ELSE 'resumed' END,
    CASE e.event_type WHEN 'pause' THEN 0 ELSE 1 END
  FROM subscription_events AS e
  JOIN contracts AS k ON k.subscription_id = e.subscription_id
  WHERE
    e.event_type IN ('pause', 'resume')
    AND e.event_date >= k.started_date
    AND COALESCE(e.event_date <= k.ended_date, TRUE)
  UNION ALL
  SELECT subscription_id, ended_date, 2, '', state, 0
  FROM contracts
  WHERE ended_date IS NOT NULL
),
followed AS (
  SELECT
    m.*,
    LAG(m.active, 1, 0) OVER (PARTITION BY m.subscription_id ORDER BY m.flow_date, m.place, m.event_id) AS was_active
  FROM moments AS m
),
changes AS (
  SELECT subscription_id, flow_date, flow, 2 * active - 1 AS change
  FROM followed
  WHERE active <> was_active OR place = 2
  UNION ALL
  SELECT subscription_id, flow_date, 'resumed', 1
  FROM followed
  WHERE place = 2 AND was_active = 0
)
SELECT h.subscription_id, k.customer_id, k.product_id, h.flow_date, h.flow, h.change
FROM changes AS h
JOIN contracts AS k ON k.subscription_id = h.subscription_id
