-- What sells best in the category that the customer looks at most.
WITH ranked AS (
  SELECT
    s.*,
    ROW_NUMBER() OVER (
      PARTITION BY s.category
      ORDER BY CASE WHEN :by_amount THEN CAST(d.amount AS DOUBLE) ELSE CAST(d.quantity AS DOUBLE) END DESC, s.product_id
    ) AS place
  FROM sold AS d
  JOIN shelf AS s ON s.product_id = d.product_id
  WHERE s.in_stock AND d.quantity > 0
)
SELECT
  i.customer_id, r.place,
  r.product_id, r.name, r.category, r.brand, r.price,
  CAST(NULL AS DECIMAL(18, 2)) AS was
FROM interest AS i
JOIN ranked AS r ON r.category = i.category
