/*
id: browse_before_purchase
name: {ja: 購入前閲覧・比較検討分析, en: Browsing before a purchase}
category: site_access
origin: extension
tier: standard
question:
  ja: 購入の前に、何回訪問し、何日かけ、何商品を見比べているか。何回見た人が次に買うか。
  en: "How many visits, days and product views lie before a purchase, by category and price?"
method:
  ja: "購入（既定では店舗を含む）ごとに、同じカテゴリの閲覧を「さかのぼる日数」までたどり、最初の閲覧、閲覧数、閲覧した商品の数、訪問回数を見る。あわせて、それまでの閲覧回数別の購入率（ハザード）を出す。"
  en: "For each purchase (by default also in stores) look back lookback_days in the same category: days since the first view, views, distinct products, visits; then the rate of purchase by views so far (hazard)."
parameter_groups: [period, base, web]
parameters:
- {name: lookback_days, type: int, default: 60, minimum: 1, maximum: 365, label_ja: さかのぼる日数, note: ""}
- {name: level, type: "enum(category_l2,category_l3)", default: category_l2, label_ja: カテゴリの階層, note: ""}
- {name: include_store_purchases, type: bool, default: true, label_ja: 店舗の購入を含む, note: "false = EC and app alone"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "views under which low_n is set"}
columns:
- {name: category, type: string, unit: none, label_ja: カテゴリ}
- {name: purchases, type: int, unit: orders, label_ja: 購入件数}
- {name: days_median, type: double, unit: days, label_ja: 検討日数中央値}
- {name: visits_median, type: double, unit: sessions, label_ja: 訪問回数中央値}
- {name: views_median, type: double, unit: views, label_ja: 閲覧数中央値}
- {name: products_median, type: double, unit: products, label_ja: 比較商品数}
- {name: view_no, type: int, unit: views, label_ja: 閲覧回数}
- {name: buy_hazard, type: ratio, unit: ratio, label_ja: 次回購入率}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: line, x: view_no, y: buy_hazard, where: {category: 合計}}
- {kind: bar, x: category, y: days_median, where: {view_no: 1}}
- {kind: table}
cells:
- {name: now, keys: [category, view_no], customers: undecided, products: undecided, becomes: {ja: "いまこの閲覧回数で購入していない顧客と、最後に見た商品", en: "customers now at this number of views without a purchase, and the products that they saw last"}}
rules: [TZ, BOT, DEDUP, MERGE, CENSOR, SMALL, SET]
notes:
- ja: "事前に閲覧のない購入は、検討日数0日とする。"
  en: "purchases without any earlier view are class 0 days"
- ja: "カテゴリの購入の前の閲覧は、前回の購入以降にそのカテゴリの商品を見たもので、最大「さかのぼる日数」まで。識別された顧客だけを対象とする。"
  en: "a purchase of a category is preceded by the views of its products since the purchase before, lookback_days at most; known customers only"
- ja: "購入は、さかのぼる期間の全体をWebログで見られるものだけを数える。集計期間の閲覧は、「さかのぼる日数」が過ぎたものだけを次回購入率に数える。"
  en: "only purchases whose whole look-back the web log covers are counted; views in the period count for the hazard once lookback_days have passed"
- ja: "閲覧回数は、前回の購入または「さかのぼる日数」を超える中断からの、そのカテゴリの閲覧の数で、20まで。次回購入率は、その閲覧の次に購入が来た割合。カテゴリの数値は各行に繰り返し示す。"
  en: "view_no counts the views of the category since the last purchase or since a pause above lookback_days, up to 20; buy_hazard is the share of these views after which a purchase came next; the figures of the category are repeated on its rows"
- ja: "「合計」の行は、複数カテゴリの購入を1回だけ数える。中央値は購入とカテゴリの組についてのもの。"
  en: "the row 合計 counts an order of several categories once; its medians are over orders and categories"
*/
WITH viewed AS (
  SELECT
    e.customer_id,
    CASE :level WHEN 'category_l3' THEN e.category_l3 ELSE e.category_l2 END AS category,
    e.event_at AS at,
    FALSE AS is_purchase,
    e.event_id AS step_id,
    e.session_id,
    e.product_id
  FROM session_events AS e
  WHERE e.event_type = 'product_view' AND e.customer_id IS NOT NULL
),
bought AS (
  SELECT
    l.customer_id,
    CASE :level WHEN 'category_l3' THEN l.category_l3 ELSE l.category_l2 END AS category,
    l.purchase_at AS at,
    TRUE AS is_purchase,
    l.order_id AS step_id
  FROM v_lines AS l
  JOIN population AS c ON c.customer_id = l.customer_id
  WHERE
    NOT l.is_service
    AND (:include_store_purchases OR l.channel IN ('ec', 'app'))
    AND l.purchase_date >= DATE_ADD('day', 0 - 2 * :lookback_days, :period_start)
  GROUP BY l.customer_id, CASE :level WHEN 'category_l3' THEN l.category_l3 ELSE l.category_l2 END, l.purchase_at, l.order_id
),
steps AS (
  SELECT customer_id, category, at, is_purchase, step_id, session_id, product_id FROM viewed WHERE category IS NOT NULL
  UNION ALL
  SELECT customer_id, category, at, is_purchase, step_id, NULL, NULL FROM bought WHERE category IS NOT NULL
),
neighbours AS (
  SELECT
    s.*,
    LAG(s.at) OVER (PARTITION BY s.customer_id, s.category ORDER BY s.at, s.is_purchase, s.step_id) AS before_at,
    LAG(s.is_purchase) OVER (PARTITION BY s.customer_id, s.category ORDER BY s.at, s.is_purchase, s.step_id)
      AS after_purchase
  FROM steps AS s
),
-- A consideration begins after a purchase or a long pause, and ends with a purchase, if any.
parts AS (
  SELECT
    n.*,
    SUM(
      CASE
        WHEN n.before_at IS NULL OR n.after_purchase OR n.at > DATE_ADD('day', :lookback_days, n.before_at) THEN 1
        ELSE 0
      END
    ) OVER (
      PARTITION BY n.customer_id, n.category ORDER BY n.at, n.is_purchase, n.step_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS part
  FROM neighbours AS n
),
counted AS (
  SELECT
    p.*,
    SUM(CASE WHEN p.is_purchase THEN 0 ELSE 1 END) OVER (
      PARTITION BY p.customer_id, p.category, p.part ORDER BY p.at, p.is_purchase, p.step_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS view_no,
    LEAD(p.is_purchase) OVER (
      PARTITION BY p.customer_id, p.category, p.part ORDER BY p.at, p.is_purchase, p.step_id
    ) AS next_is_purchase,
    MAX(CASE WHEN p.is_purchase THEN p.at END) OVER (PARTITION BY p.customer_id, p.category, p.part) AS bought_at,
    MAX(CASE WHEN p.is_purchase THEN p.step_id END) OVER (PARTITION BY p.customer_id, p.category, p.part) AS order_id
  FROM parts AS p
),
logged AS (
  SELECT MIN(event_date) AS first_date, MAX(event_date) AS last_date FROM web_events
),
considered AS (
  SELECT
    c.category,
    c.order_id,
    COALESCE(
      DATE_DIFF('day', LOCAL_DAY(MIN(CASE WHEN NOT c.is_purchase THEN c.at END)), LOCAL_DAY(MAX(c.bought_at))), 0
    ) AS days,
    COUNT(DISTINCT c.session_id) AS visits,
    COUNT_IF(NOT c.is_purchase) AS views,
    COUNT(DISTINCT c.product_id) AS products
  FROM counted AS c
  CROSS JOIN logged AS g
  WHERE
    c.bought_at IS NOT NULL
    AND c.at >= DATE_ADD('day', 0 - :lookback_days, c.bought_at)
    AND LOCAL_DAY(c.bought_at) BETWEEN :period_start AND :period_end
    AND LOCAL_DAY(c.bought_at) BETWEEN DATE_ADD('day', :lookback_days, g.first_date) AND g.last_date
  GROUP BY c.category, c.customer_id, c.part, c.order_id
),
summed AS (
  SELECT
    t.category,
    COUNT(DISTINCT c.order_id) AS purchases,
    QUANTILE_OF(c.days, 0.5) AS days_median,
    QUANTILE_OF(c.visits, 0.5) AS visits_median,
    QUANTILE_OF(c.views, 0.5) AS views_median,
    QUANTILE_OF(c.products, 0.5) AS products_median
  FROM considered AS c
  CROSS JOIN UNNEST(ARRAY[c.category, :total]) AS t(category)
  GROUP BY t.category
),
hazards AS (
  SELECT t.category, c.view_no, COUNT(*) AS views, RATIO(COUNT_IF(c.next_is_purchase), COUNT(*)) AS buy_hazard
  FROM counted AS c
  CROSS JOIN UNNEST(ARRAY[c.category, :total]) AS t(category)
  WHERE
    NOT c.is_purchase
    AND c.view_no <= 20
    AND LOCAL_DAY(c.at) BETWEEN :period_start AND :period_end
    AND LOCAL_DAY(DATE_ADD('day', :lookback_days, c.at)) <= :as_of
  GROUP BY t.category, c.view_no
),
undecided AS (
  SELECT t.category, c.view_no, c.customer_id, c.product_id
  FROM counted AS c
  CROSS JOIN UNNEST(ARRAY[c.category, :total]) AS t(category)
  WHERE
    NOT c.is_purchase
    AND c.next_is_purchase IS NULL
    AND c.view_no <= 20
    AND LOCAL_DAY(c.at) >= DATE_ADD('day', 0 - :lookback_days, :as_of)
),
listed AS (
  SELECT category FROM summed
  UNION
  SELECT category FROM hazards
)
SELECT
  l.category,
  COALESCE(s.purchases, 0) AS purchases,
  s.days_median,
  s.visits_median,
  s.views_median,
  s.products_median,
  h.view_no,
  h.buy_hazard,
  COALESCE(h.views < :min_cell, FALSE) AS low_n
FROM listed AS l
LEFT JOIN summed AS s ON s.category = l.category
LEFT JOIN hazards AS h ON h.category = l.category
ORDER BY l.category <> :total, COALESCE(s.purchases, 0) DESC, l.category, h.view_no
