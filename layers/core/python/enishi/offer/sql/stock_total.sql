-- What can be sold of each product over all places, by the latest count up to :day. A product that nobody counts has no row.
SELECT n.product_id, SUM(n.available_qty) AS available
FROM inventory AS n
WHERE n.snapshot_date = (SELECT MAX(m.snapshot_date) FROM inventory AS m WHERE m.snapshot_date <= :day)
GROUP BY n.product_id
