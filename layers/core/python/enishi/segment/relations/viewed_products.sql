-- Products that the person looked at from :first (a business day) to :at; robots left out.
SELECT
  i.person_id AS customer_id,
  w.product_id,
  MAX(w.event_at) AS happened_at,
  COUNT(*) AS views
FROM v_web_events AS w
JOIN v_identity AS i ON i.customer_id = w.customer_id
WHERE w.event_type = 'product_view'
  AND w.product_id IS NOT NULL
  AND w.event_date >= :first
  AND w.event_at <= :at
  AND COALESCE(w.is_bot, FALSE) = FALSE
GROUP BY i.person_id, w.product_id
