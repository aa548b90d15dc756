-- The coupon, for whoever has it already or stands within the budget of :max_issues; not for who has used it.
WITH issued AS (
  SELECT DISTINCT i.person_id AS customer_id
  FROM coupon_issues AS g
  JOIN v_identity AS i ON i.customer_id = g.customer_id
  WHERE g.coupon_id = :coupon AND g.issued_date <= :day AND COALESCE(g.is_control, FALSE) = FALSE
), used AS (
  SELECT DISTINCT i.person_id AS customer_id
  FROM coupon_redemptions AS u
  JOIN v_identity AS i ON i.customer_id = u.customer_id
  WHERE u.coupon_id = :coupon AND u.redeemed_date <= :day
), queue AS (
  SELECT c.customer_id, ROW_NUMBER() OVER (ORDER BY c.holdout, c.customer_id) AS turn
  FROM cohort AS c
  LEFT JOIN issued AS g ON g.customer_id = c.customer_id
  WHERE g.customer_id IS NULL
)
SELECT
  c.customer_id,
  1 AS place,
  k.coupon_id,
  k.name,
  k.discount_type,
  k.discount_value,
  k.min_amount,
  k.valid_to AS valid_until,
  DATE_DIFF('day', :day, k.valid_to) AS days_left
FROM cohort AS c
JOIN coupons AS k ON k.coupon_id = :coupon AND k.valid_from <= :day AND k.valid_to >= :day
LEFT JOIN used AS u ON u.customer_id = c.customer_id
LEFT JOIN queue AS q ON q.customer_id = c.customer_id
WHERE u.customer_id IS NULL
  AND (q.turn IS NULL OR c.holdout OR q.turn <= :max_issues - (SELECT COUNT(*) FROM issued))
