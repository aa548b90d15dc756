-- Moments at which the lowest price that anybody pays falls, for everybody or on the site: from which price, to which. An
-- offer that ends and comes back is a new drop; a price that changes behind a lower one is none.
WITH spans AS (
  SELECT * FROM price_spans WHERE scope IN ('all', 'ec')
)
SELECT
  n.product_id,
  n.from_at AS dropped_at,
  MIN(b.price) AS price_before,
  MIN(n.price) AS price,
  1 - RATIO(MIN(n.price), MIN(b.price)) AS depth
FROM spans AS n
JOIN spans AS b
  ON b.product_id = n.product_id AND b.from_at < n.from_at AND COALESCE(b.until_at >= n.from_at, TRUE)
GROUP BY n.product_id, n.from_at
HAVING MIN(n.price) < MIN(b.price)
