-- Valid identifiers of the records that take part, once a record; `holders` = how many records hold the same one.
SELECT
  h.customer_id,
  h.id_type,
  h.id_value_hash,
  h.fresh,
  COUNT(*) OVER (PARTITION BY h.id_type, h.id_value_hash) AS holders
FROM (
  SELECT i.customer_id, i.id_type, i.id_value_hash, p.fresh
  FROM identities AS i
  JOIN people AS p ON p.customer_id = i.customer_id
  WHERE i.valid_to IS NULL
  GROUP BY i.customer_id, i.id_type, i.id_value_hash, p.fresh
) AS h
