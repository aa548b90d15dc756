/*
id: new_product_ramp
name: {ja: 新商品立ち上がり分析, en: New product ramp-up}
category: product
origin: extension
tier: standard
question:
  ja: 新商品は、これまでの新商品と比べてどれだけ速く立ち上がっているか。
  en: "How fast does a new product start compared with earlier launches?"
method:
  ja: "発売後の日ごとの累積購買者、累積数量、取扱店舗数。取扱店舗あたりの数量による、同じカテゴリの直近の新商品と比べた百分位（同類内順位）と、早期リピート率。"
  en: "Cumulative buyers, quantity and amount by day since release, per store handling it; percentile against the last launches in its category; early repeat."
parameter_groups: [asof, base, pur]
parameters:
- {name: products, type: product_set, default: all, label_ja: 新商品, note: "nothing chosen = those released in the last 90 days"}
- {name: peers, type: int, default: 20, minimum: 1, label_ja: 比べる新商品数, note: "the last ones launched before it in its category (category_l3)"}
- {name: days, type: int, default: 90, minimum: 1, maximum: 366, label_ja: 日数, note: ""}
columns:
- {name: product, type: string, unit: none, label_ja: 商品}
- {name: day, type: int, unit: days, label_ja: 発売後日数}
- {name: cum_quantity, type: int, unit: items, label_ja: 累積数量}
- {name: cum_buyers, type: int, unit: people, label_ja: 累積購買者}
- {name: views, type: int, unit: views, label_ja: 閲覧数}
- {name: peer_percentile, type: ratio, unit: ratio, label_ja: 同類内順位}
- {name: handling_stores, type: int, unit: stores, label_ja: 取扱店舗数}
- {name: early_repeat, type: ratio, unit: ratio, label_ja: 早期リピート率}
charts:
- {kind: line, x: day, y: cum_quantity, color: product}
- {kind: line, x: day, y: peer_percentile, color: product}
- {kind: table}
cells:
- {name: first_buyers, keys: [product, day], customers: first_buyers, products: new_products, becomes: {ja: "その日に初めて買った顧客（day=1..30：その日まで）", en: "those who bought it for the first time on the day (day=1..30: up to the day)"}}
- {name: viewers, keys: [product, has_bought], types: {has_bought: bool}, customers: viewers, products: viewed_products, becomes: {ja: "閲覧して買わなかった顧客（has_bought=false）", en: "viewers who did not buy (has_bought=false)"}}
rules: [TZ, BOT, RET, GUEST, MERGE, CENSOR, TIE, SET]
notes:
- ja: "1日目は、最初に販売があった日と店頭に在庫があった日の早い方。発売日より前に届いた在庫は、まだ店頭にないとみなす。"
  en: "day 1 is the first day with a sale or stock on the shelf, whichever is earlier; stock that arrives before the release date is not yet on the shelf"
- ja: "商品は販売単位（SKU）。サービスは除く。基準日までに過ぎていない日は出さない。最初に分かっている注文より前に発売され、立ち上がりが分からない商品も出さない。"
  en: "a product is a sellable item (SKU); services are out; days that have not passed by as_of are not listed, nor are products released before the first known order, whose start nobody saw"
- ja: "非会員の販売は数量に数えるが、非会員は購買者に数えない。閲覧数はその日のもので、ボットを除く。"
  en: "sales of guests count as pieces, guests are no buyers; views are those of the day, robots left out"
- ja: "取扱店舗数＝その日までに、その商品を売った、入荷した、または手持ちがあった店舗とサイトの数。"
  en: "handling stores = stores and sites that have sold it, received it or had it on hand up to the day"
- ja: "同類内順位＝比べる新商品のうち、発売から同じ日までの取扱店舗あたりの数量がより少ないものの割合（同数は半分と数える）。比べる新商品がなければ値なし。在庫の記録が最近から始まったときは、比べる新商品の取扱店舗は販売のあった店舗だけになる。"
  en: "peer_percentile: share of the peers with fewer pieces a handling store by the same day since launch, equal ones counted half; null without a peer. Where stock is counted only since lately, peers have only the stores that sold them"
- ja: "早期リピート率＝それまでの購買者のうち、別の日にもう一度買った人の割合。"
  en: "early_repeat: share of the buyers so far who have bought it on a second day"
standard: null
*/
WITH chosen AS (
  SELECT d.product_id
  FROM products AS d
  WHERE
    d.product_id IN (:products)
    AND NOT COALESCE(d.is_service, FALSE)
    AND (NOT :products_is_open OR d.release_date BETWEEN DATE_ADD('day', -89, :as_of) AND :as_of)
),
in_category AS (
  SELECT d.product_id, d.category_l3, d.release_date
  FROM products AS d
  WHERE
    d.product_id IN (SELECT product_id FROM chosen)
    OR d.category_l3 IN (
      SELECT p.category_l3 FROM products AS p WHERE p.product_id IN (SELECT product_id FROM chosen)
    )
),
sold AS (
  SELECT
    l.product_id,
    l.store_id,
    CASE WHEN NOT l.is_guest THEN l.customer_id END AS customer_id,
    l.sale_date,
    l.quantity
  FROM sales_lines AS l
  WHERE l.product_id IN (SELECT product_id FROM in_category) AND l.sale_date <= :as_of
),
handled AS (
  SELECT product_id, store_id, MIN(from_date) AS from_date
  FROM (
    SELECT product_id, COALESCE(store_id, '') AS store_id, sale_date AS from_date FROM sold WHERE quantity > 0
    UNION ALL
    SELECT
      s.product_id,
      s.store_id,
      GREATEST(COALESCE(s.first_received_date, s.snapshot_date), COALESCE(c.release_date, DATE '1900-01-01'))
    FROM inventory AS s
    JOIN in_category AS c ON c.product_id = s.product_id
    WHERE s.store_id IN (:stores) AND (s.on_hand_qty > 0 OR s.first_received_date IS NOT NULL)
  ) AS seen
  GROUP BY product_id, store_id
),
first_known AS (
  SELECT MIN(order_date) AS known_date FROM orders
),
-- Products whose start can be seen: those released before the first known order were launched at an unknown pace.
launched AS (
  SELECT h.product_id, c.category_l3, MIN(h.from_date) AS launch_date
  FROM handled AS h
  JOIN in_category AS c ON c.product_id = h.product_id
  CROSS JOIN first_known AS k
  WHERE h.from_date <= :as_of AND COALESCE(c.release_date >= k.known_date, TRUE)
  GROUP BY h.product_id, c.category_l3
),
launch_days AS (
  SELECT l.product_id, t.day, DATE_ADD('day', t.day - 1, l.launch_date) AS calendar_date
  FROM launched AS l
  CROSS JOIN UNNEST(SEQUENCE(1, :days)) AS t(day)
  WHERE DATE_ADD('day', t.day - 1, l.launch_date) <= :as_of
),
bought_days AS (
  SELECT product_id, customer_id, sale_date
  FROM sold
  WHERE customer_id IS NOT NULL
  GROUP BY product_id, customer_id, sale_date
  HAVING SUM(quantity) > 0
),
numbered_days AS (
  SELECT b.*, ROW_NUMBER() OVER (PARTITION BY b.product_id, b.customer_id ORDER BY b.sale_date) AS place
  FROM bought_days AS b
),
-- What happened on each day: pieces, first and second buys of a customer, stores that began, views.
happened AS (
  SELECT product_id, sale_date AS calendar_date, quantity, 0 AS buyers, 0 AS repeaters, 0 AS stores, 0 AS views FROM sold
  UNION ALL
  SELECT product_id, sale_date, 0, CASE WHEN place = 1 THEN 1 ELSE 0 END, CASE WHEN place = 2 THEN 1 ELSE 0 END, 0, 0
  FROM numbered_days
  WHERE place <= 2
  UNION ALL
  SELECT product_id, from_date, 0, 0, 0, 1, 0 FROM handled
  UNION ALL
  SELECT product_id, event_date, 0, 0, 0, 0, 1
  FROM web_events
  WHERE
    event_type = 'product_view'
    AND NOT COALESCE(is_bot, FALSE)
    AND product_id IN (SELECT product_id FROM chosen)
),
daily AS (
  SELECT
    product_id,
    calendar_date,
    SUM(quantity) AS quantity,
    SUM(buyers) AS buyers,
    SUM(repeaters) AS repeaters,
    SUM(stores) AS stores,
    SUM(views) AS views
  FROM happened
  GROUP BY product_id, calendar_date
),
ramps AS (
  SELECT
    t.product_id,
    t.day,
    COALESCE(h.views, 0) AS views,
    COALESCE(SUM(h.quantity) OVER so_far, 0) AS cum_quantity,
    COALESCE(SUM(h.buyers) OVER so_far, 0) AS cum_buyers,
    COALESCE(SUM(h.repeaters) OVER so_far, 0) AS cum_repeaters,
    COALESCE(SUM(h.stores) OVER so_far, 0) AS handling_stores
  FROM launch_days AS t
  LEFT JOIN daily AS h ON h.product_id = t.product_id AND h.calendar_date = t.calendar_date
  WINDOW so_far AS (PARTITION BY t.product_id ORDER BY t.day)
),
paces AS (
  SELECT product_id, day, ROUND(RATIO(cum_quantity, handling_stores), 9) AS a_store
  FROM ramps
),
peer_pairs AS (
  SELECT
    n.product_id,
    p.product_id AS peer_id,
    ROW_NUMBER() OVER (PARTITION BY n.product_id ORDER BY p.launch_date DESC, p.product_id) AS place
  FROM launched AS n
  JOIN chosen AS c ON c.product_id = n.product_id
  JOIN launched AS p ON p.category_l3 = n.category_l3 AND p.launch_date < n.launch_date
),
percentiles AS (
  SELECT
    r.product_id,
    r.day,
    RATIO(SUM(SIGN(r.a_store - b.a_store) + 1), 2 * COUNT(*)) AS peer_percentile
  FROM paces AS r
  JOIN peer_pairs AS p ON p.product_id = r.product_id AND p.place <= :peers
  JOIN paces AS b ON b.product_id = p.peer_id AND b.day = r.day
  GROUP BY r.product_id, r.day
),
first_buyers AS (
  SELECT n.product, DATE_DIFF('day', l.launch_date, b.sale_date) + 1 AS day, b.customer_id
  FROM numbered_days AS b
  JOIN chosen AS c ON c.product_id = b.product_id
  JOIN launched AS l ON l.product_id = b.product_id
  JOIN product_labels AS n ON n.product_id = b.product_id
  WHERE b.place = 1
),
new_products AS (
  SELECT n.product, t.day, t.product_id
  FROM launch_days AS t
  JOIN chosen AS c ON c.product_id = t.product_id
  JOIN product_labels AS n ON n.product_id = t.product_id
),
viewers AS (
  SELECT DISTINCT n.product, w.customer_id, b.customer_id IS NOT NULL AS has_bought
  FROM (
    SELECT DISTINCT e.product_id, COALESCE(i.person_id, e.customer_id) AS customer_id
    FROM web_events AS e
    LEFT JOIN v_identity AS i ON i.customer_id = e.customer_id
    WHERE
      e.event_type = 'product_view'
      AND NOT COALESCE(e.is_bot, FALSE)
      AND e.product_id IN (SELECT product_id FROM chosen)
  ) AS w
  JOIN population AS m ON m.customer_id = w.customer_id
  JOIN product_labels AS n ON n.product_id = w.product_id
  LEFT JOIN numbered_days AS b ON b.product_id = w.product_id AND b.customer_id = w.customer_id AND b.place = 1
),
viewed_products AS (
  SELECT DISTINCT v.product, v.has_bought, n.product_id
  FROM viewers AS v
  JOIN product_labels AS n ON n.product = v.product
)
SELECT
  n.product,
  r.day,
  r.cum_quantity,
  r.cum_buyers,
  r.views,
  p.peer_percentile,
  r.handling_stores,
  RATIO(r.cum_repeaters, r.cum_buyers) AS early_repeat
FROM ramps AS r
JOIN chosen AS c ON c.product_id = r.product_id
JOIN product_labels AS n ON n.product_id = r.product_id
LEFT JOIN percentiles AS p ON p.product_id = r.product_id AND p.day = r.day
ORDER BY n.product, r.day
