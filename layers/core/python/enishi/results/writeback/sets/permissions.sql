-- Changes of permission that came in by our channels: opt-outs, blocks, addresses that do not work, and opt-ins.
SELECT
    c.customer_id,
    c.changed_at AS happened_at,
    c.channel,
    c.state,
    c.source,
    c.reason
FROM consents AS c
WHERE c.source IN ('unsubscribe_link', 'preference_page', 'complaint', 'bounce', 'block')
    AND c.changed_at > :since
    AND c.changed_at <= :until
