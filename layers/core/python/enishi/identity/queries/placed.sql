-- The records of people who have several, each with its place among the person's by every order that a rule asks for.
-- Virtual customers that unify made of keys say nothing.
WITH several AS (
  SELECT m.merged_into AS person_id
  FROM customers AS m
  LEFT JOIN virtual_keys AS v ON v.customer_id = m.customer_id
  WHERE m.status = 'merged' AND m.merged_into IS NOT NULL AND v.customer_id IS NULL
  GROUP BY m.merged_into
),
systems AS (
  SELECT n.customer_id, MIN(ARRAY_POSITION(:trusted, n.system)) AS place
  FROM pii.customer_numbers AS n
  WHERE CONTAINS(:trusted, n.system)
  GROUP BY n.customer_id
),
known AS (
  SELECT
    c.*,
    s.person_id,
    COALESCE(c.is_virtual, FALSE) AS made_up,
    COALESCE(k.updated_at, c.registered_at, TIMESTAMP '0001-01-01 00:00:00') AS known_at,
    COALESCE(n.place, 1000) AS trust
  FROM customers AS c
  JOIN several AS s ON s.person_id = COALESCE(c.merged_into, c.customer_id)
  LEFT JOIN pii.person_keys AS k ON k.customer_id = c.customer_id
  LEFT JOIN systems AS n ON n.customer_id = c.customer_id
  LEFT JOIN virtual_keys AS v ON v.customer_id = c.customer_id
  WHERE v.customer_id IS NULL
)
SELECT
  r.*,
  ROW_NUMBER() OVER (
    PARTITION BY r.person_id
    ORDER BY r.customer_id <> r.person_id, r.made_up, COALESCE(r.registered_at, TIMESTAMP '9999-01-01 00:00:00'), r.customer_id
  ) AS survivor_place,
  ROW_NUMBER() OVER (PARTITION BY r.person_id ORDER BY r.made_up, r.known_at DESC, r.customer_id) AS recent_place,
  ROW_NUMBER() OVER (PARTITION BY r.person_id ORDER BY r.made_up, r.trust, r.known_at DESC, r.customer_id) AS trusted_place
FROM known AS r
