-- Valid identifiers of the records that take part, once a record; `holders` = how many records hold the same one.
SELECT
  h.customer_id,
  h.id_type,
  h.id_value_hash,
  h.fresh,
  MIN(CASE WHEN NOT h.is_virtual THEN h.person_id END) OVER (PARTITION BY h.id_type, h.id_value_hash) AS first_person,
  MAX(CASE WHEN NOT h.is_virtual THEN h.person_id END) OVER (PARTITION BY h.id_type, h.id_value_hash) AS last_person,
  COUNT(*) OVER (PARTITION BY h.id_type, h.id_value_hash) AS holders
FROM (
  SELECT i.customer_id, i.id_type, i.id_value_hash, p.fresh, p.is_virtual, p.person_id
  FROM identities AS i
  JOIN people AS p ON p.customer_id = i.customer_id
  WHERE i.valid_to IS NULL
  GROUP BY i.customer_id, i.id_type, i.id_value_hash, p.fresh, p.is_virtual, p.person_id
) AS h
