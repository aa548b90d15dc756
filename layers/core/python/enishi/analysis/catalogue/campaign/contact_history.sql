/*
id: contact_history
name: {ja: 顧客別接触履歴, en: Contact history by customer}
category: campaign
origin: extension
tier: standard
question:
  ja: この顧客に、いつ、どのチャネルで、何を伝え、何が起きたか。
  en: "What did we say to this customer, when, through which channel, and what happened?"
method:
  ja: "1人または複数の顧客について、配信、反応、訪問、購入、応対、ポイントを時系列に並べる。"
  en: "Time line of messages, reactions, visits, purchases, service contacts and points for one customer or a list."
parameter_groups: [period]
parameters:
- {name: customer_ids, type: list, default: required, label_ja: 顧客ID, note: ""}
- {name: kinds, type: list, default: "message,reaction,visit,purchase,service,point,consent", label_ja: 種別, note: ""}
columns:
- {name: customer_id, type: string, unit: none, label_ja: 顧客ID}
- {name: at, type: timestamp, unit: date, label_ja: 日時}
- {name: kind, type: enum, unit: none, label_ja: 種別}
- {name: channel, type: enum, unit: none, label_ja: チャネル}
- {name: title, type: string, unit: none, label_ja: 内容}
- {name: result, type: string, unit: none, label_ja: 結果}
- {name: amount, type: money, unit: JPY, label_ja: 金額}
charts:
- {kind: table}
cells:
- {name: rows, keys: [customer_id, kind], customers: history, becomes: {ja: "該当する顧客", en: "their customers"}}
rules: [TZ, DEDUP, MERGE, WD, SET]
notes:
- ja: "日時は日本時間。参照は記録される。"
  en: "shown in Asia/Tokyo; access is logged"
- ja: "統合された顧客のIDからも、統合後の顧客を表示する。退会者は表示しない。"
  en: "ids of merged people find the surviving one; withdrawn members are left out"
- ja: "訪問は流入元つきのセッション。機械による反応にはその印を付ける。ポイント数は「結果」に示す。"
  en: "a visit is a session with where it came from; a reaction carries the machine's mark where a machine made it; points are in result"
example: {customer_ids: Cdc51699e009173f3ee93}
*/
WITH people AS (
  SELECT DISTINCT c.customer_id
  FROM v_identity AS i
  JOIN customers AS c ON c.customer_id = i.person_id
  WHERE
    (i.customer_id IN (:customer_ids) OR i.person_id IN (:customer_ids))
    AND (COALESCE(c.status, 'active') <> 'withdrawn' OR COALESCE(c.withdrawn_date > :as_of, FALSE))
),
ids AS (
  SELECT i.customer_id, p.customer_id AS person_id
  FROM people AS p
  JOIN v_identity AS i ON i.person_id = p.customer_id
),
labelled AS (
  SELECT
    m.*,
    i.person_id,
    COALESCE(l.campaign, m.campaign_id, m.scenario_id, :unknown) AS campaign
  FROM messages AS m
  JOIN ids AS i ON i.customer_id = m.customer_id
  LEFT JOIN campaign_labels AS l ON l.campaign_id = m.campaign_id
),
told AS (
  SELECT
    m.person_id AS customer_id,
    m.sent_at AS happened_at,
    'message' AS kind,
    m.channel,
    m.campaign || COALESCE(' / ' || m.subject, '') AS title,
    CASE
      WHEN COALESCE(m.is_control, FALSE) THEN 'control'
      ELSE m.status || COALESCE(':' || m.suppress_reason, '')
    END AS result,
    CAST(NULL AS DECIMAL(18, 2)) AS amount,
    m.message_id AS source_id
  FROM labelled AS m
  UNION ALL
  SELECT
    m.person_id,
    e.event_at,
    'reaction',
    m.channel,
    m.campaign || COALESCE(' / ' || e.link_url, ''),
    CASE WHEN e.is_machine THEN e.event_type || ':machine' ELSE e.event_type END,
    NULL,
    e.event_id
  FROM labelled AS m
  JOIN message_events AS e ON e.message_id = m.message_id
),
did AS (
  SELECT
    s.customer_id,
    s.started_at AS happened_at,
    'visit' AS kind,
    'web' AS channel,
    COALESCE(s.landing_path, :unknown) AS title,
    s.channel AS result,
    CAST(NULL AS DECIMAL(18, 2)) AS amount,
    s.session_id AS source_id
  FROM v_sessions AS s
  JOIN people AS p ON p.customer_id = s.customer_id
  UNION ALL
  SELECT
    i.person_id,
    o.ordered_at,
    'purchase',
    o.channel,
    COALESCE(t.name, o.store_id),
    o.order_type || ':' || o.status,
    o.net_amount,
    o.order_id
  FROM orders AS o
  JOIN ids AS i ON i.customer_id = o.customer_id
  LEFT JOIN stores AS t ON t.store_id = o.store_id
  UNION ALL
  SELECT i.person_id, v.visited_at, 'service', 'store', v.visit_type, v.outcome, NULL, v.visit_id
  FROM service_visits AS v
  JOIN ids AS i ON i.customer_id = v.customer_id
  UNION ALL
  SELECT i.person_id, l.posted_at, 'point', NULL, l.entry_type, CAST(l.points AS VARCHAR), NULL, l.entry_id
  FROM point_ledger AS l
  JOIN ids AS i ON i.customer_id = l.customer_id
  UNION ALL
  SELECT i.person_id, s.changed_at, 'consent', s.channel, s.source, s.state, NULL, s.channel
  FROM consents AS s
  JOIN ids AS i ON i.customer_id = s.customer_id
),
history AS (
  SELECT * FROM told
  UNION ALL
  SELECT * FROM did
)
SELECT
  h.customer_id,
  LOCAL_TIME(h.happened_at) AS at,
  h.kind,
  h.channel,
  h.title,
  h.result,
  h.amount
FROM history AS h
WHERE h.kind IN (:kinds) AND LOCAL_DAY(h.happened_at) BETWEEN :period_start AND :period_end
ORDER BY h.customer_id, h.happened_at, h.kind, h.source_id
