-- The deliveries of `contracts` by as_of, `k` from 1: on the days of their events where these tell them all, else one an
-- interval from the first contract day. `until_date` is the day of the next one, or on which the contract ended (null: open).
WITH told AS (
  SELECT e.subscription_id, e.event_date, COUNT(*) OVER (PARTITION BY e.subscription_id) AS deliveries
  FROM subscription_events AS e
  WHERE e.event_type = 'deliver'
),
counted AS (
  SELECT
    c.subscription_id,
    t.event_date AS delivered_date,
    ROW_NUMBER() OVER (PARTITION BY c.subscription_id ORDER BY t.event_date) AS k
  FROM contracts AS c
  JOIN told AS t ON t.subscription_id = c.subscription_id AND t.deliveries >= c.delivered_count
  UNION ALL
  SELECT c.subscription_id, DATE_ADD('day', (n.k - 1) * c.interval_days, c.started_date), n.k
  FROM contracts AS c
  LEFT JOIN (SELECT subscription_id, MAX(deliveries) AS deliveries FROM told GROUP BY subscription_id) AS t
    ON t.subscription_id = c.subscription_id
  CROSS JOIN UNNEST(SEQUENCE(1, GREATEST(c.delivered_count, 1))) AS n(k)
  WHERE COALESCE(t.deliveries, 0) < c.delivered_count
)
SELECT
  d.subscription_id,
  c.customer_id,
  c.product_id,
  d.k,
  d.delivered_date,
  COALESCE(LEAD(d.delivered_date) OVER (PARTITION BY d.subscription_id ORDER BY d.k), c.ended_date) AS until_date
FROM counted AS d
JOIN contracts AS c ON c.subscription_id = d.subscription_id
WHERE d.delivered_date <= :as_of
