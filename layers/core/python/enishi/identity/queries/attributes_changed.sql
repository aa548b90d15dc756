-- How many people there are, how many of them are written as they are, and how many rows are written.
SELECT
  COUNT(*) AS people,
  COUNT(CASE WHEN p.version = f.version THEN 1 END) AS same,
  (SELECT COUNT(*) FROM person_attributes) AS written
FROM found AS f
LEFT JOIN person_attributes AS p ON p.customer_id = f.customer_id
