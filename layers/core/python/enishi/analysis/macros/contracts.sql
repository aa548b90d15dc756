-- Contracts of the population as they stand at the end of as_of (rule MERGE). `ended_date` is the day of cancellation, or of
-- the last delivery of a completed contract; `state` is active, paused, cancelled or completed.
WITH told AS (
  SELECT
    e.subscription_id,
    MIN(CASE WHEN e.event_type = 'cancel' THEN e.event_date END) AS cancelled_date,
    MIN(CASE WHEN e.event_type = 'cancel' THEN e.reason END) AS cancel_reason,
    MAX(CASE WHEN e.event_type = 'deliver' THEN e.event_date END) AS delivered_date,
    MAX_BY(e.event_type, CASE WHEN e.event_type IN ('pause', 'resume') THEN ROW(e.event_date, e.event_id) END) AS rest
  FROM subscription_events AS e
  GROUP BY e.subscription_id
),
known AS (
  SELECT
    s.subscription_id,
    COALESCE(i.person_id, s.customer_id) AS customer_id,
    s.product_id,
    s.started_date,
    s.interval_days,
    s.quantity,
    s.unit_price,
    s.min_commit_count,
    COALESCE(s.delivered_count, 0) AS delivered_count,
    COALESCE(s.cancel_reason, t.cancel_reason) AS cancel_reason,
    COALESCE(s.cancelled_date, t.cancelled_date) AS cancelled_date,
    CASE WHEN s.status = 'completed' THEN COALESCE(t.delivered_date, s.started_date) END AS completed_date,
    COALESCE(t.rest, CASE WHEN s.status = 'paused' THEN 'pause' END) AS rest
  FROM subscriptions AS s
  LEFT JOIN v_identity AS i ON i.customer_id = s.customer_id
  LEFT JOIN told AS t ON t.subscription_id = s.subscription_id
  WHERE s.started_date <= :as_of
)
SELECT
  k.subscription_id,
  k.customer_id,
  k.product_id,
  k.started_date,
  k.interval_days,
  k.quantity,
  k.unit_price,
  k.min_commit_count,
  k.delivered_count,
  CASE WHEN k.cancelled_date <= :as_of THEN k.cancel_reason END AS cancel_reason,
  CASE WHEN COALESCE(k.cancelled_date, k.completed_date) <= :as_of THEN COALESCE(k.cancelled_date, k.completed_date) END
    AS ended_date,
  CASE
    WHEN k.cancelled_date <= :as_of THEN 'cancelled'
    WHEN k.cancelled_date IS NULL AND k.completed_date <= :as_of THEN 'completed'
    WHEN k.rest = 'pause' THEN 'paused'
    ELSE 'active'
  END AS state
FROM known AS k
JOIN population AS c ON c.customer_id = k.customer_id
