/*
id: conversion_path
name: {ja: コンバージョン経路分析, en: Paths to conversion}
category: media
origin: extension
tier: standard
question:
  ja: 媒体と自社チャネルのどんな順番が注文につながるか。どの媒体が口火を切り、どの媒体が決め手になるか。
  en: "Which sequences of media and own channels lead to an order, and which media start or close?"
method:
  ja: "注文ごとの接点の並び（続く同じ接点はまとめる）、多い経路、媒体別の初回接点・中間接点・最終接点の件数、経路の長さと日数。"
  en: "Collapsed sequences of touches per order, top sequences, opener / assist / closer counts per medium, length and days."
parameter_groups: [period, base, pur, top]
parameters:
- {name: lookback_days, type: int, default: 30, minimum: 1, label_ja: さかのぼる日数, note: ""}
- {name: collapse_repeats, type: bool, default: true, label_ja: 続く同じ接点をまとめる, note: ""}
- {name: max_len, type: int, default: 6, minimum: 2, label_ja: 経路の最大長, note: "of a longer path the first touch and the last max_len - 1 are shown"}
columns:
- {name: path, type: string, unit: none, label_ja: 経路}
- {name: orders, type: int, unit: orders, label_ja: 件数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: length, type: double, unit: count, label_ja: 平均接点数}
- {name: days_median, type: double, unit: days, label_ja: 日数中央値}
- {name: medium, type: string, unit: none, label_ja: 媒体}
- {name: opener, type: int, unit: orders, label_ja: 初回接点}
- {name: assist, type: int, unit: orders, label_ja: 中間接点}
- {name: closer, type: int, unit: orders, label_ja: 最終接点}
charts:
- {kind: sankey, source: path, target: path, size: orders, where: {length: {min: 1}}, options: {separator: " > "}, title_ja: 初回接点から最終接点へ}
- {kind: table}
cells:
- {name: path, keys: [path], customers: walked, becomes: {ja: "該当する顧客", en: "customers"}}
- {name: medium, keys: [medium], customers: met, becomes: {ja: "注文までにその接点のあった顧客", en: "customers with it on the way to an order"}}
rules: [TZ, BOT, MERGE, DEDUP, TIE, SET]
notes:
- ja: "1つの表に2つの一覧がある。経路のある行と、媒体のある行（経路は空欄）。媒体の行では、注文を経路上のすべての媒体に数える。"
  en: "two lists in one table: rows with a path, and rows with a medium (path is empty), where an order counts for every medium on its way"
- ja: "接点は、注文前の「さかのぼる日数」内の、訪問（流入元別）、クリックした配信（チャネル別）、届いたカタログ。注文した訪問自身も1つの接点とする。"
  en: "touches in the lookback_days before an order: visits by what brought them, clicked messages by channel, catalogs that arrived; the visit of the order itself is one"
- ja: "接点のない注文は「接点なし」の経路とする。表示件数に入らない経路は「その他」にまとめる。"
  en: "orders without any touch are the path 接点なし; paths beyond top_n are summed as その他"
- ja: "日数中央値は最初の接点から注文までの日数（整数）。経路の長さは、まとめた後の接点の数。"
  en: "days_median is from the first touch to the order, in whole days; length is the touches after collapsing"
*/
WITH orders_seen AS (
  SELECT p.order_id, p.customer_id, p.amount, LOCAL_TIME(p.purchase_at) AS ordered_at
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
),
touched AS (
  SELECT
    o.order_id,
    c.touch,
    c.touched_at,
    c.contact_id,
    LAG(c.touch) OVER (PARTITION BY o.order_id ORDER BY c.touched_at, c.contact_id) AS before
  FROM orders_seen AS o
  JOIN contacts AS c ON c.customer_id = o.customer_id
  WHERE c.touched_at <= o.ordered_at AND c.touched_at > DATE_ADD('day', -:lookback_days, o.ordered_at)
),
steps AS (
  SELECT
    t.order_id,
    t.touch,
    t.touched_at,
    ROW_NUMBER() OVER (PARTITION BY t.order_id ORDER BY t.touched_at, t.contact_id) AS nth,
    COUNT(*) OVER (PARTITION BY t.order_id) AS touches
  FROM touched AS t
  WHERE NOT :collapse_repeats OR t.before IS NULL OR t.before <> t.touch
),
paths AS (
  SELECT
    s.order_id,
    s.touches,
    MIN(s.touched_at) AS first_at,
    ARRAY_JOIN(
      ARRAY_AGG(
        CASE WHEN s.nth = 2 AND s.touches > :max_len THEN '…' ELSE s.touch END ORDER BY s.nth
      ) FILTER (WHERE s.nth <= 2 OR s.nth > s.touches - :max_len + 1),
      ' > '
    ) AS path
  FROM steps AS s
  GROUP BY s.order_id, s.touches
),
walked AS (
  SELECT
    COALESCE(p.path, '接点なし') AS path,
    o.customer_id,
    o.order_id,
    o.amount,
    COALESCE(p.touches, 0) AS touches,
    DATE_DIFF('day', p.first_at, o.ordered_at) AS days
  FROM orders_seen AS o
  LEFT JOIN paths AS p ON p.order_id = o.order_id
),
met AS (
  SELECT
    s.touch AS medium,
    o.customer_id,
    o.order_id,
    o.amount,
    MIN(s.nth) = 1 AS opens,
    COUNT_IF(s.nth > 1 AND s.nth < s.touches) > 0 AS assists,
    MAX(s.nth) = MAX(s.touches) AS closes
  FROM steps AS s
  JOIN orders_seen AS o ON o.order_id = s.order_id
  GROUP BY s.touch, o.customer_id, o.order_id, o.amount
),
total AS (
  SELECT COUNT(*) AS orders FROM orders_seen
),
ranked AS (
  SELECT w.path, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, SUM(w.amount) DESC, w.path) AS place
  FROM walked AS w
  GROUP BY w.path
),
path_rows AS (
  SELECT
    LEAST(r.place, :top_n + 1) AS place,
    CASE WHEN r.place <= :top_n THEN w.path ELSE :other END AS path,
    COUNT(*) AS orders,
    SUM(w.amount) AS amount,
    AVG(CAST(w.touches AS DOUBLE)) AS length,
    QUANTILE_OF(w.days, 0.5) AS days_median
  FROM walked AS w
  JOIN ranked AS r ON r.path = w.path
  GROUP BY 1, 2
),
medium_rows AS (
  SELECT
    m.medium,
    COUNT(*) AS orders,
    SUM(m.amount) AS amount,
    COUNT_IF(m.opens) AS opener,
    COUNT_IF(m.assists) AS assist,
    COUNT_IF(m.closes) AS closer
  FROM met AS m
  GROUP BY m.medium
),
listed AS (
  SELECT
    place, path, orders, amount, length, days_median, NULL AS medium, NULL AS opener, NULL AS assist, NULL AS closer
  FROM path_rows
  UNION ALL
  SELECT NULL, NULL, orders, amount, NULL, NULL, medium, opener, assist, closer
  FROM medium_rows
)
SELECT
  l.path,
  l.orders,
  RATIO(l.orders, t.orders) AS share,
  l.amount,
  l.length,
  l.days_median,
  l.medium,
  l.opener,
  l.assist,
  l.closer
FROM listed AS l
CROSS JOIN total AS t
ORDER BY l.place NULLS LAST, l.orders DESC, l.amount DESC, l.medium
