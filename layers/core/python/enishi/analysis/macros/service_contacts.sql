-- The population's contacts with staff: visits, repairs, complaints, calls (rule MERGE). `category_l1` is the item's, else
-- the one noted.
SELECT
  v.visit_id,
  c.customer_id,
  v.store_id,
  v.staff_id,
  v.visited_at,
  v.visit_date,
  v.visit_type,
  v.product_id,
  COALESCE(d.category_l1, v.category_l1) AS category_l1,
  v.outcome
FROM service_visits AS v
LEFT JOIN v_identity AS i ON i.customer_id = v.customer_id
JOIN population AS c ON c.customer_id = COALESCE(i.person_id, v.customer_id)
LEFT JOIN products AS d ON d.product_id = v.product_id
