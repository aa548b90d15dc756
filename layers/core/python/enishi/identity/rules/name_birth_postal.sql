-- One name, one birth date, one postal code: without an identifier in common, so only when few records share all three.
SELECT p.customer_id AS low_id, q.customer_id AS high_id, p.name_hash AS evidence
FROM people AS p
JOIN people AS q
  ON q.name_hash = p.name_hash
  AND q.birth_date = p.birth_date
  AND q.postal_code = p.postal_code
  AND q.customer_id > p.customer_id
WHERE p.namesakes <= :most AND (p.fresh OR q.fresh)
