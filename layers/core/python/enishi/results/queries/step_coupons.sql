-- Rows of `coupon_issues` of one closed step and lane. A code in doubt counts as given: it may be used.
SELECT
    r.message_id AS issue_id,
    r.coupon_id,
    r.customer_id,
    r.decided_date AS issued_date,
    r.message_id,
    r.outcome = 'holdout' AS is_control,
    MAP(ARRAY['code'], ARRAY[r.coupon_code]) AS attributes
FROM work.results AS r
WHERE
    r.run_id = :run AND r.step_id = :step AND r.lane = :lane
    AND r.coupon_id IS NOT NULL
    AND r.outcome IN ('accepted', 'unknown', 'holdout')
