/*
id: ropo
name: {ja: Web閲覧→店舗購入分析(ROPO), en: "Research online, purchase offline"}
category: site_access
origin: extension
tier: core
question:
  ja: 店舗売上のうち、同じ顧客のWeb閲覧のあとに生まれたものはどれだけか。どのページが来店を準備しているか。
  en: "How much of store sales followed a web visit of the same customer, and which pages prepare store visits?"
method:
  ja: "識別された顧客の店舗での購入明細のうち、「さかのぼる日数」内に同じカテゴリ（または商品）を閲覧したもの。店舗売上に占める割合、日数、見たページを示す。"
  en: "Store lines of known customers with a view of the same category (or product) within lookback_days; share of store sales, days between, page seen."
parameter_groups: [period, base, pur, web]
parameters:
- {name: lookback_days, type: int, default: 14, label_ja: さかのぼる日数, note: "", minimum: 1}
- {name: match, type: "enum(product,category_l3,category_l2)", default: category_l3, label_ja: 閲覧と購入の合わせ方, note: ""}
columns:
- {name: store, type: string, unit: none, label_ja: 店舗}
- {name: category, type: string, unit: none, label_ja: カテゴリ}
- {name: store_amount, type: money, unit: JPY, label_ja: 店舗売上(会員)}
- {name: ropo_amount, type: money, unit: JPY, label_ja: Web閲覧後売上}
- {name: ropo_share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: days_median, type: double, unit: days, label_ja: 日数中央値}
- {name: top_page, type: string, unit: none, label_ja: 主要ページ}
charts:
- {kind: stacked_bar, x: store, y: ropo_amount, color: category, where: {store: {not: [合計]}}}
- {kind: table}
cells:
- {name: cell, keys: [store, category], customers: prepared, products: prepared, becomes: {ja: "Webで見て店舗で購入した顧客", en: "customers who looked online and bought in the store"}}
- {name: looked_only, keys: [looked_category], types: {looked_category: string}, customers: looked_only, becomes: {ja: "集計期間にWebで見て、その後どこでも購入していない顧客", en: "customers who looked online in the period and bought nothing anywhere since"}}
rules: [TZ, PUR, RET, BOT, GUEST, MERGE, CENSOR, DIV0, SET]
notes:
- ja: "構成比は、サイトで識別できる顧客（クッキーまたはアプリが紐づくか、訪問がある人）の店舗売上に対する割合。それ以外の人は突き合わせられない。"
  en: "ropo_share is over the store sales of customers whom the site can recognise (a linked cookie or app, or a visit); others cannot match"
- ja: "明細は、顧客が「さかのぼる日数」内に同じ商品（親商品）または同じカテゴリを見ていれば数える。日数と主要ページはその最後の閲覧のもの。"
  en: "a line counts when its customer saw the same product (its parent) or category in the lookback_days before; days and top_page are of the last such view"
- ja: "「閲覧と購入の合わせ方」が商品（product）のとき、カテゴリは小カテゴリを示す。"
  en: "with match = product the category shown is category_l3"
*/
WITH store_lines AS (
  SELECT
    l.order_id,
    l.line_no,
    l.customer_id,
    l.purchase_at,
    COALESCE(s.store, l.store_id, :unknown) AS store,
    COALESCE(CASE WHEN :match = 'category_l2' THEN l.category_l2 ELSE l.category_l3 END, :unknown) AS category,
    l.product_id,
    CASE :match
      WHEN 'product' THEN COALESCE(l.parent_id, l.product_id)
      WHEN 'category_l2' THEN l.category_l2
      ELSE l.category_l3
    END AS subject,
    l.amount,
    k.customer_id IS NOT NULL AS is_linked
  FROM purchase_lines AS l
  LEFT JOIN store_labels AS s ON s.store_id = l.store_id
  LEFT JOIN linked_customers AS k ON k.customer_id = l.customer_id
  WHERE l.channel = 'store' AND l.purchase_date BETWEEN :period_start AND :period_end
),
looks AS (
  SELECT
    e.customer_id,
    e.event_at,
    e.session_date,
    e.page_path,
    COALESCE(CASE WHEN :match = 'category_l2' THEN e.category_l2 ELSE e.category_l3 END, :unknown) AS looked_category,
    CASE :match
      WHEN 'product' THEN e.parent_id
      WHEN 'category_l2' THEN e.category_l2
      ELSE e.category_l3
    END AS subject
  FROM session_events AS e
  WHERE e.is_view AND e.customer_id IS NOT NULL AND e.product_id IS NOT NULL
),
prepared AS (
  SELECT
    l.store,
    l.category,
    l.customer_id,
    l.product_id,
    l.order_id,
    l.line_no,
    MAX(l.amount) AS amount,
    DATE_DIFF('day', LOCAL_DAY(MAX(v.event_at)), LOCAL_DAY(MAX(l.purchase_at))) AS days,
    MAX_BY(v.page_path, v.event_at) AS page
  FROM store_lines AS l
  JOIN looks AS v ON v.customer_id = l.customer_id AND v.subject = l.subject
  WHERE v.event_at < l.purchase_at AND v.event_at >= DATE_ADD('day', -:lookback_days, l.purchase_at)
  GROUP BY l.store, l.category, l.customer_id, l.product_id, l.order_id, l.line_no
),
looked_only AS (
  SELECT DISTINCT v.looked_category, v.customer_id
  FROM looks AS v
  WHERE
    v.session_date BETWEEN :period_start AND :period_end
    AND NOT EXISTS (SELECT 1 FROM v_purchases AS p WHERE p.customer_id = v.customer_id AND p.purchase_at >= v.event_at)
),
pages AS (
  SELECT store, category, page, ROW_NUMBER() OVER (PARTITION BY store, category ORDER BY COUNT(*) DESC, page) AS rank
  FROM prepared
  WHERE page IS NOT NULL
  GROUP BY store, category, page
),
sold AS (
  SELECT
    CASE WHEN GROUPING(store) = 1 THEN :total ELSE store END AS store,
    CASE WHEN GROUPING(store) = 1 THEN :total ELSE category END AS category,
    SUM(amount) AS store_amount,
    SUM(CASE WHEN is_linked THEN amount ELSE 0 END) AS linked_amount
  FROM store_lines
  GROUP BY GROUPING SETS ((store, category), ())
),
matched AS (
  SELECT
    CASE WHEN GROUPING(store) = 1 THEN :total ELSE store END AS store,
    CASE WHEN GROUPING(store) = 1 THEN :total ELSE category END AS category,
    SUM(amount) AS ropo_amount,
    COUNT(DISTINCT customer_id) AS customers,
    QUANTILE_OF(days, 0.5) AS days_median
  FROM prepared
  GROUP BY GROUPING SETS ((store, category), ())
)
SELECT
  s.store,
  s.category,
  s.store_amount,
  COALESCE(m.ropo_amount, 0) AS ropo_amount,
  RATIO(COALESCE(m.ropo_amount, 0), s.linked_amount) AS ropo_share,
  COALESCE(m.customers, 0) AS customers,
  m.days_median,
  p.page AS top_page
FROM sold AS s
LEFT JOIN matched AS m ON m.store = s.store AND m.category = s.category
LEFT JOIN pages AS p ON p.store = s.store AND p.category = s.category AND p.rank = 1
WHERE s.store_amount IS NOT NULL
ORDER BY
  CASE WHEN s.store = :total THEN 2 WHEN s.store = :unknown OR s.category = :unknown THEN 1 ELSE 0 END,
  COALESCE(m.ropo_amount, 0) DESC,
  s.store_amount DESC,
  s.store,
  s.category
