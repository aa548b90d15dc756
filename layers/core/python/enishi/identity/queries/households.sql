-- Person → household and what they share with it. Two rounds: who shares an address with one and a telephone with another
-- is in the household of both.
WITH first_label AS (
  SELECT person_id, MIN(label) AS label FROM homes GROUP BY person_id
),
reached AS (
  SELECT h.reason, h.value, MIN(f.label) AS label
  FROM homes AS h
  JOIN first_label AS f ON f.person_id = h.person_id
  GROUP BY h.reason, h.value
)
SELECT
  h.person_id,
  CONCAT('HD', SUBSTR(TO_HEX(SHA256(TO_UTF8(MIN(r.label)))), 1, 20)) AS household_id,
  MIN(h.reason) AS reason
FROM homes AS h
JOIN reached AS r ON r.reason = h.reason AND r.value = h.value
GROUP BY h.person_id
