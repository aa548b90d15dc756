WITH bought AS (
  SELECT DISTINCT p.customer_id, d.category_l1 AS item
  FROM order_lines AS l
  JOIN orders AS o ON o.order_id = l.order_id
  JOIN naive_purchases AS p ON p.order_id = COALESCE(o.original_order_id, o.order_id)
  JOIN products AS d ON d.product_id = l.product_id
  WHERE l.order_date >= :since AND o.order_date >= :since
  GROUP BY p.customer_id, p.order_id, COALESCE(l.original_line_no, l.line_no), d.category_l1
  HAVING SUM(l.quantity) > 0
)
SELECT a.item AS row_category, b.item AS column_category, COUNT(*) AS both
FROM bought AS a
JOIN bought AS b ON b.customer_id = a.customer_id AND b.item <> a.item
GROUP BY a.item, b.item
ORDER BY a.item, b.item
