-- The households that were found.
SELECT
  household_id,
  CAST(COUNT(*) AS INTEGER) AS size,
  MAX(birth_date) AS youngest_birth_date,
  MIN(birth_date) AS oldest_birth_date
FROM household_members
WHERE household_id LIKE 'HD%'
GROUP BY household_id
