-- Events, a stranger's under the person whose cookie it turned out to be: customer_id is null while nobody knows. person_id
-- names these, too, once the cookie did something worth it: the virtual customer.
SELECT
  e.event_id,
  e.event_at,
  e.event_date,
  e.visitor_id,
  COALESCE(e.customer_id, k.known_id) AS customer_id,
  e.session_id,
  e.event_type,
  e.seq_in_session,
  e.page_path,
  e.page_type,
  e.product_id,
  e.category_l1,
  e.search_term,
  e.result_count,
  e.slot_id,
  e.variant,
  e.store_id,
  e.referrer_host,
  e.utm_source,
  e.utm_medium,
  e.utm_campaign,
  e.medium_id,
  e.message_id,
  e.order_id,
  e.device,
  e.is_bot,
  e.dwell_ms,
  e.attributes,
  COALESCE(e.customer_id, k.known_id, k.virtual_id) AS person_id
FROM web_events AS e
LEFT JOIN (
  SELECT v.visitor_id, MIN(c.customer_id) AS virtual_id, MIN(CASE WHEN c.status = 'merged' THEN c.merged_into END) AS known_id
  FROM virtual_keys AS v
  JOIN customers AS c ON c.customer_id = v.customer_id
  WHERE v.visitor_id IS NOT NULL
  GROUP BY v.visitor_id
) AS k ON k.visitor_id = e.visitor_id AND e.customer_id IS NULL
