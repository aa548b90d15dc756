-- The `purchases` of the period, with their place `nth` among a customer's purchases in it and the day of the one before.
SELECT
  p.customer_id,
  p.n,
  p.purchase_date,
  p.amount,
  ROW_NUMBER() OVER (PARTITION BY p.customer_id ORDER BY p.n) AS nth,
  LAG(p.purchase_date) OVER (PARTITION BY p.customer_id ORDER BY p.n) AS date_before,
  p.previous_date
FROM purchases AS p
WHERE p.purchase_date BETWEEN :period_start AND :period_end
