-- `sessions` with `engaged`: over 10 seconds, or two views, or one of `goal_events`; bounced is the opposite.
-- Orders and amount are those of the visit; `signups` its sign-up events.
WITH goals AS (
  SELECT
    e.visitor_id,
    e.visit,
    COUNT_IF(e.event_type IN (:goal_events)) AS goals,
    COUNT_IF(e.event_type = 'signup') AS signups
  FROM web_actions AS e
  GROUP BY e.visitor_id, e.visit
),
ordered AS (
  SELECT visitor_id, visit, COUNT(*) AS orders, SUM(amount) AS amount
  FROM session_orders
  GROUP BY visitor_id, visit
)
SELECT
  s.*,
  s.duration_ms > 10000 OR s.views >= 2 OR g.goals > 0 AS engaged,
  g.signups,
  COALESCE(o.orders, 0) AS orders,
  COALESCE(o.amount, 0) AS amount
FROM sessions AS s
JOIN goals AS g ON g.visitor_id = s.visitor_id AND g.visit = s.visit
LEFT JOIN ordered AS o ON o.visitor_id = s.visitor_id AND o.visit = s.visit
