-- Virtual customers whose person is no longer the one that is written down: the one known person who holds the mail, the
-- telephone or the cookie (then or since), or whom a reviewer named. Of whom two known people hold the key, nobody can say
-- who it was: they stand for themselves.
WITH people AS (
  SELECT i.customer_id, i.person_id
  FROM v_identity AS i
  JOIN customers AS c ON c.customer_id = i.person_id
  WHERE c.status IN ('active', 'withdrawn') AND NOT COALESCE(c.is_virtual, FALSE)
),
judged AS (
  SELECT v.customer_id, p.person_id, r.verdict
  FROM (
    SELECT low_id AS virtual_id, high_id AS other_id, verdict FROM identity_verdicts
    UNION ALL
    SELECT high_id AS virtual_id, low_id AS other_id, verdict FROM identity_verdicts
  ) AS r
  JOIN virtual_keys AS v ON v.customer_id = r.virtual_id
  JOIN people AS p ON p.customer_id = r.other_id
),
held AS (
  SELECT UPPER(h.id_value_hash) AS value, h.id_type, h.valid_to, p.person_id
  FROM identities AS h
  JOIN people AS p ON p.customer_id = h.customer_id
),
claims AS (
  SELECT v.customer_id, h.person_id, h.value, 'guest_key' AS rule
  FROM virtual_keys AS v
  JOIN held AS h ON h.value = UPPER(v.guest_key)
  WHERE CONTAINS(:contacts, h.id_type) AND (h.valid_to IS NULL OR h.valid_to > v.first_at)
  UNION ALL
  SELECT v.customer_id, h.person_id, h.value, 'cookie' AS rule
  FROM virtual_keys AS v
  JOIN held AS h ON h.value = TO_HEX(SHA256(TO_UTF8(v.visitor_id)))
  WHERE CONTAINS(:cookies, h.id_type) AND (h.valid_to IS NULL OR h.valid_to > v.first_at)
),
known AS (
  SELECT c.customer_id, MIN(c.person_id) AS person_id, MIN(c.rule) AS rule, MIN(c.value) AS value
  FROM claims AS c
  LEFT JOIN judged AS j ON j.customer_id = c.customer_id AND j.person_id = c.person_id AND j.verdict = 'different'
  WHERE j.customer_id IS NULL
  GROUP BY c.customer_id
  HAVING MIN(c.person_id) = MAX(c.person_id)
),
named AS (
  SELECT customer_id, MIN(person_id) AS person_id FROM judged WHERE verdict = 'same' GROUP BY customer_id
)
SELECT
  v.customer_id,
  c.merged_into AS was,
  COALESCE(n.person_id, k.person_id) AS becomes,
  c.withdrawn_date,
  CASE WHEN n.person_id IS NOT NULL THEN 'reviewer' ELSE k.rule END AS rule,
  CASE WHEN n.person_id IS NULL AND k.value IS NOT NULL THEN CONCAT('{"shared":"', k.value, '"}') ELSE '{}' END AS evidence
FROM virtual_keys AS v
JOIN customers AS c ON c.customer_id = v.customer_id
LEFT JOIN known AS k ON k.customer_id = v.customer_id
LEFT JOIN named AS n ON n.customer_id = v.customer_id
WHERE COALESCE(c.merged_into, '') <> COALESCE(n.person_id, k.person_id, '')
