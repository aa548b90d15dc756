-- Virtual customers without a record, as their record begins.
SELECT v.customer_id, 'active' AS status, TRUE AS is_virtual
FROM virtual_keys AS v
LEFT JOIN customers AS c ON c.customer_id = v.customer_id
WHERE c.customer_id IS NULL
