-- Who a customer id stands for today: the survivor of a merge, else itself. Chains are resolved when merges are written.
SELECT
  customer_id,
  CASE WHEN status = 'merged' AND merged_into IS NOT NULL THEN merged_into ELSE customer_id END AS person_id
FROM customers
