-- Stores within :km of each customer's home that are open on :day. The band of latitude comes first: it is cheap.
SELECT
  p.customer_id,
  s.store_id,
  GREAT_CIRCLE_DISTANCE(p.latitude, p.longitude, s.latitude, s.longitude) AS km
FROM v_people AS p
JOIN stores AS s ON s.latitude BETWEEN p.latitude - :km / 111E0 AND p.latitude + :km / 111E0
WHERE s.store_type IN ('store', 'outlet')
  AND (s.open_date IS NULL OR s.open_date <= :day)
  AND (s.close_date IS NULL OR s.close_date > :day)
  AND GREAT_CIRCLE_DISTANCE(p.latitude, p.longitude, s.latitude, s.longitude) <= :km
