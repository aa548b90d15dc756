-- What planners call a store: its name, with its id where two stores share one.
SELECT
  s.store_id,
  CASE
    WHEN COUNT(*) OVER (PARTITION BY s.name) > 1 THEN COALESCE(s.name || ' (' || s.store_id || ')', s.store_id)
    ELSE COALESCE(s.name, s.store_id)
  END AS store,
  s.store_type IN ('store', 'outlet') AS is_shop,
  s.latitude,
  s.longitude,
  s.open_date,
  s.close_date
FROM stores AS s
