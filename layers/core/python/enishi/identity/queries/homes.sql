-- What the people of a household share: a family name with an address (postal code and street with a number) or with a
-- telephone. Each key with its people, unless more than :most share it. Who declared a household is not looked for.
WITH named AS (
  SELECT i.person_id, COALESCE(k.family, k.surname) AS surname, k.postal, k.street, k.block, k.customer_id
  FROM pii.person_keys AS k
  JOIN v_identity AS i ON i.customer_id = k.customer_id
  JOIN customers AS c ON c.customer_id = i.person_id AND c.status = 'active'
  LEFT JOIN declared AS d ON d.person_id = i.person_id
  WHERE COALESCE(k.family, k.surname) IS NOT NULL AND d.person_id IS NULL
),
keyed AS (
  SELECT person_id, 'address' AS reason, CONCAT_WS('|', surname, postal, street, block) AS value
  FROM named
  WHERE postal IS NOT NULL AND street IS NOT NULL AND REGEXP_LIKE(CONCAT_WS('', street, block), '[0-9]')
  UNION
  SELECT n.person_id, 'phone' AS reason, CONCAT_WS('|', n.surname, t.id_value_hash) AS value
  FROM named AS n
  JOIN identities AS t ON t.customer_id = n.customer_id AND t.id_type = 'phone' AND t.valid_to IS NULL
),
counted AS (
  SELECT
    person_id,
    reason,
    value,
    MIN(person_id) OVER (PARTITION BY reason, value) AS label,
    COUNT(*) OVER (PARTITION BY reason, value) AS people
  FROM keyed
)
SELECT person_id, reason, value, label FROM counted WHERE people >= 2 AND people <= :most
