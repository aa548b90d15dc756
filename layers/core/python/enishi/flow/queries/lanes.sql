-- A cohort with the hour at which each person reacts most: opens and clicks of people count double, online orders once,
-- over the days since :first. Whoever has no such hour takes everybody's most frequent one, else :fallback.
WITH people AS (
  SELECT w.customer_id, w.holdout, w.variant, w.entry_ref, w.entered_at, i.person_id
  FROM work.cohorts AS w
  LEFT JOIN v_identity AS i ON i.customer_id = w.customer_id
  WHERE :of_cohort
), happened AS (
  SELECT i.person_id, e.event_at AS happened_at, 2 AS weight
  FROM message_events AS e
  JOIN messages AS m ON m.message_id = e.message_id
  JOIN v_identity AS i ON i.customer_id = m.customer_id
  WHERE e.event_date >= :first AND e.event_at <= :at
    AND e.event_type IN ('open', 'click') AND NOT COALESCE(e.is_machine, FALSE)
  UNION ALL
  SELECT i.person_id, o.ordered_at AS happened_at, 1 AS weight
  FROM v_orders AS o
  JOIN v_identity AS i ON i.customer_id = o.customer_id
  WHERE o.order_date >= :first AND o.ordered_at <= :at AND o.channel IN ('ec', 'app')
), hours AS (
  SELECT h.person_id, HOUR(WITH_TIMEZONE(h.happened_at, 'UTC') AT TIME ZONE :zone) AS local_hour, h.weight
  FROM happened AS h
  WHERE h.person_id IN (SELECT p.person_id FROM people AS p WHERE p.person_id IS NOT NULL)
), ranked AS (
  SELECT
    h.person_id,
    h.local_hour,
    ROW_NUMBER() OVER (PARTITION BY h.person_id ORDER BY SUM(h.weight) DESC, h.local_hour) AS place
  FROM hours AS h
  WHERE :awake
  GROUP BY h.person_id, h.local_hour
), usual AS (
  SELECT h.local_hour, ROW_NUMBER() OVER (ORDER BY SUM(h.weight) DESC, h.local_hour) AS place
  FROM hours AS h
  WHERE :awake
  GROUP BY h.local_hour
)
SELECT
  p.customer_id,
  p.holdout,
  p.variant,
  p.entry_ref,
  p.entered_at,
  LPAD(CAST(COALESCE(r.local_hour, u.local_hour, :fallback) AS VARCHAR), 2, '0') AS arm
FROM people AS p
LEFT JOIN ranked AS r ON r.person_id = p.person_id AND r.place = 1
LEFT JOIN usual AS u ON u.place = 1
