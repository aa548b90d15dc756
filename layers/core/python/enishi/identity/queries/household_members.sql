-- The members of the households that were found, numbered by their ids; and what was declared.
SELECT
  f.household_id,
  ROW_NUMBER() OVER (PARTITION BY f.household_id ORDER BY f.person_id) AS member_no,
  f.person_id AS customer_id,
  c.birth_date,
  f.reason
FROM found AS f
JOIN customers AS c ON c.customer_id = f.person_id
WHERE c.household_id IS NULL OR c.household_id LIKE 'HD%'
