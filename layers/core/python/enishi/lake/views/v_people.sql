-- Every row of customers; a survivor's with what counts of all the person's records (unify writes person_attributes).
SELECT
  c.customer_id,
  c.registered_at,
  c.registered_date,
  CASE WHEN g.customer_id IS NULL THEN c.join_channel ELSE g.join_channel END AS join_channel,
  CASE WHEN g.customer_id IS NULL THEN c.join_store_id ELSE g.join_store_id END AS join_store_id,
  CASE WHEN g.customer_id IS NULL THEN c.join_staff_id ELSE g.join_staff_id END AS join_staff_id,
  CASE WHEN g.customer_id IS NULL THEN c.acquisition_medium_id ELSE g.acquisition_medium_id END AS acquisition_medium_id,
  CASE WHEN g.customer_id IS NULL THEN c.birth_date ELSE g.birth_date END AS birth_date,
  c.name_hash,
  CASE WHEN g.customer_id IS NULL THEN c.gender ELSE g.gender END AS gender,
  CASE WHEN g.customer_id IS NULL THEN c.prefecture ELSE g.prefecture END AS prefecture,
  CASE WHEN g.customer_id IS NULL THEN c.postal_code ELSE g.postal_code END AS postal_code,
  CASE WHEN g.customer_id IS NULL THEN c.latitude ELSE g.latitude END AS latitude,
  CASE WHEN g.customer_id IS NULL THEN c.longitude ELSE g.longitude END AS longitude,
  CASE WHEN g.customer_id IS NULL THEN c.member_rank ELSE g.member_rank END AS member_rank,
  c.household_id,
  CASE WHEN g.customer_id IS NULL THEN c.declared_store_id ELSE g.declared_store_id END AS declared_store_id,
  c.status,
  c.withdrawn_date,
  c.merged_into,
  CASE WHEN g.customer_id IS NULL THEN c.is_employee ELSE g.is_employee END AS is_employee,
  c.is_virtual,
  CASE WHEN g.customer_id IS NULL THEN c.attributes ELSE g.attributes END AS attributes
FROM customers AS c
LEFT JOIN person_attributes AS g ON g.customer_id = c.customer_id AND c.merged_into IS NULL
