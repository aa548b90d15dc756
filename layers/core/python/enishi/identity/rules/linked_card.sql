-- The customer entered the card's number in the account while logged in: the strongest evidence, no other agreement asked.
SELECT x.customer_id AS low_id, y.customer_id AS high_id, x.id_value_hash AS evidence
FROM held AS x
JOIN held AS y ON y.id_value_hash = x.id_value_hash AND y.id_type = x.id_type AND y.customer_id > x.customer_id
WHERE x.id_type = 'loyalty_card' AND x.holders <= :most AND (x.fresh OR y.fresh)
