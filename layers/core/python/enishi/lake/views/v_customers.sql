-- Every person once (survivors only), with current attributes and what the qualified purchases say.
WITH bought AS (
  SELECT
    customer_id,
    MIN(purchase_date) AS first_purchase_date,
    MAX(purchase_date) AS last_purchase_date,
    COUNT(*) AS purchases,
    SUM(amount) AS amount
  FROM v_purchases
  GROUP BY customer_id
),
liked AS (
  SELECT
    customer_id,
    category_l1,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY SUM(amount) DESC, COUNT(*) DESC, category_l1) AS place
  FROM v_lines
  WHERE category_l1 IS NOT NULL AND NOT is_service
  GROUP BY customer_id, category_l1
)
SELECT
  c.customer_id,
  c.registered_at,
  c.registered_date,
  c.join_channel,
  c.join_store_id,
  c.acquisition_medium_id,
  c.birth_date,
  c.gender,
  c.prefecture,
  c.postal_code,
  c.latitude,
  c.longitude,
  c.member_rank,
  c.household_id,
  c.declared_store_id,
  c.status,
  c.withdrawn_date,
  COALESCE(c.is_employee, FALSE) AS is_employee,
  COALESCE(c.is_virtual, FALSE) AS is_virtual,
  c.attributes,
  b.first_purchase_date,
  b.last_purchase_date,
  COALESCE(b.purchases, 0) AS purchases,
  COALESCE(b.amount, 0) AS amount,
  s.store_id AS main_store_id,
  k.category_l1 AS favourite_category
FROM v_people AS c
LEFT JOIN bought AS b ON b.customer_id = c.customer_id
LEFT JOIN v_main_stores AS s ON s.customer_id = c.customer_id
LEFT JOIN liked AS k ON k.customer_id = c.customer_id AND k.place = 1
WHERE c.status IS NULL OR c.status <> 'merged'
