-- Products that stood on the person's favourites at some instant of [:start, :at].
SELECT
  i.person_id AS customer_id,
  f.target_id AS product_id,
  MAX(f.added_at) AS happened_at,
  MIN(f.price_at_add) AS price_at_add
FROM favourites AS f
JOIN v_identity AS i ON i.customer_id = f.customer_id
WHERE f.target_type = 'product'
  AND f.added_at <= :at
  AND (f.removed_at IS NULL OR f.removed_at > :start)
GROUP BY i.person_id, f.target_id
