-- The records of a pass, as the rules name them.
SELECT
  customer_id,
  name_hash,
  birth_date,
  postal_code,
  fresh,
  is_virtual,
  person_id,
  COUNT(*) OVER (PARTITION BY name_hash, birth_date, postal_code) AS namesakes
FROM work.identity_records
WHERE unification = :unification
