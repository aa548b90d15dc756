/*
id: site_search
name: {ja: サイト内検索分析, en: On-site search}
category: site_access
origin: extension
tier: standard
question:
  ja: サイト内で何が探され、何が見つからず、そのあと何が買われているか。
  en: "What do people look for, what do they not find, and what do they buy after it?"
method:
  ja: "整えた検索語ごとの検索回数、検索者数、0件率、再検索率、結果クリック率、セッション内の注文。前の期間に比べて伸びている検索語も見る。"
  en: "Per normalised term: searches, searchers, zero-hit rate, refinement rate, click rate on results, orders in the session; terms rising against the previous period."
parameter_groups: [period, base, web, top]
parameters:
- {name: min_searches, type: int, default: 20, label_ja: 最少検索回数, note: "", minimum: 1}
- {name: compare_previous, type: bool, default: true, label_ja: 前期と比べる, note: ""}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "visits with the term, searches whose hits are known, or searches before, under which low_n is set"}
columns:
- {name: term, type: string, unit: none, label_ja: 検索語}
- {name: searches, type: int, unit: count, label_ja: 検索回数}
- {name: searchers, type: int, unit: people, label_ja: 検索者数}
- {name: zero_rate, type: ratio, unit: ratio, label_ja: 0件率}
- {name: refine_rate, type: ratio, unit: ratio, label_ja: 再検索率}
- {name: click_rate, type: ratio, unit: ratio, label_ja: 結果クリック率}
- {name: cvr, type: ratio, unit: ratio, label_ja: CVR}
- {name: growth, type: ratio, unit: ratio, label_ja: 前期比}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: term, y: searches}
- {kind: bubble, x: zero_rate, y: cvr, size: searches, color: term}
- {kind: table}
cells:
- {name: term, keys: [term, no_hit], types: {no_hit: bool}, customers: unbought, becomes: {ja: "それを検索し、その後購入していない識別顧客。no_hit=trueは何も見つからなかった人で、商品の入荷を知らせる相手", en: "known customers who searched it and have not bought since; with no_hit=true those who found nothing, to be told when the item arrives"}}
rules: [TZ, BOT, DEDUP, MERGE, TIE, SMALL, DIV0, SET]
notes:
- ja: "電話番号、メールアドレス、氏名の欄に見える検索語は、保存前に取り除く。"
  en: "terms that look like a phone number, mail address or name field are dropped before storage"
- ja: "再検索率は別の検索語、結果クリック率は商品が、検索のあとに（両者のうち先に）続いた検索の割合。0件率は、件数のわかる検索についてのもの。"
  en: "refine_rate is the share of searches followed by another term, click_rate by a product, before anything else of the two; zero_rate is over searches whose hits the source tells"
- ja: "CVRは、その検索語を含むセッションのうち、検索後に注文した割合。前期比は、直前の同じ長さの期間に対する比。"
  en: "cvr is over sessions with the term, an order after it; growth is against the period of the same length before"
- ja: "最少検索回数に満たない、または表示件数に入らない検索語は「その他」とする。"
  en: "terms with fewer than min_searches, or beyond top_n, are その他"
*/
WITH followed AS (
  SELECT
    e.session_id,
    e.session_date,
    e.visitor_id,
    e.customer_id,
    e.place,
    e.event_at,
    e.event_type,
    LOWER(TRIM(e.search_term)) AS term,
    e.result_count,
    LEAD(e.event_type) OVER (PARTITION BY e.session_id ORDER BY e.place) AS next_type,
    LEAD(LOWER(TRIM(e.search_term))) OVER (PARTITION BY e.session_id ORDER BY e.place) AS next_term
  FROM session_events AS e
  WHERE e.event_type IN ('product_view', 'click') OR (e.event_type = 'search' AND TRIM(e.search_term) <> '')
),
last_orders AS (
  SELECT session_id, MAX(place) AS place
  FROM session_events
  WHERE event_type = 'purchase'
  GROUP BY session_id
),
searched AS (
  SELECT
    f.term,
    f.session_id,
    f.visitor_id,
    f.customer_id,
    f.event_at,
    f.result_count,
    f.next_type = 'search' AND f.next_term <> f.term AS refined,
    f.next_type IN ('product_view', 'click') AS clicked,
    COALESCE(o.place > f.place, FALSE) AS bought_later
  FROM followed AS f
  LEFT JOIN last_orders AS o ON o.session_id = f.session_id
  WHERE f.event_type = 'search' AND f.session_date BETWEEN :period_start AND :period_end
),
before AS (
  SELECT term, COUNT(*) AS searches
  FROM followed
  WHERE
    :compare_previous
    AND event_type = 'search'
    AND session_date < :period_start
    AND session_date >= DATE_ADD('day', -DATE_DIFF('day', :period_start, :period_end) - 1, :period_start)
  GROUP BY term
),
ranked AS (
  SELECT term, COUNT(*) AS searches, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, term) AS rank
  FROM searched
  GROUP BY term
),
shown AS (
  SELECT
    COALESCE(r.term, b.term) AS term,
    COALESCE(r.rank <= :top_n AND r.searches >= :min_searches, FALSE) AS is_shown,
    b.searches AS searches_before
  FROM ranked AS r
  FULL OUTER JOIN before AS b ON b.term = r.term
),
placed AS (
  SELECT
    CASE WHEN w.is_shown THEN s.term ELSE :other END AS term,
    s.session_id,
    s.visitor_id,
    s.customer_id,
    s.event_at,
    s.result_count,
    s.refined,
    s.clicked,
    s.bought_later
  FROM searched AS s
  JOIN shown AS w ON w.term = s.term
),
unbought AS (
  SELECT p.term, COALESCE(p.result_count = 0, FALSE) AS no_hit, p.customer_id
  FROM placed AS p
  WHERE NOT EXISTS (SELECT 1 FROM v_purchases AS v WHERE v.customer_id = p.customer_id AND v.purchase_at >= p.event_at)
),
before_shown AS (
  SELECT CASE WHEN is_shown THEN term ELSE :other END AS term, SUM(searches_before) AS searches
  FROM shown
  GROUP BY CASE WHEN is_shown THEN term ELSE :other END
),
counted AS (
  SELECT
    p.term,
    COUNT(*) AS searches,
    COUNT(DISTINCT p.visitor_id) AS searchers,
    COUNT(DISTINCT p.session_id) AS visits,
    COUNT(p.result_count) AS told,
    RATIO(COUNT_IF(p.result_count = 0), COUNT(p.result_count)) AS zero_rate,
    RATIO(COUNT_IF(p.refined), COUNT(*)) AS refine_rate,
    RATIO(COUNT_IF(p.clicked), COUNT(*)) AS click_rate,
    RATIO(COUNT(DISTINCT CASE WHEN p.bought_later THEN p.session_id END), COUNT(DISTINCT p.session_id)) AS cvr
  FROM placed AS p
  GROUP BY p.term
)
SELECT
  c.term,
  c.searches,
  c.searchers,
  c.zero_rate,
  c.refine_rate,
  c.click_rate,
  c.cvr,
  RATIO(c.searches, b.searches) AS growth,
  c.visits < :min_cell
    OR c.told BETWEEN 1 AND :min_cell - 1
    OR COALESCE(b.searches < :min_cell, FALSE) AS low_n
FROM counted AS c
LEFT JOIN before_shown AS b ON b.term = c.term
ORDER BY CASE WHEN c.term = :other THEN 1 ELSE 0 END, c.searches DESC, c.term
