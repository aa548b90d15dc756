-- What each product counts as under the parameter `level`, one row a product.
SELECT i.product_id, i.item, i.is_service
FROM item_levels AS i
WHERE i.level = :level
