-- The segments that the parameter names, in its order, each with the day of its last saved members up to as_of; null where
-- nothing was saved by then.
SELECT c.segment_id, c.place, MAX(m.as_of_date) AS as_of_date
FROM UNNEST(:segments) WITH ORDINALITY AS c(segment_id, place)
LEFT JOIN segment_members AS m ON m.segment_id = c.segment_id AND m.as_of_date <= :as_of
GROUP BY c.segment_id, c.place
