-- The population's customers by their first purchase (n = 1 under the `pur` parameters), with the one medium that won them:
-- the one whose code the purchase carries, else the one that they declared; 不明 where there is neither (rule UNK).
SELECT
  p.customer_id,
  p.purchase_date,
  m.medium_id,
  COALESCE(m.medium, :unknown) AS medium,
  COALESCE(m.medium_type, 'none') AS medium_type
FROM purchases AS p
JOIN population AS c ON c.customer_id = p.customer_id
LEFT JOIN media_codes AS r ON r.response_code = p.response_code
LEFT JOIN media_labels AS m ON m.medium_id = COALESCE(r.medium_id, c.acquisition_medium_id)
WHERE p.n = 1
