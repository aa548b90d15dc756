-- What planners call a coupon: its name, with its id where two coupons share one; its condition and its last day.
SELECT
  c.coupon_id,
  CASE
    WHEN COUNT(*) OVER (PARTITION BY c.name) > 1 THEN COALESCE(c.name || ' (' || c.coupon_id || ')', c.coupon_id)
    ELSE COALESCE(c.name, c.coupon_id)
  END AS coupon,
  c.min_amount,
  c.valid_to
FROM coupons AS c
