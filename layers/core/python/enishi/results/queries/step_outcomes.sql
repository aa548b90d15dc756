-- What became of the customers of one step and lane.
SELECT
    r.outcome,
    COUNT(*) AS customers,
    COUNT(DISTINCT r.customer_id) AS people,
    COUNT(DISTINCT r.chunk) AS chunks,
    COUNT(r.coupon_id) AS coupons,
    MAX(r.decided_at) AS last_at
FROM work.results AS r
WHERE r.run_id = :run AND r.step_id = :step AND r.lane = :lane
GROUP BY r.outcome
ORDER BY r.outcome
