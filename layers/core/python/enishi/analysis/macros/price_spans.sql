-- Prices that anybody pays (members' prices are left out), each until it ends or the next of its type begins. Spans are half
-- open (rule SCD); `until_at` is null for a price in force.
WITH followed AS (
  SELECT
    h.*,
    LEAD(h.valid_from) OVER (PARTITION BY h.product_id, h.scope, h.price_type ORDER BY h.valid_from) AS next_at
  FROM price_history AS h
  WHERE h.price_type <> 'member' AND h.price > 0
)
SELECT
  product_id,
  scope,
  price_type,
  price,
  valid_from AS from_at,
  CASE WHEN next_at IS NULL OR valid_to < next_at THEN valid_to ELSE next_at END AS until_at
FROM followed
