-- Guest keys and cookies that stand for nobody yet. Their customer's id is made of the key. A cookie whose events all name
-- a customer needs none.
WITH keys AS (
  SELECT o.guest_key, NULL AS visitor_id, MIN(o.ordered_at) AS first_at, CONCAT('guest|', o.guest_key) AS said
  FROM orders AS o
  WHERE o.customer_id IS NULL AND o.guest_key IS NOT NULL
  GROUP BY o.guest_key
  UNION ALL
  SELECT NULL AS guest_key, w.visitor_id, MIN(w.event_at) AS first_at, CONCAT('visitor|', w.visitor_id) AS said
  FROM web_events AS w
  WHERE w.visitor_id IS NOT NULL AND w.event_date >= :since AND NOT COALESCE(w.is_bot, FALSE)
  GROUP BY w.visitor_id
  HAVING COUNT_IF(CONTAINS(:events, w.event_type)) > 0 AND COUNT_IF(w.customer_id IS NULL) > 0
),
named AS (
  SELECT
    CONCAT('C', LOWER(SUBSTR(TO_HEX(SHA256(TO_UTF8(CONCAT('virtual|', k.said)))), 1, 20))) AS customer_id,
    k.guest_key,
    k.visitor_id,
    k.first_at
  FROM keys AS k
)
SELECT n.customer_id, n.guest_key, n.visitor_id, n.first_at
FROM named AS n
LEFT JOIN virtual_keys AS v ON v.customer_id = n.customer_id
WHERE v.customer_id IS NULL
