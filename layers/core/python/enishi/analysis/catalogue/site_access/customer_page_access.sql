/*
id: customer_page_access
name: {ja: 顧客別ページアクセス分析, en: Page access by customer}
category: site_access
origin: brief
brief_names: [顧客別ページアクセス分析]
tier: core
question:
  ja: それぞれの顧客は、何を、何回、いつ見たか。繰り返し見てまだ買っていない商品は何か。
  en: "What did each known customer look at, how often and how recently?"
method:
  ja: "顧客ごとの訪問回数、PV、閲覧した商品とカテゴリ、主閲覧カテゴリ、最終訪問日、繰り返し見てその後購入していない商品。"
  en: "Per customer: sessions, views, products and categories seen, top category, last visit, products seen at least k times and not bought since."
parameter_groups: [period, base, web, top]
parameters:
- {name: hot_views, type: int, default: 3, label_ja: 繰返しとみなす閲覧数, note: "", minimum: 1}
- {name: not_bought_days, type: int, default: 30, label_ja: 未購入とみなす日数, note: "", minimum: 0}
- {name: category, type: product_set, default: all, label_ja: 対象商品, note: ""}
columns:
- {name: customer_id, type: string, unit: none, label_ja: 顧客ID}
- {name: sessions, type: int, unit: sessions, label_ja: 訪問回数}
- {name: views, type: int, unit: views, label_ja: PV}
- {name: last_visit, type: date, unit: date, label_ja: 最終訪問日}
- {name: top_category, type: string, unit: none, label_ja: 主閲覧カテゴリ}
- {name: hot_products, type: list, unit: products, label_ja: 繰返し閲覧商品}
- {name: carts, type: int, unit: count, label_ja: カート投入}
- {name: purchases, type: int, unit: orders, label_ja: 購入回数}
charts:
- {kind: table}
cells:
- {name: rows, keys: [customer_id, sessions, views, last_visit, top_category, carts, purchases], customers: placed, products: hot, becomes: {ja: "該当する顧客と、その繰返し閲覧商品", en: "these customers and their hot_products"}}
rules: [TZ, BOT, DEDUP, MERGE, WD, SET]
notes:
- ja: "ログイン前の行動は、クッキーが紐づけば顧客のものとする（紐づけの開始は最大30日さかのぼる）。"
  en: "events before a login are credited once the cookie is linked (identities.valid_from reaches back at most 30 days)"
- ja: "繰返し閲覧商品は、集計期間に「繰返しとみなす閲覧数」以上見て、最後の閲覧以降も、その前の「未購入とみなす日数」の間も、どのチャネルでも購入していない商品。"
  en: "hot_products are seen hot_views times or more in the period and bought neither since the last view nor in the not_bought_days before it, in any channel"
- ja: "対象商品を指定すると、その商品の閲覧と、それを含む訪問だけを数える。"
  en: "with a product set only the views of these products, and the visits with one, count"
- ja: "表示件数より後の行（PV、訪問回数、IDの順）は「その他」にまとめる。"
  en: "rows after top_n (by views, sessions, id) are summed as その他"
*/
WITH browsed AS (
  SELECT e.customer_id, e.session_id, e.session_date, e.event_type, e.is_view, e.product_id, e.category_l1, e.event_date
  FROM session_events AS e
  JOIN population AS c ON c.customer_id = e.customer_id
  WHERE
    e.session_date BETWEEN :period_start AND :period_end
    AND e.product_id IN (:category)
    AND COALESCE(c.withdrawn_date > :as_of, COALESCE(c.status, 'active') <> 'withdrawn')
),
counted AS (
  SELECT
    customer_id,
    COUNT(DISTINCT session_id) AS sessions,
    COUNT_IF(is_view) AS views,
    MAX(session_date) AS last_visit,
    COUNT_IF(event_type = 'add_to_cart') AS carts
  FROM browsed
  GROUP BY customer_id
),
favourite_categories AS (
  SELECT
    customer_id,
    category_l1,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY COUNT(*) DESC, MAX(event_date) DESC, category_l1) AS place
  FROM browsed
  WHERE is_view AND category_l1 IS NOT NULL
  GROUP BY customer_id, category_l1
),
repeated AS (
  SELECT customer_id, product_id, MAX(event_date) AS last_view
  FROM browsed
  WHERE is_view AND product_id IS NOT NULL
  GROUP BY customer_id, product_id
  HAVING COUNT(*) >= :hot_views
),
bought AS (
  SELECT customer_id, product_id, MAX(purchase_date) AS last_purchase
  FROM v_lines
  GROUP BY customer_id, product_id
),
wanted AS (
  SELECT r.customer_id, r.product_id
  FROM repeated AS r
  LEFT JOIN bought AS b ON b.customer_id = r.customer_id AND b.product_id = r.product_id
  WHERE COALESCE(b.last_purchase < DATE_ADD('day', -:not_bought_days, r.last_view), TRUE)
),
wanted_lists AS (
  SELECT customer_id, ARRAY_AGG(product_id ORDER BY product_id) AS hot_products
  FROM wanted
  GROUP BY customer_id
),
orders_in_period AS (
  SELECT customer_id, COUNT(*) AS purchases
  FROM v_purchases
  WHERE purchase_date BETWEEN :period_start AND :period_end
  GROUP BY customer_id
),
placed AS (
  SELECT
    n.customer_id,
    n.sessions,
    n.views,
    n.last_visit,
    f.category_l1 AS top_category,
    w.hot_products,
    n.carts,
    COALESCE(o.purchases, 0) AS purchases,
    ROW_NUMBER() OVER (ORDER BY n.views DESC, n.sessions DESC, n.customer_id) AS rank
  FROM counted AS n
  LEFT JOIN favourite_categories AS f ON f.customer_id = n.customer_id AND f.place = 1
  LEFT JOIN wanted_lists AS w ON w.customer_id = n.customer_id
  LEFT JOIN orders_in_period AS o ON o.customer_id = n.customer_id
),
hot AS (
  SELECT
    p.customer_id, p.sessions, p.views, p.last_visit, p.top_category, p.carts, p.purchases, w.product_id
  FROM placed AS p
  JOIN wanted AS w ON w.customer_id = p.customer_id
),
kept AS (
  SELECT customer_id, sessions, views, last_visit, top_category, hot_products, carts, purchases, rank
  FROM placed
  WHERE rank <= :top_n
  UNION ALL
  SELECT :other, SUM(sessions), SUM(views), MAX(last_visit), NULL, NULL, SUM(carts), SUM(purchases), NULL
  FROM placed
  WHERE rank > :top_n
  HAVING COUNT(*) > 0
)
SELECT customer_id, sessions, views, last_visit, top_category, hot_products, carts, purchases
FROM kept
ORDER BY rank NULLS LAST
