-- Each customer of the population with what counts for RFM in the lookback before the first day of :rfm_dates (first_ …) and before
-- the second one (last_ …), if there is one, side by side: no purchase makes zero orders (rule PUR). Numbers are as short
-- as they can be: there is a row for nearly every customer, and all rows are read several times.
WITH measured AS (
  SELECT
    p.customer_id,
    MAX(CASE WHEN IN_LOOKBACK(p.purchase_date, ELEMENT_AT(:rfm_dates, 1)) THEN p.purchase_date END) AS first_day,
    COUNT_IF(IN_LOOKBACK(p.purchase_date, ELEMENT_AT(:rfm_dates, 1))) AS first_orders,
    SUM(CASE WHEN IN_LOOKBACK(p.purchase_date, ELEMENT_AT(:rfm_dates, 1)) THEN p.amount END) AS first_amount,
    MAX(CASE WHEN IN_LOOKBACK(p.purchase_date, ELEMENT_AT(:rfm_dates, 2)) THEN p.purchase_date END) AS last_day,
    COUNT_IF(IN_LOOKBACK(p.purchase_date, ELEMENT_AT(:rfm_dates, 2))) AS last_orders,
    SUM(CASE WHEN IN_LOOKBACK(p.purchase_date, ELEMENT_AT(:rfm_dates, 2)) THEN p.amount END) AS last_amount
  FROM purchases AS p
  GROUP BY p.customer_id
)
SELECT
  m.customer_id,
  m.first_day,
  CAST(m.first_orders AS INTEGER) AS first_orders,
  m.first_amount,
  NARROW_BAND_OF(m.first_amount) AS first_band,
  m.last_day,
  CAST(m.last_orders AS INTEGER) AS last_orders,
  m.last_amount,
  NARROW_BAND_OF(m.last_amount) AS last_band
FROM measured AS m
