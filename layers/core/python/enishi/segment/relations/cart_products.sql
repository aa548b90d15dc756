-- Items of the person's latest open cart; of every cart that was open in the window, where the moment has one.
WITH live_lines AS (
  SELECT l.cart_id, l.product_id, l.quantity, l.unit_price, l.added_at
  FROM cart_lines AS l
  WHERE l.added_at <= :at AND (l.removed_at IS NULL OR l.removed_at > :start)
), open_lines AS (
  SELECT
    i.person_id AS customer_id,
    k.cart_id,
    CASE WHEN k.updated_at <= :at THEN k.updated_at ELSE k.created_at END AS touched_at,
    l.product_id,
    l.quantity,
    l.unit_price,
    l.added_at
  FROM carts AS k
  JOIN live_lines AS l ON l.cart_id = k.cart_id
  JOIN v_identity AS i ON i.customer_id = k.customer_id
  WHERE k.created_at <= :at
    AND (k.status NOT IN ('ordered', 'emptied') OR k.updated_at > :start)
), dated AS (
  SELECT o.*, GREATEST(o.touched_at, MAX(o.added_at) OVER (PARTITION BY o.cart_id)) AS changed_at
  FROM open_lines AS o
), ranked AS (
  SELECT d.*, DENSE_RANK() OVER (PARTITION BY d.customer_id ORDER BY d.changed_at DESC, d.cart_id) AS recency
  FROM dated AS d
)
SELECT
  r.customer_id,
  r.product_id,
  MAX(r.changed_at) AS happened_at,
  MAX(r.quantity) AS quantity,
  MAX(r.unit_price) AS unit_price
FROM ranked AS r
WHERE r.recency = 1 OR :start < :at
GROUP BY r.customer_id, r.product_id
