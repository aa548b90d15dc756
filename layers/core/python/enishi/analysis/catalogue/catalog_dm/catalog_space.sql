/*
id: catalog_space
name: {ja: カタログ掲載スペース効率分析, en: Catalog space efficiency}
category: catalog_dm
origin: extension
tier: standard
question:
  ja: どのページとどの商品が、紙面に見合う売上と利益をあげているか。
  en: Which pages and items earn their space?
method:
  ja: "掲載商品の成果の期間内の売上と粗利を、紙面の面積（ページに占める割合×1ページの費用）と比べ、号の平均に対する指数で示す。ページ番号別に位置の影響も見る。"
  en: "Sales and margin of listed items inside the window divided by page area (share of a page x cost per page), relative to the issue mean; position effect by page number."
parameter_groups: [base, pur, top]
parameters:
- {name: catalog_id, type: string, default: required, label_ja: カタログ, note: ""}
- {name: window_days, type: int, default: 45, label_ja: 成果の期間(日), note: ""}
columns:
- {name: page, type: int, unit: none, label_ja: ページ}
- {name: item, type: string, unit: none, label_ja: 商品}
- {name: area_share, type: ratio, unit: ratio, label_ja: 面積比}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: margin, type: money, unit: JPY, label_ja: 粗利}
- {name: space_cost, type: money, unit: JPY, label_ja: スペース費}
- {name: profit, type: money, unit: JPY, label_ja: 利益}
- {name: index, type: double, unit: ratio, label_ja: 面積効率指数}
charts:
- {kind: bar, x: item, y: profit}
- {kind: heatmap, x: page, y: item, color: index}
- {kind: table}
cells:
- {name: buyers, keys: [page, item], customers: item_buyers, products: placed, becomes: {ja: "カタログのあとにその商品を購入した顧客と、その商品", en: "buyers of the item after the catalog, and the item"}}
- {name: viewed, keys: [item, viewed_not_bought], types: {viewed_not_bought: bool}, customers: viewers, becomes: {ja: "成果の期間内にWebでその商品を見て、購入しなかった受取人", en: "receivers who viewed the item on the web within the window and did not buy it"}}
rules: [TZ, RET, GUEST, MERGE, TIE, DIV0, SET]
notes:
- ja: "売上と粗利は、号の最初の到着から「成果の期間(日)」内の、会員による掲載商品の全購入のもの。受取人かどうかは問わない。非会員は含まない。"
  en: "sales and margin are those of all purchases of listed items by members within window_days from the issue's first delivery, receivers or not; guests have no part in them"
- ja: "複数のページに載る商品は、売上を面積で按分する。"
  en: "an item on several pages shares its sales by area"
- ja: "1ページの費用は、全部数の費用をその号のページ数（catalogs.pages、なければ商品を載せたページ数）で割ったもの。スペース費はそれに面積比を掛けたもの。"
  en: "cost per page is all copies' cost over the pages of the issue (catalogs.pages, else the pages that list something); space_cost is the page share times it"
- ja: "面積効率指数は、面積あたりのスペース費差引前の利益（粗利）を号の平均で割ったもの。粗利がわからなければ売上による。1＝号の平均並み。"
  en: "index is profit before space (margin) an area over the issue's mean; sales where a margin is not known; 1 = as the issue"
- ja: "行は面積あたり粗利の順。表示件数に入らない行は「その他」にまとめる（ページは空欄）。"
  en: "rows by margin an area, those below top_n are summed as その他 (page null)"
standard: "Square-inch analysis, usual in catalog marketing."
needs: [catalog_items]
example: {catalog_id: C2026A}
*/
WITH issue AS (
  SELECT MIN(delivered_date) AS first_day, SUM(CASE WHEN NOT is_control THEN cost ELSE 0 END) AS cost
  FROM catalog_copies
  WHERE catalog_id = :catalog_id
),
spaces AS (
  SELECT i.page_no AS page, i.product_id, COALESCE(i.area_share, 0) AS area_share
  FROM catalog_items AS i
  WHERE i.catalog_id = :catalog_id
),
page_cost AS (
  SELECT RATIO(s.cost, COALESCE(MAX(c.pages), COUNT(DISTINCT p.page))) AS cost
  FROM issue AS s
  CROSS JOIN spaces AS p
  LEFT JOIN catalogs AS c ON c.catalog_id = :catalog_id
  GROUP BY s.cost
),
bought AS (
  SELECT l.product_id, l.customer_id, l.amount, l.margin
  FROM purchase_lines AS l
  CROSS JOIN issue AS s
  WHERE l.purchase_date >= s.first_day AND l.purchase_date <= DATE_ADD('day', :window_days, s.first_day)
),
sold AS (
  SELECT product_id, SUM(amount) AS amount, CASE WHEN COUNT(margin) = COUNT(*) THEN SUM(margin) END AS margin
  FROM bought
  GROUP BY product_id
),
shared AS (
  SELECT
    p.page,
    p.product_id,
    p.area_share,
    RATIO(p.area_share, SUM(p.area_share) OVER (PARTITION BY p.product_id)) AS part
  FROM spaces AS p
),
valued AS (
  SELECT
    h.page,
    h.product_id,
    h.area_share,
    COALESCE(CAST(s.amount AS DOUBLE) * h.part, 0) AS amount,
    CASE WHEN s.product_id IS NULL THEN 0 ELSE CAST(s.margin AS DOUBLE) * h.part END AS margin,
    h.area_share * c.cost AS space_cost
  FROM shared AS h
  CROSS JOIN page_cost AS c
  LEFT JOIN sold AS s ON s.product_id = h.product_id
),
ranked AS (
  SELECT
    v.*,
    ROW_NUMBER() OVER (
      ORDER BY RATIO(COALESCE(v.margin, v.amount), v.area_share) DESC NULLS LAST, v.amount DESC, v.page, v.product_id
    ) AS place
  FROM valued AS v
),
placed AS (
  SELECT
    CASE WHEN r.place <= :top_n THEN r.page END AS page,
    CASE WHEN r.place <= :top_n THEN COALESCE(d.product, r.product_id) ELSE :other END AS item,
    LEAST(r.place, :top_n + 1) AS place,
    r.product_id,
    r.area_share,
    r.amount,
    r.margin,
    r.space_cost
  FROM ranked AS r
  LEFT JOIN product_labels AS d ON d.product_id = r.product_id
),
item_buyers AS (
  SELECT DISTINCT p.page, p.item, b.customer_id
  FROM placed AS p
  JOIN bought AS b ON b.product_id = p.product_id
),
viewers AS (
  SELECT DISTINCT p.item, c.customer_id, b.customer_id IS NULL AS viewed_not_bought
  FROM placed AS p
  CROSS JOIN issue AS s
  JOIN web_events AS e ON e.product_id = p.product_id
  LEFT JOIN v_identity AS i ON i.customer_id = e.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, e.customer_id)
  JOIN catalog_copies AS r ON r.customer_id = c.customer_id
  LEFT JOIN bought AS b ON b.product_id = p.product_id AND b.customer_id = c.customer_id
  WHERE
    r.catalog_id = :catalog_id
    AND NOT r.is_control
    AND NOT r.is_returned
    AND e.event_type = 'product_view'
    AND NOT COALESCE(e.is_bot, FALSE)
    AND e.event_date >= s.first_day
    AND e.event_date <= DATE_ADD('day', :window_days, s.first_day)
),
sums AS (
  SELECT
    place,
    page,
    item,
    SUM(area_share) AS area_share,
    SUM(amount) AS amount,
    CASE WHEN COUNT(margin) = COUNT(*) THEN SUM(margin) END AS margin,
    SUM(space_cost) AS space_cost
  FROM placed
  GROUP BY place, page, item
),
whole AS (
  SELECT
    RATIO(SUM(amount), SUM(area_share)) AS amount_an_area,
    CASE WHEN COUNT(margin) = COUNT(*) THEN RATIO(SUM(margin), SUM(area_share)) END AS margin_an_area
  FROM placed
)
SELECT
  s.page,
  s.item,
  s.area_share,
  CAST(s.amount AS DECIMAL(18, 2)) AS amount,
  CAST(s.margin AS DECIMAL(18, 2)) AS margin,
  CAST(s.space_cost AS DECIMAL(18, 2)) AS space_cost,
  CAST(s.margin - s.space_cost AS DECIMAL(18, 2)) AS profit,
  CASE
    WHEN w.margin_an_area IS NOT NULL THEN RATIO(RATIO(s.margin, s.area_share), w.margin_an_area)
    ELSE RATIO(RATIO(s.amount, s.area_share), w.amount_an_area)
  END AS index
FROM sums AS s
CROSS JOIN whole AS w
ORDER BY s.place
