-- Stores within :km of each customer's home that are open on :day. The band of latitude comes first: it is cheap.
SELECT
  p.customer_id,
  s.store_id,
  12742 * ASIN(SQRT(LEAST(1, POWER(SIN(RADIANS(s.latitude - p.latitude) / 2), 2)
    + COS(RADIANS(p.latitude)) * COS(RADIANS(s.latitude)) * POWER(SIN(RADIANS(s.longitude - p.longitude) / 2), 2)))) AS km
FROM customers AS p
JOIN stores AS s ON s.latitude BETWEEN p.latitude - :km / 111E0 AND p.latitude + :km / 111E0
WHERE s.store_type IN ('store', 'outlet')
  AND (s.open_date IS NULL OR s.open_date <= :day)
  AND (s.close_date IS NULL OR s.close_date > :day)
  AND 12742 * ASIN(SQRT(LEAST(1, POWER(SIN(RADIANS(s.latitude - p.latitude) / 2), 2)
    + COS(RADIANS(p.latitude)) * COS(RADIANS(s.latitude)) * POWER(SIN(RADIANS(s.longitude - p.longitude) / 2), 2)))) <= :km
