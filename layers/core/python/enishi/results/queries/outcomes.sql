-- Purchases of everyone who was sent to, and of everyone held out, in the days after the first contact of a run.
WITH contacts AS (
    SELECT
        m.scenario_id,
        m.execution_id,
        i.person_id AS customer_id,
        BOOL_OR(m.is_control) AS is_control,
        MIN(m.sent_at) AS contacted_at
    FROM messages AS m
    INNER JOIN v_identity AS i ON m.customer_id = i.customer_id
    WHERE m.scenario_id IS NOT NULL AND (m.status = 'sent' OR m.is_control)
    GROUP BY m.scenario_id, m.execution_id, i.person_id
),

buyers AS (
    SELECT
        c.scenario_id,
        c.execution_id,
        c.customer_id,
        c.is_control,
        COUNT(p.order_id) AS orders,
        COALESCE(SUM(p.amount), 0) AS amount
    FROM contacts AS c
    LEFT JOIN v_purchases AS p
        ON
            c.customer_id = p.customer_id
            AND p.purchase_at > c.contacted_at
            AND p.purchase_at <= DATE_ADD('day', :window_days, c.contacted_at)
    GROUP BY c.scenario_id, c.execution_id, c.customer_id, c.is_control
)

SELECT
    scenario_id,
    is_control,
    COUNT(*) AS people,
    COUNT_IF(orders > 0) AS buyers,
    SUM(amount) AS amount
FROM buyers
GROUP BY scenario_id, is_control
ORDER BY scenario_id, is_control
