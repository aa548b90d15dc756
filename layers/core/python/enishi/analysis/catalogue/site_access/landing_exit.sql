/*
id: landing_exit
name: {ja: 入口・出口ページ分析, en: Landing and exit pages}
category: site_access
origin: extension
tier: standard
question:
  ja: 訪問はどのページから始まり、どこで終わるか。集客を無駄にしている入口はどれか。
  en: "Through which pages do visits start and end, and which entries waste traffic?"
method:
  ja: "入口ページ×流入元別のエンゲージ率、CVR、セッション単価。出口ページは、そのページの閲覧に占める出口の割合（完了ページを除く）。"
  en: "Landing x source with engaged rate, CVR and amount per session; exit page with exit share among its views, thank-you page taken out."
parameter_groups: [period, base, web, top]
parameters:
- {name: side, type: "enum(landing,exit)", default: landing, label_ja: 入口・出口, note: ""}
- {name: by_source, type: bool, default: true, label_ja: 流入元別, note: ""}
- {name: goal_events, type: list, default: "purchase,signup,favourite_add", hidden: true, label_ja: 目標とする行動, note: ""}
columns:
- {name: page, type: string, unit: none, label_ja: ページ}
- {name: source, type: string, unit: none, label_ja: 流入元}
- {name: sessions, type: int, unit: sessions, label_ja: セッション数}
- {name: engaged_rate, type: ratio, unit: ratio, label_ja: エンゲージ率, of: sessions}
- {name: cvr, type: ratio, unit: ratio, label_ja: CVR, of: sessions}
- {name: amount_per_session, type: money, unit: JPY, label_ja: セッション単価}
- {name: exit_share, type: ratio, unit: ratio, label_ja: 出口率, of: sessions}
charts:
- {kind: bar, x: page, y: sessions, color: source}
- {kind: bubble, x: engaged_rate, y: cvr, size: sessions, color: page}
- {kind: table}
cells:
- {name: page, keys: [page, source], customers: not_bought, becomes: {ja: "そのページから入り（そのページで離れ）、購入しなかった識別顧客", en: "known customers who entered (left) there without buying"}}
rules: [TZ, BOT, DEDUP, MERGE, UNK, DIV0, SMALL, SET]
notes:
- ja: "出口率は、同じ流入元でのそのページの閲覧のうち、訪問の最後となった割合。同じページでの連続した行動は1回の閲覧とする。"
  en: "exit_share is the share of the page's views, of the same source, with which a visit ends; several events on one page in a row are one view"
- ja: "完了ページで終わる訪問は出口としない。セッション数で表示件数に入らないページは「その他」とする。"
  en: "visits that end on the thank-you page are no exits; pages beyond top_n (by sessions) are その他"
*/
WITH steps AS (
  SELECT
    e.session_id,
    e.place,
    e.page_path,
    e.page_type,
    CASE WHEN :by_source THEN CHANNEL_WORD(e.channel) ELSE :total END AS source,
    COALESCE(e.page_path = LAG(e.page_path) OVER (PARTITION BY e.session_id ORDER BY e.place), FALSE) AS is_same
  FROM session_events AS e
  WHERE e.page_path IS NOT NULL AND e.session_date BETWEEN :period_start AND :period_end
),
views AS (
  SELECT page_path, source, COUNT(*) AS views FROM steps WHERE NOT is_same GROUP BY page_path, source
),
ends AS (
  SELECT
    session_id,
    MIN_BY(page_path, place) AS landing_path,
    MAX_BY(page_path, place) AS exit_path,
    MAX_BY(page_type, place) AS exit_type
  FROM steps
  GROUP BY session_id
),
visits AS (
  SELECT
    CASE WHEN :side = 'exit' THEN x.exit_path ELSE COALESCE(x.landing_path, :unknown) END AS page,
    CASE WHEN :by_source THEN CHANNEL_WORD(s.channel) ELSE :total END AS source,
    s.session_id,
    s.customer_id,
    s.engaged,
    s.converted,
    s.amount
  FROM engaged_sessions AS s
  LEFT JOIN ends AS x ON x.session_id = s.session_id
  WHERE
    s.session_date BETWEEN :period_start AND :period_end
    AND (:side <> 'exit' OR (x.exit_path IS NOT NULL AND COALESCE(x.exit_type <> 'thanks', TRUE)))
),
ranked AS (
  SELECT page, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, page) AS rank
  FROM visits
  WHERE page <> :unknown
  GROUP BY page
),
placed AS (
  SELECT
    CASE WHEN r.rank > :top_n THEN :other ELSE v.page END AS page,
    CASE WHEN v.page = :unknown THEN :top_n + 2 ELSE LEAST(r.rank, :top_n + 1) END AS place,
    v.source,
    v.customer_id,
    v.engaged,
    v.converted,
    v.amount
  FROM visits AS v
  LEFT JOIN ranked AS r ON r.page = v.page
),
not_bought AS (
  SELECT page, source, customer_id FROM placed WHERE NOT converted
)
SELECT
  p.page,
  p.source,
  COUNT(*) AS sessions,
  RATIO(COUNT_IF(p.engaged), COUNT(*)) AS engaged_rate,
  RATIO(COUNT_IF(p.converted), COUNT(*)) AS cvr,
  CAST(RATIO(SUM(p.amount), COUNT(*)) AS DECIMAL(18, 2)) AS amount_per_session,
  CASE WHEN :side = 'exit' THEN RATIO(COUNT(*), MAX(v.views)) END AS exit_share
FROM placed AS p
LEFT JOIN views AS v ON v.page_path = p.page AND v.source = p.source
GROUP BY p.page, p.place, p.source
ORDER BY p.place, COUNT(*) DESC, p.source
