-- Stock on the last day of which a snapshot is known, one row a store and product; value at the product's cost.
SELECT
  v.snapshot_date,
  v.store_id,
  v.product_id,
  v.on_hand_qty,
  v.available_qty,
  v.first_received_date,
  v.on_hand_qty * d.unit_cost AS stock_value
FROM inventory AS v
LEFT JOIN products AS d ON d.product_id = v.product_id
WHERE v.snapshot_date = (SELECT MAX(snapshot_date) FROM inventory)
