-- The shelf price of each product as its receipts show it: the median price before discounts of one calendar month of
-- the shops, in force from the next month on, so that nothing is known before it happened. A month with the same price
-- adds no row.
WITH months AS (
  SELECT
    product_id,
    date_trunc('month', timezone('America/New_York', timezone('UTC', transaction_timestamp))) AS month,
    round(median((sales_value + retail_disc + coupon_match_disc) / quantity), 2) AS price
  FROM read_parquet($transactions)
  WHERE quantity > 0 AND sales_value + retail_disc + coupon_match_disc > 0
  GROUP BY ALL
), changes AS (
  SELECT
    product_id,
    price,
    timezone('UTC', timezone('America/New_York', CAST(month + INTERVAL 1 MONTH AS TIMESTAMP))) AS valid_from
  FROM months
  WHERE price > 0
  QUALIFY price IS DISTINCT FROM lag(price) OVER (PARTITION BY product_id ORDER BY month)
)
SELECT
  CAST(product_id AS VARCHAR) AS product_id,
  CAST(price AS DECIMAL(18, 2)) AS price,
  valid_from,
  lead(valid_from) OVER (PARTITION BY product_id ORDER BY valid_from) AS valid_to
FROM changes
ORDER BY valid_from, product_id
