-- What each place can sell at the latest count up to :day.
SELECT n.store_id, n.product_id, n.available_qty
FROM inventory AS n
WHERE n.snapshot_date = (SELECT MAX(m.snapshot_date) FROM inventory AS m WHERE m.snapshot_date <= :day)
  AND n.available_qty > 0
