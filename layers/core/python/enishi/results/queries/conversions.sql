-- Orders credited to messages, once under each single-touch model.
-- last_click: the latest human click within the window before the order. last_touch: the latest message sent within it.
-- Control rows are never touches (HOLD), machine clicks are not clicks (MPP), the latest touch wins and equal instants
-- go to the larger message_id (ONCE). What the window credited before and does no longer keeps its row with credit 0,
-- so that one write brings the whole window up to date.
WITH sent AS (
    SELECT
        m.message_id,
        COALESCE(i.person_id, m.customer_id) AS person_id,
        m.sent_at
    FROM messages AS m
    LEFT JOIN v_identity AS i ON m.customer_id = i.customer_id
    WHERE m.status = 'sent' AND m.sent_date >= :oldest_day
),

touches AS (
    SELECT
        'last_touch' AS model,
        s.message_id,
        s.person_id,
        s.sent_at AS touched_at
    FROM sent AS s
    WHERE s.sent_at >= :since
    UNION ALL
    SELECT
        'last_click' AS model,
        s.message_id,
        s.person_id,
        e.event_at AS touched_at
    FROM sent AS s
    INNER JOIN message_events AS e ON s.message_id = e.message_id
    WHERE
        e.event_type = 'click'
        AND NOT COALESCE(e.is_machine, FALSE)
        AND e.event_at >= :since
),

ranked AS (
    SELECT
        p.order_id,
        p.customer_id,
        p.amount,
        p.purchase_at,
        p.purchase_date,
        t.model,
        t.message_id,
        ROW_NUMBER() OVER (
            PARTITION BY p.order_id, t.model ORDER BY t.touched_at DESC, t.message_id DESC
        ) AS turn
    FROM v_purchases AS p
    INNER JOIN touches AS t ON p.customer_id = t.person_id
    WHERE
        p.purchase_date BETWEEN :first_day AND :last_day
        AND t.touched_at <= p.purchase_at
        AND t.touched_at > DATE_ADD('day', -:window_days, p.purchase_at)
),

credited AS (
    SELECT
        order_id,
        customer_id,
        message_id,
        model,
        CAST(1 AS DOUBLE) AS credit,
        CAST(amount AS DECIMAL(18, 2)) AS amount,
        purchase_at AS converted_at,
        purchase_date AS converted_date
    FROM ranked
    WHERE turn = 1
),

withdrawn AS (
    SELECT
        o.order_id,
        o.customer_id,
        o.message_id,
        o.model,
        CAST(0 AS DOUBLE) AS credit,
        CAST(0 AS DECIMAL(18, 2)) AS amount,
        o.converted_at,
        o.converted_date
    FROM conversions AS o
    LEFT JOIN credited AS c ON o.order_id = c.order_id AND o.model = c.model AND o.message_id = c.message_id
    WHERE
        o.converted_date BETWEEN :first_day AND :last_day
        AND o.model IN ('last_click', 'last_touch')
        AND c.order_id IS NULL
)

SELECT order_id, customer_id, message_id, model, credit, amount, converted_at, converted_date
FROM credited
UNION ALL
SELECT order_id, customer_id, message_id, model, credit, amount, converted_at, converted_date
FROM withdrawn
