/*
id: viewed_not_bought
name: {ja: 閲覧未購入分析, en: Viewed but not bought}
category: site_access
origin: extension
tier: standard
question:
  ja: よく見られるのに買われない商品はどれか。原因は価格か、在庫か、ページか。
  en: "Which products attract views but not orders, and is price, stock or page the likely cause?"
method:
  ja: "商品ごとの閲覧者数、カート率、「購入を待つ日数」（既定14日、店舗を含む）内の購入率をカテゴリの中央値と比べる。欠品中の閲覧の割合も示す。"
  en: "Per product: viewers, add-to-cart rate, purchase rate within 14 days (store included), against the category median; flags the share of views while out of stock."
parameter_groups: [period, base, web, top]
parameters:
- {name: window_days, type: int, default: 14, minimum: 1, maximum: 180, label_ja: 購入を待つ日数, note: ""}
- {name: min_viewers, type: int, default: 100, minimum: 1, label_ja: 対象とする閲覧者数の下限, note: ""}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "viewers, or views on days with a stock snapshot, under which low_n is set"}
columns:
- {name: product, type: string, unit: none, label_ja: 商品}
- {name: viewers, type: int, unit: people, label_ja: 閲覧者数}
- {name: cart_rate, type: ratio, unit: ratio, label_ja: カート率}
- {name: buy_rate, type: ratio, unit: ratio, label_ja: 購入率}
- {name: category_median, type: ratio, unit: ratio, label_ja: カテゴリ中央値}
- {name: gap, type: double, unit: pp, label_ja: 差}
- {name: stockout_views, type: ratio, unit: ratio, label_ja: 欠品中閲覧率}
- {name: substitute_bought, type: string, unit: none, label_ja: 代替購入商品}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: scatter, x: viewers, y: gap, color: stockout_views}
- {kind: table}
cells:
- {name: product, keys: [product], customers: left_empty, products: left_empty, becomes: {ja: "そのカテゴリで何も購入していない閲覧者と、この商品", en: "viewers who bought nothing from the category; products = this product"}}
example: {min_viewers: 20}
rules: [TZ, BOT, DEDUP, MERGE, SMALL, TIE, DIV0, SET]
notes:
- ja: "閲覧者は、識別された顧客、または識別できない訪問者。訪問者の購入は訪問中の注文、顧客の購入は全チャネルのもの。"
  en: "a viewer is a known customer, or a visitor whom nobody knows; a visitor's purchases are the orders of the visits, a customer's are those of every channel"
- ja: "商品の最初の閲覧から「購入を待つ日数」が基準日までに過ぎた閲覧者だけを数える。カートへの投入も、その期間内のものを数える。"
  en: "only viewers whose window_days from their first view of the product have passed by as_of are counted; carts count within the window too"
- ja: "中央値は、同じ大カテゴリの対象商品についてのもの。差はパーセントのポイント差で、悪い順に並べる。閲覧者数が下限に満たない商品は除く。"
  en: "the median is over the listed products of the same top category; gap is in points of percent, the worst first; products with fewer than min_viewers are left out"
- ja: "欠品中閲覧率は、サイトの在庫記録（店舗種別がECと倉庫）のある日の閲覧に対する割合。なければ空欄。"
  en: "stockout_views is over the views on days with a stock snapshot of the site (stores of type ec and warehouse); empty where there is none"
- ja: "代替購入商品は、その商品を購入しなかった閲覧者が、同じカテゴリで期間内に最も多く購入した商品。"
  en: "the substitute is what most viewers who did not buy the product bought from its category within the window"
- ja: "価格の変更の列はない。商品別の価格履歴（price_history）でわかる。"
  en: "price changes have no column here: price_history tells them by product"
*/
WITH viewed AS (
  SELECT
    COALESCE(e.customer_id, e.visitor_id) AS person,
    e.customer_id,
    e.product_id,
    COALESCE(e.category_l1, :unknown) AS category,
    e.event_at,
    e.event_date
  FROM session_events AS e
  WHERE e.event_type = 'product_view' AND e.product_id IS NOT NULL AND e.session_date BETWEEN :period_start AND :period_end
),
viewers AS (
  SELECT
    person,
    product_id,
    MAX(customer_id) AS customer_id,
    MAX(category) AS category,
    MIN(event_at) AS first_at,
    DATE_ADD('day', :window_days, MIN(event_at)) AS ends_at
  FROM viewed
  GROUP BY person, product_id
  HAVING LOCAL_DAY(DATE_ADD('day', :window_days, MIN(event_at))) <= :as_of
),
bought AS (
  SELECT l.customer_id AS person, l.product_id, l.category_l1, l.purchase_at AS at
  FROM v_lines AS l
  WHERE l.purchase_date >= :period_start
  UNION ALL
  SELECT s.visitor_id, l.product_id, d.category_l1, o.ordered_at
  FROM session_orders AS n
  JOIN sessions AS s ON s.visitor_id = n.visitor_id AND s.visit = n.visit
  JOIN orders AS o ON o.order_id = n.order_id
  JOIN order_lines AS l ON l.order_id = n.order_id
  LEFT JOIN products AS d ON d.product_id = l.product_id
  WHERE s.customer_id IS NULL AND n.amount > 0
),
carted AS (
  SELECT DISTINCT v.person, v.product_id
  FROM viewers AS v
  JOIN session_events AS e
    ON e.product_id = v.product_id AND COALESCE(e.customer_id, e.visitor_id) = v.person
  WHERE e.event_type = 'add_to_cart' AND e.event_at BETWEEN v.first_at AND v.ends_at
),
reactions AS (
  SELECT
    v.person,
    v.product_id,
    COUNT_IF(b.product_id = v.product_id) > 0 AS bought_it,
    COUNT_IF(COALESCE(b.category_l1, :unknown) = v.category) > 0 AS bought_category
  FROM viewers AS v
  LEFT JOIN bought AS b ON b.person = v.person AND b.at BETWEEN v.first_at AND v.ends_at
  GROUP BY v.person, v.product_id
),
followed AS (
  SELECT
    v.*,
    c.person IS NOT NULL AS carted,
    r.bought_it,
    r.bought_category
  FROM viewers AS v
  JOIN reactions AS r ON r.person = v.person AND r.product_id = v.product_id
  LEFT JOIN carted AS c ON c.person = v.person AND c.product_id = v.product_id
),
rated AS (
  SELECT
    product_id,
    MAX(category) AS category,
    COUNT(*) AS viewers,
    RATIO(COUNT_IF(bought_it), COUNT(*)) AS buy_rate
  FROM followed
  GROUP BY product_id
  HAVING COUNT(*) >= :min_viewers
),
medians AS (
  SELECT category, QUANTILE_OF(buy_rate, 0.5) AS category_median
  FROM rated
  GROUP BY category
),
ranked AS (
  SELECT
    r.product_id,
    COALESCE(n.product, r.product_id) AS product,
    m.category_median,
    100 * (r.buy_rate - m.category_median) AS gap,
    ROW_NUMBER() OVER (ORDER BY r.buy_rate - m.category_median, r.viewers DESC, r.product_id) AS place
  FROM rated AS r
  JOIN medians AS m ON m.category = r.category
  LEFT JOIN product_labels AS n ON n.product_id = r.product_id
),
site_stock AS (
  SELECT i.snapshot_date, i.product_id, SUM(i.available_qty) AS available
  FROM inventory AS i
  JOIN stores AS s ON s.store_id = i.store_id AND s.store_type IN ('ec', 'warehouse')
  WHERE i.snapshot_date BETWEEN :period_start AND :period_end
  GROUP BY i.snapshot_date, i.product_id
),
stockouts AS (
  SELECT v.product_id, COUNT(*) AS views, RATIO(COUNT_IF(i.available <= 0), COUNT(*)) AS stockout_views
  FROM viewed AS v
  JOIN site_stock AS i ON i.product_id = v.product_id AND i.snapshot_date = v.event_date
  GROUP BY v.product_id
),
replaced AS (
  SELECT
    f.product_id,
    b.product_id AS substitute_id,
    ROW_NUMBER() OVER (
      PARTITION BY f.product_id ORDER BY COUNT(DISTINCT f.person) DESC, b.product_id
    ) AS place
  FROM followed AS f
  JOIN bought AS b ON b.person = f.person AND b.at BETWEEN f.first_at AND f.ends_at
  WHERE NOT f.bought_it AND COALESCE(b.category_l1, :unknown) = f.category
  GROUP BY f.product_id, b.product_id
),
shown AS (
  SELECT
    CASE WHEN r.place <= :top_n THEN r.product ELSE :other END AS product,
    LEAST(r.place, :top_n + 1) AS place,
    CASE WHEN r.place <= :top_n THEN r.category_median END AS category_median,
    CASE WHEN r.place <= :top_n THEN r.gap END AS gap,
    CASE WHEN r.place <= :top_n THEN r.product_id END AS listed_id,
    f.*
  FROM followed AS f
  JOIN (SELECT product_id, product, place, category_median, gap FROM ranked) AS r ON r.product_id = f.product_id
),
left_empty AS (
  SELECT product, customer_id, product_id FROM shown WHERE NOT bought_category
),
measured AS (
  SELECT
    product,
    place,
    MAX(listed_id) AS product_id,
    COUNT(DISTINCT person) AS viewers,
    COUNT(*) AS followed,
    RATIO(COUNT_IF(carted), COUNT(*)) AS cart_rate,
    RATIO(COUNT_IF(bought_it), COUNT(*)) AS buy_rate,
    MAX(category_median) AS category_median,
    MAX(gap) AS gap
  FROM shown
  GROUP BY product, place
)
SELECT
  m.product,
  m.viewers,
  m.cart_rate,
  m.buy_rate,
  m.category_median,
  m.gap,
  o.stockout_views,
  n.product AS substitute_bought,
  m.followed < :min_cell OR COALESCE(o.views < :min_cell, FALSE) AS low_n
FROM measured AS m
LEFT JOIN stockouts AS o ON o.product_id = m.product_id
LEFT JOIN replaced AS s ON s.product_id = m.product_id AND s.place = 1
LEFT JOIN product_labels AS n ON n.product_id = s.substitute_id
ORDER BY m.place
