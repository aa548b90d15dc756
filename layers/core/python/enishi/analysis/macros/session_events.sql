-- The events of `sessions`, each with whose visit it is and when it began (`session_date`); products with their parts of
-- the product master and what planners call them (`product`). `started_at`, `converted` … are the visit's.
SELECT
  a.event_id,
  a.visitor_id,
  a.visit,
  s.session_id,
  a.place,
  s.customer_id,
  s.session_date,
  s.started_at,
  s.converted,
  s.device,
  s.channel,
  a.event_at,
  a.event_date,
  a.event_type,
  a.is_view,
  a.page_path,
  a.page_type,
  a.product_id,
  COALESCE(d.parent_id, a.product_id) AS parent_id,
  CASE WHEN a.product_id IS NOT NULL THEN COALESCE(n.product, a.product_id) END AS product,
  COALESCE(a.category_l1, d.category_l1) AS category_l1,
  d.category_l2,
  d.category_l3,
  a.search_term,
  a.result_count,
  a.slot_id,
  a.variant,
  a.store_id,
  a.order_id
FROM web_actions AS a
JOIN sessions AS s ON s.visitor_id = a.visitor_id AND s.visit = a.visit
LEFT JOIN products AS d ON d.product_id = a.product_id
LEFT JOIN product_labels AS n ON n.product_id = a.product_id
