-- Carts without an order that stood open at some instant of [:start, :at]; recency 1 = the latest change of its person.
WITH live_lines AS (
  SELECT l.cart_id, l.product_id, l.quantity, l.unit_price, l.added_at
  FROM cart_lines AS l
  WHERE l.added_at <= :at AND (l.removed_at IS NULL OR l.removed_at > :start)
), left_carts AS (
  SELECT
    k.cart_id,
    k.customer_id,
    CASE WHEN k.updated_at <= :at THEN k.updated_at ELSE k.created_at END AS touched_at
  FROM carts AS k
  WHERE k.created_at <= :at
    AND (k.status NOT IN ('ordered', 'emptied') OR k.updated_at > :start)
), summed AS (
  SELECT
    i.person_id AS customer_id,
    k.cart_id,
    GREATEST(MAX(k.touched_at), MAX(l.added_at)) AS changed_at,
    SUM(l.quantity) AS items,
    SUM(l.quantity * l.unit_price) AS total,
    MAX(l.unit_price) AS max_price
  FROM left_carts AS k
  JOIN live_lines AS l ON l.cart_id = k.cart_id
  JOIN v_identity AS i ON i.customer_id = k.customer_id
  GROUP BY i.person_id, k.cart_id
)
SELECT
  s.customer_id,
  s.cart_id,
  s.changed_at,
  s.items,
  s.total,
  s.max_price,
  ROW_NUMBER() OVER (PARTITION BY s.customer_id ORDER BY s.changed_at DESC, s.cart_id) AS recency
FROM summed AS s
