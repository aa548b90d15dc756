-- Each month some customers earn points, which stay good for a year.
SELECT
  'P' || getvariable('month') || '-' || i AS entry_id,
  customer(buyer(i * 37 + getvariable('month'))) AS customer_id,
  CAST(day AS TIMESTAMP) AS posted_at,
  day AS posted_date,
  'earn' AS entry_type,
  1 + pick(i, 'points', 500) AS points,
  'P' || getvariable('month') || '-' || i AS lot_id,
  day + 365 AS expires_date
FROM (
  SELECT i, getvariable('begins') + CAST(pick(i, 'day', 28) AS INTEGER) AS day
  FROM range(getvariable('customers') // 12) AS n(i)
) AS e
