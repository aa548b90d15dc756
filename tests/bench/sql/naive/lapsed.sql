SELECT p.customer_id
FROM naive_purchases AS p
GROUP BY p.customer_id
HAVING MAX(p.order_date) <= DATE_ADD('day', -180, DATE '2026-11-30')
