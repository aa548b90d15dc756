-- One telephone and one name; two birth dates make two people (a father and a son of one name).
SELECT x.customer_id AS low_id, y.customer_id AS high_id, x.id_value_hash AS evidence
FROM held AS x
JOIN held AS y ON y.id_value_hash = x.id_value_hash AND y.id_type = x.id_type AND y.customer_id > x.customer_id
JOIN people AS p ON p.customer_id = x.customer_id
JOIN people AS q ON q.customer_id = y.customer_id
WHERE
  x.id_type = 'phone'
  AND x.holders <= :most AND (x.fresh OR y.fresh)
  AND p.name_hash = q.name_hash
  AND COALESCE(p.birth_date = q.birth_date, TRUE)
