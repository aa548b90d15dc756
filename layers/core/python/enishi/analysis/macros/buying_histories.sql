-- One row a buyer: purchases and what they sum to, the days between the first and the last, and since the last.
SELECT
  p.customer_id,
  COUNT(*) AS orders,
  SUM(p.amount) AS amount,
  DATE_DIFF('day', MIN(p.purchase_date), MAX(p.purchase_date)) AS tenure,
  DATE_DIFF('day', MAX(p.purchase_date), :as_of) AS idle_days
FROM purchases AS p
GROUP BY p.customer_id
