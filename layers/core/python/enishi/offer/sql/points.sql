-- Points that expire first (use takes the oldest lots first, see v_point_lots), their last day, and the whole balance.
WITH lots AS (
  SELECT l.customer_id, l.expires_date, l.remaining
  FROM v_point_lots AS l
  JOIN cohort AS c ON c.customer_id = l.customer_id
  WHERE l.remaining > 0 AND (l.expires_date IS NULL OR l.expires_date >= :day)
), balances AS (
  SELECT t.customer_id, SUM(t.remaining) AS balance FROM lots AS t GROUP BY t.customer_id
)
SELECT
  t.customer_id,
  ROW_NUMBER() OVER (PARTITION BY t.customer_id ORDER BY t.expires_date) AS place,
  SUM(t.remaining) AS points,
  t.expires_date,
  DATE_DIFF('day', :day, t.expires_date) AS days_left,
  MAX(b.balance) AS balance
FROM lots AS t
JOIN balances AS b ON b.customer_id = t.customer_id
WHERE t.expires_date <= :until
GROUP BY t.customer_id, t.expires_date
