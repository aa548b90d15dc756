/*
id: nth_page_view
name: {ja: Nページ目Web閲覧分析, en: N-th page viewed}
category: site_access
origin: brief
brief_names: [Nページ目Web閲覧分析]
tier: core
question:
  ja: 訪問の1ページ目、2ページ目、3ページ目…に何が見られ、どこで離脱しているか。
  en: "What do visitors see as the 1st, 2nd, 3rd ... page of a visit, and where do they leave?"
method:
  ja: "訪問の中でページに番号を付け、Nページ目とページの組ごとのセッション数、その後に離脱した割合、同じ訪問で以降に購入した割合を数える。"
  en: "Number pages inside each session; count sessions per (n, page group), the share leaving after n and the share that buys later in the session."
parameter_groups: [period, base, web, top]
parameters:
- {name: max_n, type: int, default: 10, label_ja: 最大ページ目, note: "", minimum: 1, maximum: 100}
- {name: level, type: "enum(page_type,path,category_l1,product)", default: page_type, label_ja: ページのまとめ方, note: ""}
- {name: collapse_reload, type: bool, default: true, label_ja: 再読み込みをまとめる, note: ""}
- {name: entry_filter, type: string, default: null, label_ja: 入口ページ, note: ""}
columns:
- {name: n, type: int, unit: count, label_ja: Nページ目}
- {name: page, type: string, unit: none, label_ja: ページ}
- {name: sessions, type: int, unit: sessions, label_ja: セッション数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: leave_rate, type: ratio, unit: ratio, label_ja: 離脱率}
- {name: later_cvr, type: ratio, unit: ratio, label_ja: 以降購入率}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
charts:
- {kind: heatmap, x: n, y: page, color: share}
- {kind: stacked_bar, x: n, y: sessions, color: page}
- {kind: table}
cells:
- {name: page, keys: [n, page], customers: placed, products: placed, becomes: {ja: "これをNページ目に見た、識別された顧客", en: "known customers who saw this as the n-th page"}}
- {name: leave, keys: [n, page, left_here], types: {left_here: bool}, customers: placed, products: placed, becomes: {ja: "そこで離脱した顧客", en: "those who left there"}}
rules: [TZ, BOT, DEDUP, MERGE, TIE, DIV0, SET]
notes:
- ja: "隣り合う同じページ（再読み込み、同じページへの戻り）は、「再読み込みをまとめる」では1回に数える。"
  en: "identical neighbours (reload, back to the same page) count once when collapse_reload"
- ja: "構成比は、Nページ目に達したセッションに対する割合。以降購入率は、そのページより後に同じセッションで注文した割合。"
  en: "share is among the sessions that reach the n-th page; later_cvr counts an order placed after the page in the session"
- ja: "入口ページは、最初のページのパスまたはページ種別。PVで表示件数に入らないページは「その他」とする。"
  en: "entry_filter is a path or a page type of the first page; pages beyond top_n (by views) are その他"
*/
WITH pages AS (
  SELECT
    v.session_id,
    v.customer_id,
    v.product_id,
    v.place,
    PAGE_OF(v.page_path, v.page_type, v.category_l1, v.product) AS page,
    v.page_path,
    v.page_type,
    ROW_NUMBER() OVER (PARTITION BY v.session_id ORDER BY v.place) AS n,
    LEAD(v.place) OVER (PARTITION BY v.session_id ORDER BY v.place) IS NULL AS left_here
  FROM page_views AS v
  WHERE v.session_date BETWEEN :period_start AND :period_end AND NOT (:collapse_reload AND v.is_reload)
),
entered AS (
  SELECT session_id
  FROM pages
  WHERE n = 1 AND (:entry_filter_is_open OR page_path = :entry_filter OR page_type = :entry_filter)
),
last_orders AS (
  SELECT session_id, MAX(place) AS place
  FROM session_events
  WHERE event_type = 'purchase'
  GROUP BY session_id
),
ranked AS (
  SELECT page, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, page) AS rank
  FROM pages
  WHERE page <> :unknown
  GROUP BY page
),
placed AS (
  SELECT
    p.n,
    CASE WHEN r.rank > :top_n THEN :other ELSE p.page END AS page,
    p.customer_id,
    p.product_id,
    p.session_id,
    p.left_here,
    COALESCE(o.place > p.place, FALSE) AS buys_later
  FROM pages AS p
  JOIN entered AS e ON e.session_id = p.session_id
  LEFT JOIN ranked AS r ON r.page = p.page
  LEFT JOIN last_orders AS o ON o.session_id = p.session_id
  WHERE p.n <= :max_n
)
SELECT
  p.n,
  p.page,
  COUNT(*) AS sessions,
  RATIO(COUNT(*), SUM(COUNT(*)) OVER (PARTITION BY p.n)) AS share,
  RATIO(COUNT_IF(p.left_here), COUNT(*)) AS leave_rate,
  RATIO(COUNT_IF(p.buys_later), COUNT(*)) AS later_cvr,
  COUNT(DISTINCT p.customer_id) AS customers
FROM placed AS p
GROUP BY p.n, p.page
ORDER BY p.n, CASE p.page WHEN :other THEN 1 WHEN :unknown THEN 2 ELSE 0 END, COUNT(*) DESC, p.page
