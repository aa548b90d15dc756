-- Own columns of the people's records, a row a record and key that says something.
SELECT
  r.person_id,
  t.name,
  t.value,
  r.survivor_place,
  r.recent_place,
  r.trusted_place,
  COUNT(*) OVER (PARTITION BY r.person_id, t.name, t.value) AS holders
FROM placed AS r
CROSS JOIN UNNEST(r.attributes) AS t (name, value)
WHERE t.value IS NOT NULL AND t.value <> ''
