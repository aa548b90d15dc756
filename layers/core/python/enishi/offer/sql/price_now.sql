-- What each product costs online to anybody at :at: the lowest price that is valid.
SELECT h.product_id, MIN(h.price) AS price
FROM price_history AS h
WHERE h.scope IN ('all', 'ec')
  AND h.price_type IN ('regular', 'sale', 'timesale')
  AND h.valid_from <= :at
  AND (h.valid_to IS NULL OR h.valid_to > :at)
GROUP BY h.product_id
