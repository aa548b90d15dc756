-- Every contact with the population, on the wall clock of the business zone (`touched_at`), whatever came of it. `kind`:
-- media_click a visit through a paid link, message_click the first human click of a message (the visit that it leads to is the
-- same contact), catalog a copy that arrived, direct_visit any other visit. `touch` is what planners call it (rules BOT, MPP,
-- DEDUP, HOLD, MERGE).
WITH visits AS (
  SELECT
    s.session_id,
    COALESCE(i.person_id, s.customer_id) AS customer_id,
    LOCAL_TIME(s.started_at) AS touched_at,
    s.message_id,
    s.medium_id IS NOT NULL OR s.channel IN ('paid_search', 'paid_social', 'display', 'affiliate') AS is_paid,
    COALESCE(m.medium, CHANNEL_WORD(s.channel)) AS touch
  FROM v_sessions AS s
  LEFT JOIN v_identity AS i ON i.customer_id = s.customer_id
  LEFT JOIN media_labels AS m ON m.medium_id = s.medium_id
  WHERE s.customer_id IS NOT NULL
),
clicked AS (
  SELECT
    g.message_id,
    COALESCE(i.person_id, g.customer_id) AS customer_id,
    CHANNEL_WORD(g.channel) AS touch,
    MIN(k.touched_at) AS touched_at
  FROM (
    SELECT e.message_id, LOCAL_TIME(e.event_at) AS touched_at
    FROM message_events AS e
    WHERE e.event_type = 'click' AND NOT COALESCE(e.is_machine, FALSE)
    UNION ALL
    SELECT v.message_id, v.touched_at
    FROM visits AS v
    WHERE v.message_id IS NOT NULL
  ) AS k
  JOIN messages AS g ON g.message_id = k.message_id AND NOT COALESCE(g.is_control, FALSE)
  LEFT JOIN v_identity AS i ON i.customer_id = g.customer_id
  GROUP BY g.message_id, COALESCE(i.person_id, g.customer_id), g.channel
),
touched AS (
  SELECT
    v.customer_id,
    CASE WHEN v.is_paid THEN 'media_click' ELSE 'direct_visit' END AS kind,
    v.touch,
    v.touched_at,
    v.session_id AS contact_id
  FROM visits AS v
  WHERE v.message_id IS NULL
  UNION ALL
  SELECT customer_id, 'message_click', touch, touched_at, message_id FROM clicked
  UNION ALL
  SELECT s.customer_id, 'catalog', 'カタログ', CAST(s.delivered_date AS TIMESTAMP), s.shipment_id
  FROM catalog_copies AS s
  WHERE NOT s.is_control AND NOT s.is_returned
)
SELECT t.customer_id, t.kind, t.touch, t.touched_at, t.contact_id
FROM touched AS t
JOIN population AS c ON c.customer_id = t.customer_id
