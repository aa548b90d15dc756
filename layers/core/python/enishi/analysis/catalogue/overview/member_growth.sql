/*
id: member_growth
name: {ja: 会員数推移, en: Member growth}
category: overview
origin: extension
tier: standard
question:
  ja: 入会・退会・稼働会員は、入会チャネルごとにどう推移しているか。
  en: "How do joiners, leavers and active members develop by join channel?"
method:
  ja: "期間ごとに、期首会員＋入会−退会−統合＝期末会員。稼働率は、直近の「稼働とみなす日数」に購入またはサイト訪問のあった会員の割合。"
  en: "Opening + joined - withdrawn - merged = closing per period; active share by purchase or visit in the last active_days."
parameter_groups: [period, base, grain]
parameters:
- {name: split, type: axis, default: join_channel, over: [customers], shown_as: split_value, label_ja: 区分, note: "any column of customers; null = all as one"}
- {name: active_days, type: int, default: 365, minimum: 1, label_ja: 稼働とみなす日数, note: ""}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: split_value, type: string, unit: none, label_ja: 入会チャネル}
- {name: opening, type: int, unit: people, label_ja: 期首会員}
- {name: joined, type: int, unit: people, label_ja: 入会}
- {name: withdrawn, type: int, unit: people, label_ja: 退会}
- {name: merged, type: int, unit: people, label_ja: 統合}
- {name: closing, type: int, unit: people, label_ja: 期末会員}
- {name: active_rate, type: ratio, unit: ratio, label_ja: 稼働率}
charts:
- {kind: area, x: bucket, y: closing, color: split_value}
- {kind: stacked_bar, x: bucket, y: joined, color: split_value}
- {kind: table}
cells:
- {name: flow, keys: [bucket, split_value, flow], types: {flow: string}, customers: flow_members, becomes: {ja: "これらの会員。flowは入会または統合（統合のときは統合先の会員）", en: "these members; flow is 入会 or 統合 (then the survivors)"}}
rules: [TZ, MERGE, WD, UNK, RECON, SET]
notes:
- ja: "個人データを消して残した退会者の行も、履歴に数える。"
  en: "members kept as withdrawn rows without personal data still count in history"
- ja: "統合されたIDは統合の日まで会員に数えるので、期首会員＋入会−退会−統合＝期末会員となる。「母集団」を指定したときは、統合先がその中にいるIDだけを数える。"
  en: "an id that was merged counts as a member until the day of its merge, so that opening + joined - withdrawn - merged = closing; with base_segment only ids of survivors in it"
- ja: "稼働＝期間の終わりまでの「稼働とみなす日数」以内に購入またはサイト訪問があること。入会日のない会員は、はじめからいたものとする。"
  en: "active = bought or visited within active_days up to the end of the period; a member without joining day was always there"
- ja: "退会した人は掘り下げの対象にならない（規則WD）。"
  en: "who has withdrawn is no set (rule WD)"
*/
WITH buckets AS (
  SELECT GRAIN_OF(d.day) AS bucket, MIN(d.day) AS first_day, MAX(d.day) AS last_day
  FROM UNNEST(SEQUENCE(:period_start, LEAST(:period_end, :as_of), INTERVAL '1' DAY)) AS d(day)
  GROUP BY GRAIN_OF(d.day)
),
merges AS (
  SELECT absorbed_id, MAX(LOCAL_DAY(merged_at)) AS merged_date
  FROM merge_log
  WHERE kind = 'merge'
  GROUP BY absorbed_id
),
ids AS (
  SELECT
    customers.customer_id,
    customers.customer_id AS person_id,
    :split AS split_value,
    COALESCE(customers.registered_date, DATE '1900-01-01') AS joined_date,
    CASE WHEN customers.status = 'withdrawn' THEN customers.withdrawn_date END AS left_date,
    '退会' AS way_out
  FROM population AS customers
  UNION ALL
  SELECT
    customers.customer_id,
    customers.merged_into,
    :split,
    COALESCE(customers.registered_date, DATE '1900-01-01'),
    g.merged_date,
    '統合'
  FROM customers
  JOIN population AS survivor ON survivor.customer_id = customers.merged_into
  JOIN merges AS g ON g.absorbed_id = customers.customer_id
  WHERE customers.status = 'merged' AND COALESCE(customers.registered_date <= g.merged_date, TRUE)
),
events AS (
  SELECT split_value, customer_id, person_id, joined_date AS day, '入会' AS flow FROM ids
  UNION ALL
  SELECT split_value, customer_id, person_id, left_date, way_out FROM ids WHERE left_date IS NOT NULL
),
flow_members AS (
  SELECT GRAIN_OF(e.day) AS bucket, e.split_value, e.flow, e.person_id AS customer_id
  FROM events AS e
  JOIN population AS c ON c.customer_id = e.person_id
  WHERE
    e.day BETWEEN :period_start AND :period_end
    AND e.flow <> '退会'
    AND NOT (COALESCE(c.status, 'active') = 'withdrawn' AND COALESCE(c.withdrawn_date <= :as_of, TRUE))
),
before AS (
  SELECT split_value, SUM(CASE flow WHEN '入会' THEN 1 ELSE -1 END) AS members
  FROM events
  WHERE day < :period_start
  GROUP BY split_value
),
flows AS (
  SELECT
    split_value,
    GRAIN_OF(day) AS bucket,
    COUNT_IF(flow = '入会') AS joined,
    COUNT_IF(flow = '退会') AS withdrawn,
    COUNT_IF(flow = '統合') AS merged
  FROM events
  WHERE day BETWEEN :period_start AND :period_end
  GROUP BY split_value, GRAIN_OF(day)
),
filled AS (
  SELECT
    b.bucket,
    s.split_value,
    COALESCE(o.members, 0) AS before_members,
    COALESCE(f.joined, 0) AS joined,
    COALESCE(f.withdrawn, 0) AS withdrawn,
    COALESCE(f.merged, 0) AS merged
  FROM buckets AS b
  CROSS JOIN (SELECT DISTINCT split_value FROM events) AS s
  LEFT JOIN before AS o ON o.split_value = s.split_value
  LEFT JOIN flows AS f ON f.split_value = s.split_value AND f.bucket = b.bucket
),
closed AS (
  SELECT
    f.*,
    f.before_members
      + SUM(f.joined - f.withdrawn - f.merged) OVER (
        PARTITION BY f.split_value ORDER BY f.bucket ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS closing
  FROM filled AS f
),
seen AS (
  SELECT customer_id, purchase_date AS day FROM v_purchases
  WHERE purchase_date > DATE_ADD('day', -:active_days, :period_start)
  UNION
  SELECT customer_id, session_date FROM v_sessions
  WHERE customer_id IS NOT NULL AND session_date > DATE_ADD('day', -:active_days, :period_start)
),
active AS (
  SELECT b.bucket, i.split_value, COUNT(DISTINCT i.customer_id) AS members
  FROM seen AS s
  JOIN buckets AS b ON s.day <= b.last_day AND s.day > DATE_ADD('day', -:active_days, b.last_day)
  JOIN ids AS i
    ON i.person_id = s.customer_id
    AND i.joined_date <= b.last_day
    AND COALESCE(i.left_date > b.last_day, TRUE)
  GROUP BY b.bucket, i.split_value
)
SELECT
  c.bucket,
  c.split_value,
  c.closing - c.joined + c.withdrawn + c.merged AS opening,
  c.joined,
  c.withdrawn,
  c.merged,
  c.closing,
  RATIO(COALESCE(a.members, 0), c.closing) AS active_rate
FROM closed AS c
LEFT JOIN active AS a ON a.bucket = c.bucket AND a.split_value = c.split_value
ORDER BY c.bucket, CASE WHEN c.split_value = :unknown THEN 1 ELSE 0 END, c.split_value
