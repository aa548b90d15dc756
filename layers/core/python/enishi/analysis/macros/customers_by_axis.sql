-- The population by the parameter `axis`; the values that most members have, up to `max_axis_values`, the others as その他
-- (rule UNK: 不明 is always a value of its own).
WITH people AS (
  SELECT customers.customer_id, :axis AS axis_value
  FROM population AS customers
),
ranked AS (
  SELECT axis_value, ROW_NUMBER() OVER (ORDER BY axis_value = :unknown, COUNT(*) DESC, axis_value) AS place
  FROM people
  GROUP BY axis_value
)
SELECT
  p.customer_id,
  CASE WHEN r.place <= :max_axis_values OR p.axis_value = :unknown THEN p.axis_value ELSE :other END AS axis_value
FROM people AS p
JOIN ranked AS r ON r.axis_value = p.axis_value
