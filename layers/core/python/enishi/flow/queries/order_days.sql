-- How many orders each day has.
SELECT o.order_date, COUNT(*) AS orders
FROM orders AS o
GROUP BY o.order_date
ORDER BY o.order_date
