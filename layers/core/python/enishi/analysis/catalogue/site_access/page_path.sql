/*
id: page_path
name: {ja: ページ回遊分析, en: Page path}
category: site_access
origin: brief
brief_names: [ページ回遊分析]
tier: core
question:
  ja: 選んだページの前後で、どんな回遊が多いか。購入に至る経路はどれか。
  en: "Which ways through the site are common, before or after a chosen page, and which end in a purchase?"
method:
  ja: "起点ページから（または起点ページまでの）ページの並びを数え、多い経路とそのCVR、遷移の行列を示す。CVRにより、購入に至る経路と至らない経路を比べる。"
  en: "Count n-grams of page groups from or to an anchor, top paths with CVR, and the transition matrix; purchase paths against non-purchase paths."
parameter_groups: [period, base, web, top]
parameters:
- {name: anchor, type: string, default: top, label_ja: 起点ページ, note: ""}
- {name: direction, type: "enum(forward,backward)", default: forward, label_ja: 向き, note: ""}
- {name: depth, type: int, default: 4, label_ja: ページ数, note: "", minimum: 2, maximum: 10}
- {name: level, type: "enum(page_type,category_l1,path)", default: page_type, label_ja: ページのまとめ方, note: ""}
- {name: min_sessions, type: int, default: 30, label_ja: 最少セッション数, note: "", minimum: 1}
columns:
- {name: path, type: string, unit: none, label_ja: 経路}
- {name: sessions, type: int, unit: sessions, label_ja: セッション数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比, of: sessions}
- {name: cvr, type: ratio, unit: ratio, label_ja: CVR, of: sessions}
- {name: from_page, type: string, unit: none, label_ja: 遷移元}
- {name: to_page, type: string, unit: none, label_ja: 遷移先}
- {name: transition_rate, type: ratio, unit: ratio, label_ja: 遷移率, of: sessions}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
charts:
- {kind: sankey, source: from_page, target: to_page, size: sessions}
- {kind: network, source: from_page, target: to_page, size: sessions}
- {kind: table}
cells:
- {name: path, keys: [path], customers: walked, becomes: {ja: "その経路を含むセッションのある識別顧客", en: "known customers whose session held it"}}
- {name: edge, keys: [from_page, to_page], customers: stepped, becomes: {ja: "その移動を含むセッションのある識別顧客", en: "known customers whose session held it"}}
rules: [TZ, BOT, DEDUP, MERGE, TIE, SMALL, SET]
notes:
- ja: "経路の長さは起点ページを含めて「ページ数」。前方向では訪問の最初の起点ページから始まり、後方向では最後の起点ページで終わる。"
  en: "a path has depth pages, the anchor included; forward it starts at the first anchor of the session, backward it ends at the last one"
- ja: "再読み込みは移動としない。遷移元と遷移先のある行は経路の中の1回の移動。遷移率は、遷移元の閲覧のうち遷移先へ進んだ割合で、残りは離脱または経路の終わり。"
  en: "a reload is not a step; rows with from_page and to_page are the steps inside these paths, transition_rate is the share of the views of from_page that went on to to_page, the rest left or were the path's end"
- ja: "最少セッション数に満たない、または表示件数に入らない経路と移動は「その他」にまとめる。"
  en: "paths and steps under min_sessions, or beyond top_n, are summed as その他"
standard: First-order transition counts.
*/
WITH pages AS (
  SELECT
    v.session_id,
    v.customer_id,
    v.converted,
    PAGE_OF(v.page_path, v.page_type, v.category_l1, v.product) AS page,
    ROW_NUMBER() OVER (PARTITION BY v.session_id ORDER BY v.place) AS n
  FROM page_views AS v
  WHERE v.session_date BETWEEN :period_start AND :period_end AND NOT v.is_reload
),
anchors AS (
  SELECT session_id, CASE WHEN :direction = 'backward' THEN MAX(n) ELSE MIN(n) END AS n
  FROM pages
  WHERE page = :anchor
  GROUP BY session_id
),
around AS (
  SELECT
    p.session_id,
    p.customer_id,
    p.converted,
    p.page,
    p.n,
    LEAD(p.page) OVER (PARTITION BY p.session_id ORDER BY p.n) AS next_page
  FROM pages AS p
  JOIN anchors AS a ON a.session_id = p.session_id
  WHERE
    p.n BETWEEN CASE WHEN :direction = 'backward' THEN a.n - :depth + 1 ELSE a.n END
    AND CASE WHEN :direction = 'backward' THEN a.n ELSE a.n + :depth - 1 END
),
whole_paths AS (
  SELECT session_id, customer_id, converted, ARRAY_JOIN(ARRAY_AGG(page ORDER BY n), ' > ') AS path
  FROM around
  GROUP BY session_id, customer_id, converted
),
ranked_paths AS (
  SELECT path, COUNT(*) AS sessions, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, path) AS rank
  FROM whole_paths
  GROUP BY path
),
walked AS (
  SELECT
    CASE WHEN r.sessions < :min_sessions OR r.rank > :top_n THEN :other ELSE w.path END AS path,
    w.session_id,
    w.customer_id,
    w.converted
  FROM whole_paths AS w
  JOIN ranked_paths AS r ON r.path = w.path
),
ranked_steps AS (
  SELECT
    page,
    next_page,
    COUNT(DISTINCT session_id) AS sessions,
    ROW_NUMBER() OVER (ORDER BY COUNT(DISTINCT session_id) DESC, page, next_page) AS rank
  FROM around
  WHERE next_page IS NOT NULL
  GROUP BY page, next_page
),
stepped AS (
  SELECT
    CASE WHEN r.sessions < :min_sessions OR r.rank > :top_n THEN :other ELSE a.page END AS from_page,
    CASE WHEN r.sessions < :min_sessions OR r.rank > :top_n THEN :other ELSE a.next_page END AS to_page,
    a.session_id,
    a.customer_id,
    a.converted
  FROM around AS a
  JOIN ranked_steps AS r ON r.page = a.page AND r.next_page = a.next_page
),
departures AS (
  SELECT page, COUNT(*) AS views FROM around GROUP BY page
),
anchored AS (
  SELECT COUNT(*) AS sessions FROM anchors
),
listed AS (
  SELECT
    1 AS part,
    w.path,
    COUNT(*) AS sessions,
    RATIO(COUNT_IF(w.converted), COUNT(*)) AS cvr,
    CAST(NULL AS VARCHAR) AS from_page,
    CAST(NULL AS VARCHAR) AS to_page,
    CAST(NULL AS DOUBLE) AS transition_rate,
    COUNT(DISTINCT w.customer_id) AS customers
  FROM walked AS w
  GROUP BY w.path
  UNION ALL
  SELECT
    2,
    NULL,
    COUNT(DISTINCT s.session_id),
    RATIO(COUNT(DISTINCT CASE WHEN s.converted THEN s.session_id END), COUNT(DISTINCT s.session_id)),
    s.from_page,
    s.to_page,
    RATIO(COUNT(*), MAX(d.views)),
    COUNT(DISTINCT s.customer_id)
  FROM stepped AS s
  LEFT JOIN departures AS d ON d.page = s.from_page
  GROUP BY s.from_page, s.to_page
)
SELECT
  l.path,
  l.sessions,
  RATIO(l.sessions, a.sessions) AS share,
  l.cvr,
  l.from_page,
  l.to_page,
  l.transition_rate,
  l.customers
FROM listed AS l
CROSS JOIN anchored AS a
ORDER BY
  l.part,
  CASE WHEN l.path = :other OR l.from_page = :other THEN 1 ELSE 0 END,
  l.sessions DESC,
  l.path NULLS LAST,
  l.from_page,
  l.to_page
