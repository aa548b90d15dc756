-- The visits of the period by the parameter `axis` (over sessions and customers); the values that most visits have, up to
-- `max_axis_values`, the others as その他 (rule UNK: 不明 is always a value of its own). `place` is the order of the values.
WITH visits AS (
  SELECT sessions.visitor_id, sessions.visit, :axis AS axis_value
  FROM sessions
  LEFT JOIN population AS customers ON customers.customer_id = sessions.customer_id
  WHERE sessions.session_date BETWEEN :period_start AND :period_end
),
ranked AS (
  SELECT axis_value, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, axis_value) AS rank
  FROM visits
  WHERE axis_value <> :unknown
  GROUP BY axis_value
)
SELECT
  v.visitor_id,
  v.visit,
  CASE WHEN r.rank > :max_axis_values THEN :other ELSE v.axis_value END AS axis_value,
  CASE WHEN v.axis_value = :unknown THEN :max_axis_values + 2 ELSE LEAST(r.rank, :max_axis_values + 1) END AS place
FROM visits AS v
LEFT JOIN ranked AS r ON r.axis_value = v.axis_value
