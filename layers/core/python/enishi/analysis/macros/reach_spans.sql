-- The days on which a customer of the population may be reached on a channel: what she last said is opt_in and a valid
-- address is known (rules SCD, MERGE). Spans of one customer and channel may overlap; the end is not inside. Channels that
-- need no electronic address (catalog, onsite) follow the consent alone.
WITH said AS (
  SELECT
    c.customer_id,
    s.channel,
    s.state,
    s.changed_date AS from_date,
    LEAD(s.changed_date) OVER (
      PARTITION BY c.customer_id, s.channel
      ORDER BY s.changed_at, CASE WHEN s.state = 'opt_in' THEN 0 ELSE 1 END, s.state
    ) AS until_date
  FROM consents AS s
  LEFT JOIN v_identity AS i ON i.customer_id = s.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, s.customer_id)
),
agreed AS (
  SELECT customer_id, channel, from_date, COALESCE(until_date, DATE '9999-12-31') AS until_date
  FROM said
  WHERE state = 'opt_in'
),
address_kinds AS (
  SELECT id_type, channel
  FROM (
    VALUES ('email', 'mail'), ('line_uid', 'line'), ('app_install', 'push'), ('phone', 'sms'), ('phone', 'phone')
  ) AS kinds(id_type, channel)
),
addresses AS (
  SELECT
    COALESCE(i.person_id, a.customer_id) AS customer_id,
    k.channel,
    COALESCE(LOCAL_DAY(a.valid_from), DATE '1900-01-01') AS from_date,
    COALESCE(LOCAL_DAY(a.valid_to), DATE '9999-12-31') AS until_date
  FROM identities AS a
  JOIN address_kinds AS k ON k.id_type = a.id_type
  LEFT JOIN v_identity AS i ON i.customer_id = a.customer_id
),
reached AS (
  SELECT
    g.customer_id,
    g.channel,
    GREATEST(g.from_date, a.from_date) AS from_date,
    LEAST(g.until_date, a.until_date) AS until_date
  FROM agreed AS g
  JOIN addresses AS a ON a.customer_id = g.customer_id AND a.channel = g.channel
  UNION ALL
  SELECT customer_id, channel, from_date, until_date
  FROM agreed
  WHERE channel NOT IN ('mail', 'line', 'push', 'sms', 'phone')
)
SELECT
  customer_id,
  channel,
  CASE channel
    WHEN 'mail' THEN 'メール'
    WHEN 'line' THEN 'LINE'
    WHEN 'push' THEN 'プッシュ'
    WHEN 'sms' THEN 'SMS'
    WHEN 'catalog' THEN 'カタログ'
    WHEN 'phone' THEN '電話'
    WHEN 'onsite' THEN 'サイト内'
    ELSE channel
  END AS channel_label,
  from_date,
  until_date
FROM reached
WHERE from_date < until_date
