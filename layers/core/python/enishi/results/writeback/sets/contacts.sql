-- Contact history: every message that was meant for a person, holdout and refusals included.
SELECT
    m.customer_id,
    m.sent_at AS happened_at,
    m.message_id,
    m.channel,
    m.scenario_id,
    m.step_id,
    m.template_id,
    m.variant,
    m.status,
    m.suppress_reason,
    m.offer_code,
    m.coupon_id
FROM messages AS m
WHERE m.sent_date BETWEEN :first_day AND :last_day
    AND m.sent_at > :since
    AND m.sent_at <= :until
