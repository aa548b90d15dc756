-- Rows of `messages` of one closed step and lane: every arrival has one, sent or not.
SELECT
    r.message_id,
    :scenario AS scenario_id,
    r.step_id,
    r.run_id AS execution_id,
    r.customer_id,
    r.channel,
    r.template_id,
    r.variant,
    r.subject,
    r.address_domain,
    r.offer_code,
    r.coupon_id,
    r.outcome = 'holdout' AS is_control,
    CASE r.outcome
        WHEN 'accepted' THEN 'sent'
        WHEN 'refused' THEN 'failed'
        WHEN 'holdout' THEN 'control'
        ELSE r.outcome
    END AS status,
    r.reason AS suppress_reason,
    r.decided_at AS sent_at,
    r.decided_date AS sent_date,
    r.unit_cost
FROM work.results AS r
WHERE r.run_id = :run AND r.step_id = :step AND r.lane = :lane
