/*
id: page_access
name: {ja: ページアクセス分析, en: Page access}
category: site_access
origin: brief
brief_names: [ページアクセス分析]
tier: core
question:
  ja: どのページが、何人に見られ、どれが購入につながっているか。
  en: "Which pages are seen, by how many people, and which lead to purchases?"
method:
  ja: "ページ（パス、種別、カテゴリまたは商品）ごとのPV、訪問者数、識別された顧客、セッション数、滞在時間の中央値、離脱、同じ訪問での注文。"
  en: "Per page (path, type, category or product): views, visitors, known customers, sessions, median dwell, exits and same-session orders."
parameter_groups: [period, base, web, top]
parameters:
- {name: level, type: "enum(path,page_type,category_l1,product)", default: path, label_ja: ページのまとめ方, note: ""}
columns:
- {name: page, type: string, unit: none, label_ja: ページ}
- {name: views, type: int, unit: views, label_ja: PV}
- {name: visitors, type: int, unit: people, label_ja: 訪問者数}
- {name: customers, type: int, unit: people, label_ja: うち顧客}
- {name: sessions, type: int, unit: sessions, label_ja: セッション数}
- {name: dwell_median, type: double, unit: seconds, label_ja: 滞在時間中央値}
- {name: exit_rate, type: ratio, unit: ratio, label_ja: 離脱率}
- {name: order_sessions, type: int, unit: sessions, label_ja: 購入セッション}
- {name: cvr, type: ratio, unit: ratio, label_ja: CVR}
charts:
- {kind: bar, x: page, y: views, where: {page: {not: [合計, その他]}}}
- {kind: treemap, x: page, size: views, color: cvr, where: {page: {not: [合計]}}}
- {kind: table}
cells:
- {name: page, keys: [page], customers: placed, products: placed, becomes: {ja: "それを見た識別顧客と、そのページの商品", en: "known customers who saw it and the products on these pages"}}
rules: [TZ, BOT, DEDUP, MERGE, TIE, DIV0, MULTI, SET]
notes:
- ja: "セッションの最後のページの滞在時間はわからないため除く。"
  en: "dwell of the last page of a session is unknown and left out"
- ja: "URLの問い合わせ文字列（クエリ）は、ページを分けるキーを除いて取り除く。"
  en: "query strings are dropped except a list of page-forming keys"
- ja: "滞在時間は、その訪問で次のページまでの時間。CVRは、そのページを含むセッションのうち購入した割合。"
  en: "dwell is the time until the next page of the visit; cvr is the share of the sessions with the page that buy"
- ja: "1つのセッションで何度も見たページは、閲覧を複数、セッションを1と数える。「合計」の行の人数とセッション数は重複なし。"
  en: "a page that is seen several times in a session gives several views, one session; people and sessions of the row 合計 are counted once"
*/
WITH seen AS (
  SELECT
    v.customer_id,
    v.visitor_id,
    v.session_id,
    v.converted,
    v.product_id,
    v.dwell,
    v.is_exit,
    PAGE_OF(v.page_path, v.page_type, v.category_l1, v.product) AS page
  FROM page_views AS v
  WHERE v.session_date BETWEEN :period_start AND :period_end
),
ranked AS (
  SELECT page, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, COUNT(DISTINCT session_id) DESC, page) AS rank
  FROM seen
  WHERE page <> :unknown
  GROUP BY page
),
placed AS (
  SELECT
    CASE WHEN r.rank > :top_n THEN :other ELSE s.page END AS page,
    CASE WHEN s.page = :unknown THEN :top_n + 2 ELSE LEAST(r.rank, :top_n + 1) END AS place,
    s.customer_id,
    s.visitor_id,
    s.session_id,
    s.converted,
    s.product_id,
    s.dwell,
    s.is_exit
  FROM seen AS s
  LEFT JOIN ranked AS r ON r.page = s.page
),
listed AS (
  SELECT
    CASE WHEN GROUPING(page) = 1 THEN :total ELSE page END AS page,
    CASE WHEN GROUPING(page) = 1 THEN :top_n + 3 ELSE MIN(place) END AS place,
    COUNT(*) AS views,
    COUNT(DISTINCT visitor_id) AS visitors,
    COUNT(DISTINCT customer_id) AS customers,
    COUNT(DISTINCT session_id) AS sessions,
    QUANTILE_OF(dwell, 0.5) AS dwell_median,
    RATIO(COUNT_IF(is_exit), COUNT(*)) AS exit_rate,
    COUNT(DISTINCT CASE WHEN converted THEN session_id END) AS order_sessions
  FROM placed
  GROUP BY GROUPING SETS ((page), ())
)
SELECT
  l.page,
  l.views,
  l.visitors,
  l.customers,
  l.sessions,
  l.dwell_median,
  l.exit_rate,
  l.order_sessions,
  RATIO(l.order_sessions, l.sessions) AS cvr
FROM listed AS l
WHERE l.views > 0
ORDER BY l.place
