-- A person known from a guest order or a cookie alone holds an identifier that one known person holds. Where two known
-- people share it (a couple's mail), nobody can say whose the order was.
SELECT x.customer_id AS low_id, y.customer_id AS high_id, x.id_value_hash AS evidence
FROM held AS x
JOIN held AS y ON y.id_value_hash = x.id_value_hash AND y.id_type = x.id_type AND y.customer_id > x.customer_id
JOIN people AS p ON p.customer_id = x.customer_id
JOIN people AS q ON q.customer_id = y.customer_id
WHERE
  x.id_type IN ('email', 'phone', 'cookie', 'app_install')
  AND x.holders <= :most
  AND (x.fresh OR y.fresh)
  AND (p.is_virtual OR q.is_virtual)
  AND COALESCE(x.first_person = x.last_person, TRUE)
