/*
id: customer_list
name: {ja: 顧客リスト, en: Customer list}
category: overview
origin: brief
brief_names: [顧客リスト]
tier: core
question:
  ja: 条件に合う顧客は誰か。その人について何が分かっているか。
  en: "Which customers meet the given conditions, and what do we know about each?"
method:
  ja: "属性、購入、アクセス、反応、セグメントの条件で顧客を絞り込み、選んだ項目を並べる。顧客1人に1行。"
  en: "Filter customers by any attribute, purchase, access, response or segment condition and list chosen columns; one row per customer."
parameter_groups: [asof, base, pur, top]
parameters:
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: ""}
- {name: conditions, type: segment, default: all, label_ja: 条件, note: "a saved segment, a condition, or a cell of another analysis"}
- {name: columns, type: list, default: "customer_id,join_channel,member_rank,orders,amount,last_purchase,main_store,consent_mail", label_ja: 表示する項目, note: "also gender, age_band, birth_date, prefecture, postal_code, status, registered_date, declared_store, first_purchase, days_since, items, consent_line, consent_push, consent_sms, consent_catalog, and own columns by their name"}
- {name: mask_personal, type: bool, default: true, label_ja: 個人項目を伏せる, note: "birth date and postal code; only with the permission to see them"}
- {name: sample, type: bool, default: false, label_ja: 無作為抽出, note: "top_n of all, always the same, instead of the best customers"}
- {name: join_channel, type: axis, default: join_channel, over: [customers], hidden: true, label_ja: 入会チャネル}
- {name: gender, type: axis, default: gender, over: [customers], hidden: true, label_ja: 性別}
- {name: age_band, type: axis, default: age_band, over: [customers], hidden: true, label_ja: 年代}
- {name: status, type: axis, default: status, over: [customers], hidden: true, label_ja: 会員状態}
columns:
- {name: customer_id, type: string, unit: none, label_ja: 顧客ID}
- {name: columns, type: list, unit: none, label_ja: 選択項目}
- {name: matched, type: int, unit: people, label_ja: 該当人数}
- {name: reachable, type: list, unit: people, label_ja: チャネル別配信可能数}
charts:
- {kind: table}
cells:
- {name: customer_id, keys: [customer_id], customers: matching, becomes: {ja: "セグメント。キーを付けなければ、表示された顧客だけでなく、条件に合う全員", en: "segment; without a key everybody who meets the conditions, not only those listed"}}
rules: [TZ, MERGE, WD, UNK, ATTR, SET]
notes:
- ja: "書き出しは管理された場所に保存され、記録に残る。読める形の連絡先データはデータレイクにない。"
  en: "the export is written to a governed path and logged; clear contact data are not in the lake"
- ja: "件数、金額、点数、購入日は購入のパラメータに従う。許諾の項目は、そのチャネルで届く顧客が○。"
  en: "orders, amount, items and the days of purchase follow the parameters of purchases; consent columns say ○ where the channel reaches her"
- ja: "上位の顧客（金額、件数、顧客IDの順）から並べる。"
  en: "the best customers come first (amount, orders, id)"
*/
WITH matching AS (
  SELECT c.*
  FROM population AS c
  WHERE c.customer_id IN (:conditions)
),
bought AS (
  SELECT customer_id, COUNT(*) AS orders, SUM(amount) AS amount
  FROM purchases
  GROUP BY customer_id
),
reached AS (
  SELECT DISTINCT s.customer_id, s.channel, s.channel_label
  FROM reach_spans AS s
  JOIN matching AS c ON c.customer_id = s.customer_id
  WHERE s.from_date <= :as_of AND s.until_date > :as_of
),
reached_per_customer AS (
  SELECT customer_id, ARRAY_AGG(channel ORDER BY channel) AS channels
  FROM reached
  GROUP BY customer_id
),
reached_per_channel AS (
  SELECT channel_label, COUNT(*) AS customers
  FROM reached
  GROUP BY channel_label
),
reachable AS (
  SELECT
    ARRAY_AGG(channel_label || ' ' || CAST(customers AS VARCHAR) ORDER BY customers DESC, channel_label) AS counts
  FROM reached_per_channel
),
matched AS (
  SELECT COUNT(*) AS customers FROM matching
),
ranked AS (
  SELECT
    c.customer_id,
    b.orders,
    b.amount,
    ROW_NUMBER() OVER (
      ORDER BY
        CASE WHEN :sample THEN TO_HEX(SHA256(TO_UTF8(c.customer_id))) END,
        COALESCE(b.amount, 0) DESC,
        COALESCE(b.orders, 0) DESC,
        c.customer_id
    ) AS place
  FROM matching AS c
  LEFT JOIN bought AS b ON b.customer_id = c.customer_id
),
-- Those who are listed are few: nothing more is asked of the others.
placed AS (
  SELECT * FROM ranked WHERE place <= :top_n
),
bought_items AS (
  SELECT
    b.customer_id,
    SUM(b.items) AS items,
    MIN(b.purchase_date) AS first_date,
    MAX(b.purchase_date) AS last_date
  FROM purchases AS b
  JOIN placed AS p ON p.customer_id = b.customer_id
  GROUP BY b.customer_id
),
visited AS (
  SELECT
    v.customer_id,
    v.store_id,
    ROW_NUMBER() OVER (PARTITION BY v.customer_id ORDER BY COUNT(*) DESC, SUM(v.amount) DESC, v.store_id) AS place
  FROM purchases AS v
  JOIN placed AS p ON p.customer_id = v.customer_id
  WHERE v.store_id IS NOT NULL
  GROUP BY v.customer_id, v.store_id
),
described AS (
  SELECT
    p.place,
    p.customer_id,
    wanted.place AS column_place,
    CASE wanted.name
      WHEN 'customer_id' THEN p.customer_id
      WHEN 'join_channel' THEN :join_channel
      WHEN 'gender' THEN :gender
      WHEN 'age_band' THEN :age_band
      WHEN 'status' THEN :status
      WHEN 'member_rank' THEN customers.member_rank
      WHEN 'prefecture' THEN customers.prefecture
      WHEN 'postal_code' THEN CASE WHEN :mask_personal THEN '***' ELSE customers.postal_code END
      WHEN 'birth_date' THEN CASE WHEN :mask_personal THEN '***' ELSE CAST(customers.birth_date AS VARCHAR) END
      WHEN 'registered_date' THEN CAST(customers.registered_date AS VARCHAR)
      WHEN 'declared_store' THEN declared.name
      WHEN 'main_store' THEN main.name
      WHEN 'orders' THEN CAST(COALESCE(p.orders, 0) AS VARCHAR)
      WHEN 'amount' THEN CAST(CAST(COALESCE(p.amount, 0) AS DECIMAL(18, 0)) AS VARCHAR)
      WHEN 'items' THEN CAST(COALESCE(b.items, 0) AS VARCHAR)
      WHEN 'first_purchase' THEN COALESCE(CAST(b.first_date AS VARCHAR), :never)
      WHEN 'last_purchase' THEN COALESCE(CAST(b.last_date AS VARCHAR), :never)
      WHEN 'days_since' THEN COALESCE(CAST(DATE_DIFF('day', b.last_date, :as_of) AS VARCHAR), :never)
      WHEN 'consent_mail' THEN CASE WHEN CONTAINS(r.channels, 'mail') THEN '○' ELSE '×' END
      WHEN 'consent_line' THEN CASE WHEN CONTAINS(r.channels, 'line') THEN '○' ELSE '×' END
      WHEN 'consent_push' THEN CASE WHEN CONTAINS(r.channels, 'push') THEN '○' ELSE '×' END
      WHEN 'consent_sms' THEN CASE WHEN CONTAINS(r.channels, 'sms') THEN '○' ELSE '×' END
      WHEN 'consent_catalog' THEN CASE WHEN CONTAINS(r.channels, 'catalog') THEN '○' ELSE '×' END
      ELSE ELEMENT_AT(MAP_VALUES(MAP_FILTER(customers.attributes, (k, v) -> k = wanted.name)), 1)
    END AS value
  FROM placed AS p
  CROSS JOIN UNNEST(:columns) WITH ORDINALITY AS wanted(name, place)
  JOIN matching AS customers ON customers.customer_id = p.customer_id
  LEFT JOIN bought_items AS b ON b.customer_id = p.customer_id
  LEFT JOIN visited AS v ON v.customer_id = p.customer_id AND v.place = 1
  LEFT JOIN stores AS main ON main.store_id = v.store_id
  LEFT JOIN stores AS declared ON declared.store_id = customers.declared_store_id
  LEFT JOIN reached_per_customer AS r ON r.customer_id = p.customer_id
),
listed AS (
  SELECT
    place,
    customer_id,
    ARRAY_AGG(COALESCE(value, :unknown) ORDER BY column_place) AS facts
  FROM described
  GROUP BY place, customer_id
)
SELECT
  l.customer_id,
  l.facts AS columns,
  m.customers AS matched,
  r.counts AS reachable
FROM listed AS l
CROSS JOIN matched AS m
CROSS JOIN reachable AS r
ORDER BY l.place
