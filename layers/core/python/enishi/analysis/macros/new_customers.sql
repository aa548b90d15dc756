-- The population's customers by their first purchase (n = 1 under the `pur` parameters), with what they brought within
-- `ltv_months` of it, so far: `amount`, and whether they bought again (`has_second`). `observed` is whether all these
-- months have passed by `as_of` (rule CENSOR).
WITH first_ones AS (
  SELECT customer_id, order_id, purchase_at, purchase_date, amount, response_code
  FROM purchases
  WHERE n = 1
),
brought AS (
  SELECT f.customer_id, SUM(p.amount) AS amount, COUNT(*) > 1 AS has_second
  FROM first_ones AS f
  JOIN purchases AS p ON p.customer_id = f.customer_id
  WHERE p.purchase_date < DATE_ADD('month', :ltv_months, f.purchase_date)
  GROUP BY f.customer_id
)
SELECT
  f.customer_id,
  f.order_id,
  f.purchase_at,
  f.purchase_date,
  f.amount AS first_amount,
  f.response_code,
  b.amount,
  b.has_second,
  DATE_ADD('month', :ltv_months, f.purchase_date) <= DATE_ADD('day', 1, :as_of) AS observed
FROM first_ones AS f
JOIN brought AS b ON b.customer_id = f.customer_id
