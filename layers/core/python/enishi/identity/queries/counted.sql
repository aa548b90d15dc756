-- How many records share each block.
SELECT customer_id, fresh, block, value, most, COUNT(*) OVER (PARTITION BY block, value) AS holders FROM blocked
