-- One LINE account on two records; a LINE account belongs to one telephone, which a family may share.
SELECT x.customer_id AS low_id, y.customer_id AS high_id, x.id_value_hash AS evidence
FROM held AS x
JOIN held AS y ON y.id_value_hash = x.id_value_hash AND y.id_type = x.id_type AND y.customer_id > x.customer_id
JOIN people AS p ON p.customer_id = x.customer_id
JOIN people AS q ON q.customer_id = y.customer_id
WHERE
  x.id_type = 'line_uid'
  AND x.holders <= :most
  AND (x.fresh OR y.fresh)
  AND (p.name_hash = q.name_hash OR p.birth_date = q.birth_date)
