-- Prices that fell in (:after, :at] and are still valid at :at. `was` is the lowest price that was valid just before, in the
-- same scope or for all; a price that merely returns to its regular level after a sale starts no span and is no fall.
SELECT
  n.product_id,
  n.scope,
  n.valid_from AS happened_at,
  n.valid_to AS until_at,
  n.price AS now_price,
  MIN(o.price) AS was_price
FROM price_history AS n
JOIN price_history AS o
  ON o.product_id = n.product_id
  AND (o.scope = n.scope OR o.scope = 'all')
  AND o.valid_from < n.valid_from
  AND (o.valid_to IS NULL OR o.valid_to >= n.valid_from)
WHERE n.valid_from > :after
  AND n.valid_from <= :at
  AND (n.valid_to IS NULL OR n.valid_to > :at)
GROUP BY n.product_id, n.scope, n.valid_from, n.valid_to, n.price
HAVING MIN(o.price) > n.price
