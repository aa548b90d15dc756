/*
id: store_performance
name: {ja: 店舗別実績比較, en: Store comparison}
category: store
origin: extension
tier: core
question:
  ja: 店舗の売上・会員・客数・伸びを、公平な条件で比べるとどうか。
  en: "How do stores compare in sales, members, traffic and growth on a fair basis?"
method:
  ja: "店舗ごとの売上、既存店前年比、客数(レシート)、客単価、会員売上比率、新規入会、来店客数に対する買上率、m2あたり売上と、「比較するグループ」の中での順位。"
  en: "Per store: sales, existing-store growth, receipts, average receipt, member share, new members, conversion from traffic, sales per square metre; rank inside its cluster (cluster_by)."
parameter_groups: [period, base, pur]
parameters:
- {name: cluster_by, type: axis, default: store_type, label_ja: 比較するグループ, over: [stores], note: "a column of stores, or attributes[...] such as an area type"}
- {name: months_open, type: int, default: 13, minimum: 0, label_ja: 既存店とする営業月数, note: months open when the period begins}
columns:
- {name: store, type: string, unit: none, label_ja: 店舗}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: yoy_existing, type: ratio, unit: ratio, label_ja: 既存店前年比}
- {name: receipts, type: int, unit: orders, label_ja: 客数(レシート)}
- {name: avg_order, type: money, unit: JPY/order, label_ja: 客単価}
- {name: member_share, type: ratio, unit: ratio, label_ja: 会員売上比率}
- {name: new_members, type: int, unit: people, label_ja: 新規入会}
- {name: conversion, type: ratio, unit: ratio, label_ja: 買上率}
- {name: per_m2, type: money, unit: JPY/m2, label_ja: m2あたり売上}
- {name: cluster_rank, type: int, unit: none, label_ja: クラスタ内順位}
charts:
- {kind: bar, x: store, y: amount}
- {kind: bubble, x: receipts, y: avg_order, size: amount, color: store}
- {kind: table}
cells:
- {name: buyers, keys: [store], customers: bought, becomes: {ja: "その店舗の購買者", en: "its buyers"}}
- {name: quiet, keys: [quiet_store], types: {quiet_store: string}, customers: quiet, becomes: {ja: "その店舗の会員（そこで入会または登録）で、集計期間にそこでの購入がない人", en: "its members (joined or declared there) without a purchase there in the period"}}
rules: [TZ, RET, GUEST, UNK, DIV0, RECON, SET]
notes:
- ja: "すべての売上は、ECと「不明」を含めていずれか1行に入るので、行を足すと売上推移になる（規則RECON）。客単価はレシート1件あたり。"
  en: "every sale is in one row, EC and 不明 included, so the rows add up to 売上推移 (rule RECON); avg_order is per receipt"
- ja: "既存店前年比は前年の同じ日との比。集計開始日に「既存店とする営業月数」以上営業し、集計期間に閉店していない店舗のもの。"
  en: "yoy_existing compares with the same days a year before, for stores that were open months_open months when the period began and have not closed in it"
- ja: "買上率＝レシート数÷来店客数（来店客数の記録がある日のもの）。store_trafficがなければ値なし。"
  en: "conversion = receipts over counted visitors of the days that have a count; null without store_traffic"
- ja: "クラスタ内順位は、m2あたり売上、次に売上の順。面積のない店舗は、ある店舗の後になる。"
  en: "cluster_rank orders by sales per square metre, then by sales; a store without a floor area comes after those with one"
*/
WITH sold AS (
  SELECT
    s.*,
    COALESCE(s.store_id, '') AS store_key,
    COALESCE(l.store, s.store_id, :unknown) AS store
  FROM sales AS s
  LEFT JOIN store_labels AS l ON l.store_id = s.store_id
  WHERE s.sale_date BETWEEN :period_start AND :period_end
),
bought AS (
  SELECT store, store_id, customer_id
  FROM sold
  WHERE NOT is_guest AND NOT is_return
),
year_before AS (
  SELECT s.store_id, SUM(s.amount) AS amount
  FROM sales AS s
  WHERE DATE_ADD('year', 1, s.sale_date) BETWEEN :period_start AND LEAST(:period_end, :as_of)
  GROUP BY s.store_id
),
counters AS (
  SELECT store_id, traffic_date, SUM(visitors) AS visitors
  FROM store_traffic
  WHERE traffic_date BETWEEN :period_start AND :period_end
  GROUP BY store_id, traffic_date
),
traffic AS (
  SELECT store_id, SUM(visitors) AS visitors
  FROM counters
  GROUP BY store_id
),
counted_receipts AS (
  SELECT s.store_id, COUNT(*) AS receipts
  FROM sold AS s
  JOIN counters AS c ON c.store_id = s.store_id AND c.traffic_date = s.sale_date
  WHERE NOT s.is_return
  GROUP BY s.store_id
),
joined AS (
  SELECT c.join_store_id AS store_id, COUNT(*) AS members
  FROM population AS c
  WHERE c.registered_date BETWEEN :period_start AND :period_end
  GROUP BY c.join_store_id
),
own_members AS (
  SELECT c.customer_id, c.join_store_id AS store_id FROM population AS c WHERE c.join_store_id IS NOT NULL
  UNION
  SELECT c.customer_id, c.declared_store_id FROM population AS c WHERE c.declared_store_id IS NOT NULL
),
quiet AS (
  SELECT COALESCE(l.store, m.store_id) AS quiet_store, m.customer_id
  FROM own_members AS m
  LEFT JOIN store_labels AS l ON l.store_id = m.store_id
  WHERE NOT EXISTS (
    SELECT 1 FROM bought AS b WHERE b.store_id = m.store_id AND b.customer_id = m.customer_id
  )
),
by_store AS (
  SELECT
    s.store_key,
    s.store,
    SUM(s.amount) AS amount,
    SUM(CASE WHEN NOT s.is_guest THEN s.amount ELSE 0 END) AS member_amount,
    COUNT_IF(NOT s.is_return) AS receipts
  FROM sold AS s
  GROUP BY s.store_key, s.store
),
compared AS (
  SELECT
    b.*,
    :cluster_by AS cluster,
    RATIO(b.amount, stores.floor_area_m2) AS per_m2,
    CASE
      WHEN
        COALESCE(stores.open_date <= DATE_ADD('month', -:months_open, :period_start), TRUE)
        AND COALESCE(stores.close_date > :period_end, TRUE)
      THEN RATIO(b.amount, y.amount)
    END AS yoy_existing,
    RATIO(r.receipts, t.visitors) AS conversion,
    COALESCE(j.members, 0) AS new_members
  FROM by_store AS b
  LEFT JOIN stores ON stores.store_id = b.store_key
  LEFT JOIN year_before AS y ON y.store_id = b.store_key
  LEFT JOIN traffic AS t ON t.store_id = b.store_key
  LEFT JOIN counted_receipts AS r ON r.store_id = b.store_key
  LEFT JOIN joined AS j ON j.store_id = b.store_key
)
SELECT
  store,
  amount,
  yoy_existing,
  receipts,
  CAST(RATIO(amount, receipts) AS DECIMAL(18, 2)) AS avg_order,
  RATIO(member_amount, amount) AS member_share,
  new_members,
  conversion,
  CAST(per_m2 AS DECIMAL(18, 2)) AS per_m2,
  CASE
    WHEN store_key <> ''
    THEN ROW_NUMBER() OVER (
      PARTITION BY cluster, store_key = '' ORDER BY per_m2 DESC NULLS LAST, amount DESC, store_key
    )
  END AS cluster_rank
FROM compared
ORDER BY store_key = '', amount DESC, store_key
