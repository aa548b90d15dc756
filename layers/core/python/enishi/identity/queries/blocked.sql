-- Records by the identifiers that block: `most` = how many records may share one.
SELECT customer_id, fresh, id_type AS block, id_value_hash AS value, :most AS most
FROM held
WHERE id_type = :id_type
