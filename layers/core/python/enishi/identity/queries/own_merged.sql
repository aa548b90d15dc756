-- One map a person, and the same as text.
SELECT
  k.person_id,
  MAP_AGG(k.name, k.value) AS attributes,
  ARRAY_JOIN(ARRAY_AGG(CONCAT(k.name, '=', k.value) ORDER BY k.name), '|') AS said
FROM own_kept AS k
GROUP BY k.person_id
