-- Each customer of the population with purchases in the lookback before the day of :rfm_dates (one day), scored as in `rfm_sides`.
SELECT
  ELEMENT_AT(:rfm_dates, 1) AS rfm_date,
  s.customer_id,
  DATE_DIFF('day', s.first_day, ELEMENT_AT(:rfm_dates, 1)) AS recency,
  s.first_orders AS orders,
  s.first_amount AS amount,
  s.first_r_score AS r_score,
  s.first_f_score AS f_score,
  s.first_m_score AS m_score
FROM rfm_sides AS s
WHERE s.first_orders > 0
