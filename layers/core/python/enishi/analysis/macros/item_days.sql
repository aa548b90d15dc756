-- What each customer of the population bought on each day, item by item (parameter `level`); services, what came back whole
-- and products that nobody can name are left out.
SELECT
  l.customer_id,
  i.item,
  l.purchase_date,
  MIN(l.n) AS n,
  SUM(l.quantity) AS quantity,
  SUM(l.amount) AS amount
FROM purchase_lines AS l
JOIN items AS i ON i.product_id = l.product_id
WHERE NOT i.is_service AND i.item <> :unknown
GROUP BY l.customer_id, i.item, l.purchase_date
HAVING SUM(l.quantity) > 0
