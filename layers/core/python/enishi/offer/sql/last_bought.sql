-- The product that each customer of the cohort bought last, the dearest of the receipt.
SELECT b.customer_id, b.product_id, b.purchase_date
FROM (
  SELECT
    l.customer_id,
    l.product_id,
    l.purchase_date,
    ROW_NUMBER() OVER (PARTITION BY l.customer_id ORDER BY l.purchase_at DESC, l.amount DESC, l.product_id) AS recency
  FROM v_lines AS l
  JOIN cohort AS c ON c.customer_id = l.customer_id
  JOIN products AS p ON p.product_id = l.product_id
  WHERE l.purchase_at <= :at
    AND l.quantity > 0
    AND COALESCE(p.is_service, FALSE) = FALSE
    AND (:any_class OR p.journey_class = :journey_class)
    AND (
      :any_category OR p.category_l1 = :category OR p.category_l2 = :category OR p.category_l3 = :category
    )
) AS b
WHERE b.recency = 1
