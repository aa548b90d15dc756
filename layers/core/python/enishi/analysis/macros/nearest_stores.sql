-- The nearest shop or outlet that is open on the day, for each home point; members share home points (postal codes), so it
-- is looked for once a point. Join on both coordinates of `population`.
WITH open_shops AS (
  SELECT l.store_id, l.latitude, l.longitude
  FROM store_labels AS l
  WHERE
    l.is_shop
    AND l.latitude IS NOT NULL
    AND l.longitude IS NOT NULL
    AND COALESCE(l.open_date <= :as_of, TRUE)
    AND COALESCE(l.close_date > :as_of, TRUE)
),
homes AS (
  SELECT latitude, longitude
  FROM population
  WHERE latitude IS NOT NULL AND longitude IS NOT NULL
  GROUP BY latitude, longitude
)
SELECT
  h.latitude,
  h.longitude,
  MIN_BY(s.store_id, ROW(GREAT_CIRCLE_DISTANCE(h.latitude, h.longitude, s.latitude, s.longitude), s.store_id))
    AS store_id,
  MIN(GREAT_CIRCLE_DISTANCE(h.latitude, h.longitude, s.latitude, s.longitude)) AS km
FROM homes AS h
CROSS JOIN open_shops AS s
GROUP BY h.latitude, h.longitude
