-- One row a visit of one visitor: events without a pause above 30 minutes, on the day it began (rules BOT, DEDUP, MERGE, TZ).
-- Robots are left out: known ones, and visitors with more than 120 events in a minute, for that day; and that a phone came
-- near a store, which is no visit of the site. A view is one page (page_view, product_view or search). Where a visit comes
-- from is what its first event with a source says; another campaign later on does not break it. Who it is: the login, else
-- the cookie's link (up to 30 days back), else the message.
WITH hurried AS (
  SELECT visitor_id, event_date
  FROM web_events
  WHERE visitor_id IS NOT NULL
  GROUP BY visitor_id, event_date, DATE_TRUNC('minute', event_at)
  HAVING COUNT(*) > 120
),
human AS (
  SELECT
    e.*,
    ROW_NUMBER() OVER (PARTITION BY e.visitor_id ORDER BY e.event_at, e.event_id) AS place,
    LAG(e.event_at) OVER (PARTITION BY e.visitor_id ORDER BY e.event_at, e.event_id) AS before_at
  FROM web_events AS e
  WHERE
    e.visitor_id IS NOT NULL
    AND e.event_type <> 'geofence_enter'
    AND NOT COALESCE(e.is_bot, FALSE)
    AND NOT EXISTS (SELECT 1 FROM hurried AS h WHERE h.visitor_id = e.visitor_id AND h.event_date = e.event_date)
),
divided AS (
  SELECT
    h.*,
    SUM(CASE WHEN h.before_at IS NULL OR h.event_at > h.before_at + INTERVAL '30' MINUTE THEN 1 ELSE 0 END)
      OVER (PARTITION BY h.visitor_id ORDER BY h.place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS visit,
    CASE
      WHEN COALESCE(h.message_id, h.medium_id, h.utm_source, h.utm_medium, h.utm_campaign, h.referrer_host) IS NOT NULL
        THEN h.place
    END AS told,
    CASE WHEN h.page_path IS NOT NULL THEN h.place END AS paged,
    CASE WHEN h.event_type = 'purchase' AND h.order_id IS NOT NULL THEN h.place END AS ordered
  FROM human AS h
),
visits AS (
  SELECT
    d.visitor_id,
    d.visit,
    MIN(d.event_at) AS started_at,
    MAX(d.event_at) AS ended_at,
    MIN_BY(d.event_date, d.place) AS session_date,
    COUNT(*) AS events,
    COUNT_IF(d.event_type IN ('page_view', 'product_view', 'search')) AS views,
    COUNT_IF(d.event_type = 'purchase') > 0 AS converted,
    MIN_BY(d.order_id, d.ordered) AS order_id,
    MIN_BY(d.device, d.place) AS device,
    MIN_BY(d.page_path, d.paged) AS landing_path,
    MIN_BY(d.page_type, d.paged) AS landing_type,
    MAX_BY(d.page_path, d.paged) AS exit_path,
    MIN_BY(d.message_id, d.told) AS message_id,
    MIN_BY(d.medium_id, d.told) AS medium_id,
    MIN_BY(d.utm_source, d.told) AS utm_source,
    MIN_BY(d.utm_medium, d.told) AS utm_medium,
    MIN_BY(d.utm_campaign, d.told) AS utm_campaign,
    MIN_BY(d.referrer_host, d.told) AS referrer_host,
    MIN_BY(d.session_id, CASE WHEN d.session_id IS NOT NULL THEN d.place END) AS own_id,
    MAX_BY(d.customer_id, CASE WHEN d.customer_id IS NOT NULL THEN d.place END) AS logged_in
  FROM divided AS d
  GROUP BY d.visitor_id, d.visit
),
links AS (
  SELECT UPPER(id_value_hash) AS visitor_hash, valid_from, MAX(valid_to) AS valid_to, MIN(customer_id) AS customer_id
  FROM identities
  WHERE id_type = 'cookie'
  GROUP BY UPPER(id_value_hash), valid_from
),
linked AS (
  SELECT
    v.visitor_id,
    v.visit,
    COALESCE(
      MAX_BY(l.customer_id, CASE WHEN l.valid_from <= v.ended_at THEN l.valid_from END),
      MIN_BY(l.customer_id, CASE WHEN l.valid_from > v.ended_at THEN l.valid_from END)
    ) AS customer_id
  FROM visits AS v
  INNER JOIN links AS l ON l.visitor_hash = TO_HEX(SHA256(TO_UTF8(v.visitor_id)))
  WHERE
    v.logged_in IS NULL
    AND l.valid_from <= v.ended_at + INTERVAL '30' DAY
    AND (l.valid_to IS NULL OR l.valid_to > v.started_at)
  GROUP BY v.visitor_id, v.visit
),
named AS (
  SELECT
    v.*,
    CASE
      WHEN v.own_id IS NULL THEN CONCAT(v.visitor_id, '.', CAST(v.visit AS VARCHAR))
      WHEN ROW_NUMBER() OVER (PARTITION BY v.visitor_id, v.own_id ORDER BY v.visit) = 1 THEN v.own_id
      ELSE CONCAT(v.own_id, '.', CAST(v.visit AS VARCHAR))
    END AS session_id,
    COALESCE(v.logged_in, l.customer_id, m.customer_id) AS known_id,
    CASE
      WHEN v.logged_in IS NOT NULL THEN 'login'
      WHEN l.customer_id IS NOT NULL THEN 'cookie'
      WHEN m.customer_id IS NOT NULL THEN 'message'
    END AS identified_by,
    m.channel AS message_channel,
    REGEXP_EXTRACT(LOWER(v.referrer_host), '([a-z0-9-]+)\.(?:(?:co|ne|or|ac|go)\.)?[a-z]+$', 1) AS referrer_name
  FROM visits AS v
  LEFT JOIN linked AS l ON l.visitor_id = v.visitor_id AND l.visit = v.visit
  LEFT JOIN messages AS m ON m.message_id = v.message_id
)
SELECT
  n.session_id,
  n.visitor_id,
  COALESCE(i.person_id, n.known_id) AS customer_id,
  n.identified_by,
  n.started_at,
  n.ended_at,
  n.session_date,
  DATE_DIFF('millisecond', n.started_at, n.ended_at) AS duration_ms,
  n.events,
  n.views,
  n.visit = 1 AS is_first,
  n.device,
  n.landing_path,
  n.landing_type,
  n.exit_path,
  COALESCE(
    n.message_channel,
    CASE WHEN bm.channel = 'paid_search' AND bs.channel = 'social' THEN 'paid_social' END,
    bm.channel,
    bs.channel,
    br.channel,
    CASE
      WHEN n.referrer_host IS NOT NULL THEN 'referral'
      WHEN COALESCE(n.medium_id, n.utm_source, n.utm_medium, n.utm_campaign) IS NOT NULL THEN 'other'
      ELSE 'direct'
    END
  ) AS channel,
  n.medium_id,
  n.utm_source,
  n.utm_medium,
  n.utm_campaign,
  n.referrer_host,
  n.message_id,
  n.converted,
  n.order_id
FROM named AS n
LEFT JOIN v_identity AS i ON i.customer_id = n.known_id
LEFT JOIN v_web_channels AS bm ON bm.kind = 'medium' AND bm.word = LOWER(n.utm_medium)
LEFT JOIN v_web_channels AS bs ON bs.kind = 'source' AND bs.word = LOWER(n.utm_source)
LEFT JOIN v_web_channels AS br ON br.kind = 'referrer' AND br.word = n.referrer_name
