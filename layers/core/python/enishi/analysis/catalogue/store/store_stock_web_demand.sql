/*
id: store_stock_web_demand
name: {ja: Web需要×店舗在庫ギャップ分析, en: Web demand against store stock}
category: store
origin: extension
tier: core
question:
  ja: Webで関心を持たれている商品は、その顧客の店舗に在庫があるか。どこへ誘い、どこへ在庫を動かすか。
  en: "Which items are wanted online by customers living near a store that has them (or lacks them)?"
method:
  ja: "商品とメイン（または最寄り）店舗ごとに、顧客の分かる閲覧、お気に入り、カートを、販売できる在庫と突き合わせる。4つの区分：関心あり・在庫あり（誘う）、関心あり・在庫なし（在庫を動かす）、関心なし・在庫あり、関心なし・在庫なし。"
  en: "Known viewers, favourites and carts per item x main or nearest store x available stock; four cases: wanted and in stock (invite), wanted and missing (move stock), in stock and unwanted, neither."
parameter_groups: [asof, base, web]
parameters:
- {name: demand_days, type: int, default: 14, minimum: 1, label_ja: 関心を見る日数, note: up to as_of}
- {name: min_views, type: int, default: 2, minimum: 1, label_ja: 関心とみなす閲覧回数, note: a favourite or a cart is enough alone}
- {name: max_km, type: double, default: 20, minimum: 0, label_ja: 最寄り店舗までの最大距離(km), note: for customers without a main store}
- {name: min_stock, type: int, default: 1, minimum: 1, label_ja: 在庫ありとみなす数, note: ""}
- {name: price_split, type: money, default: 10000, minimum: 0, label_ja: 受取と相談の境界価格, note: "below: pickup, above: consult"}
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: for lists (rule WD)}
columns:
- {name: store, type: string, unit: none, label_ja: 店舗}
- {name: item, type: string, unit: none, label_ja: 商品}
- {name: interested, type: int, unit: people, label_ja: 関心者数}
- {name: stock, type: int, unit: items, label_ja: 在庫数}
- {name: case, type: enum, unit: none, label_ja: 区分}
- {name: message, type: enum, unit: none, label_ja: 受取/相談}
- {name: nearest_with_stock, type: string, unit: none, label_ja: 在庫店舗}
- {name: potential, type: money, unit: JPY, label_ja: 機会額}
charts:
- {kind: heatmap, x: store, y: item, color: interested, where: {case: [関心あり・在庫あり, 関心あり・在庫なし]}}
- {kind: table}
cells:
- {name: wanted, keys: [store, item, case], customers: wanted, products: wanted, becomes: {ja: "case=関心あり・在庫あり：店舗誘導シナリオの対象となる顧客と、その店舗・商品", en: "case=関心あり・在庫あり: customers with store and product for 店舗誘導シナリオ"}}
rules: [TZ, BOT, DEDUP, MERGE, WD, SET]
notes:
- ja: "その後その商品を買った顧客は除く。"
  en: "customers who bought the item since are out"
- ja: "より新しい在庫記録を取り込んでいなければ、在庫は前夜のもの。"
  en: "stock is of last night unless a fresher snapshot is loaded"
- ja: "顧客の店舗は、直近24か月の購入が最も多い店舗（同数なら最後に買った店舗）。なければ「最寄り店舗までの最大距離(km)」以内で最も近い営業中の店舗。どちらもない顧客は除く。"
  en: "a customer's store is the shop with most purchases of the last 24 months (equal counts: the one bought in last), else the nearest open one within max_km; who has neither is left out"
- ja: "関心：顧客の分かる訪問者の商品閲覧、追加して外していないお気に入り、注文も空にもしていないカート。いずれも「関心を見る日数」以内。"
  en: "interest: product views of known visitors, favourites added and not removed, carts neither ordered nor emptied, all within demand_days"
- ja: "関心のない商品は、店舗ごとに「合計」の行とする：関心なし・在庫ありと、関心なし・在庫なし（その店舗の最後の在庫記録にある商品）。"
  en: "items without interest are one row a store, 合計: 関心なし・在庫あり and 関心なし・在庫なし (items of the store's last snapshot)"
- ja: "在庫店舗は、この店舗に最も近い、その商品のある店舗。機会額＝関心者数×定価。「受取と相談の境界価格」以上は「相談」。"
  en: "nearest_with_stock is the shop nearest to this one that has the item; potential is interested customers x list price; 相談 from price_split on"
needs: [inventory]
*/
WITH looks AS (
  SELECT
    e.customer_id,
    e.product_id,
    e.event_at,
    CASE WHEN e.event_type = 'product_view' THEN 1 ELSE 0 END AS views,
    e.event_type IN ('add_to_cart', 'favourite_add') AS is_strong
  FROM session_events AS e
  WHERE
    e.customer_id IS NOT NULL
    AND e.product_id IS NOT NULL
    AND e.event_type IN ('product_view', 'add_to_cart', 'favourite_add')
    AND e.event_date > DATE_ADD('day', -:demand_days, :as_of)
  UNION ALL
  SELECT COALESCE(i.person_id, f.customer_id), f.target_id, f.added_at, 0, TRUE
  FROM favourites AS f
  LEFT JOIN v_identity AS i ON i.customer_id = f.customer_id
  WHERE
    f.target_type = 'product'
    AND f.removed_at IS NULL
    AND LOCAL_DAY(f.added_at) > DATE_ADD('day', -:demand_days, :as_of)
  UNION ALL
  SELECT COALESCE(i.person_id, k.customer_id), l.product_id, l.added_at, 0, TRUE
  FROM cart_lines AS l
  JOIN carts AS k ON k.cart_id = l.cart_id
  LEFT JOIN v_identity AS i ON i.customer_id = k.customer_id
  WHERE
    k.status IN ('open', 'abandoned')
    AND l.removed_at IS NULL
    AND LOCAL_DAY(l.added_at) > DATE_ADD('day', -:demand_days, :as_of)
),
interests AS (
  SELECT customer_id, product_id, MIN(event_at) AS since
  FROM looks
  GROUP BY customer_id, product_id
  HAVING SUM(views) >= :min_views OR COUNT_IF(is_strong) > 0
),
open_interests AS (
  SELECT n.customer_id, n.product_id
  FROM interests AS n
  WHERE NOT EXISTS (
    SELECT 1
    FROM v_lines AS l
    WHERE l.customer_id = n.customer_id AND l.product_id = n.product_id AND l.purchase_at >= n.since
  )
),
shops AS (
  SELECT l.*
  FROM store_labels AS l
  WHERE l.is_shop AND COALESCE(l.open_date <= :as_of, TRUE) AND COALESCE(l.close_date > :as_of, TRUE)
),
visited AS (
  SELECT
    p.customer_id,
    p.store_id,
    ROW_NUMBER() OVER (
      PARTITION BY p.customer_id ORDER BY COUNT(*) DESC, MAX(p.purchase_at) DESC, p.store_id
    ) AS place
  FROM v_purchases AS p
  JOIN shops AS s ON s.store_id = p.store_id
  WHERE
    p.purchase_date > DATE_ADD('month', -24, :as_of)
    AND p.customer_id IN (SELECT customer_id FROM open_interests)
  GROUP BY p.customer_id, p.store_id
),
placed AS (
  SELECT
    o.customer_id,
    o.product_id,
    COALESCE(v.store_id, CASE WHEN n.km <= :max_km THEN n.store_id END) AS store_id
  FROM open_interests AS o
  JOIN population AS c ON c.customer_id = o.customer_id
  LEFT JOIN visited AS v ON v.customer_id = o.customer_id AND v.place = 1
  LEFT JOIN nearest_stores AS n ON n.latitude = c.latitude AND n.longitude = c.longitude
),
stocked AS (
  SELECT s.store_id, k.product_id, COALESCE(k.available_qty, k.on_hand_qty, 0) AS stock
  FROM latest_stock AS k
  JOIN shops AS s ON s.store_id = k.store_id
),
wanted AS (
  SELECT
    s.store_id,
    s.store,
    p.product_id,
    COALESCE(i.product, p.product_id) AS item,
    p.customer_id,
    COALESCE(k.stock, 0) AS stock,
    CASE WHEN k.stock >= :min_stock THEN '関心あり・在庫あり' ELSE '関心あり・在庫なし' END AS "case"
  FROM placed AS p
  JOIN shops AS s ON s.store_id = p.store_id
  LEFT JOIN product_labels AS i ON i.product_id = p.product_id
  LEFT JOIN stocked AS k ON k.store_id = p.store_id AND k.product_id = p.product_id
),
demanded AS (
  SELECT store_id, store, product_id, item, "case", MAX(stock) AS stock, COUNT(*) AS interested
  FROM wanted
  GROUP BY store_id, store, product_id, item, "case"
),
sources AS (
  SELECT
    d.store_id,
    d.product_id,
    MIN_BY(
      o.store,
      ROW(GREAT_CIRCLE_DISTANCE(h.latitude, h.longitude, o.latitude, o.longitude), o.store_id)
    ) AS nearest_with_stock
  FROM demanded AS d
  JOIN shops AS h ON h.store_id = d.store_id
  JOIN stocked AS k ON k.product_id = d.product_id AND k.stock >= :min_stock AND k.store_id <> d.store_id
  JOIN shops AS o ON o.store_id = k.store_id
  WHERE
    d."case" = '関心あり・在庫なし'
    AND h.latitude IS NOT NULL
    AND h.longitude IS NOT NULL
    AND o.latitude IS NOT NULL
    AND o.longitude IS NOT NULL
  GROUP BY d.store_id, d.product_id
),
unwanted AS (
  SELECT
    k.store_id,
    CASE WHEN k.stock >= :min_stock THEN '関心なし・在庫あり' ELSE '関心なし・在庫なし' END AS "case",
    SUM(k.stock) AS stock
  FROM stocked AS k
  LEFT JOIN demanded AS d ON d.store_id = k.store_id AND d.product_id = k.product_id
  WHERE d.product_id IS NULL
  GROUP BY k.store_id, CASE WHEN k.stock >= :min_stock THEN '関心なし・在庫あり' ELSE '関心なし・在庫なし' END
),
listed AS (
  SELECT
    d.store_id,
    d.store,
    d.product_id,
    d.item,
    d.interested,
    d.stock,
    d."case",
    CASE
      WHEN d."case" = '関心あり・在庫あり' THEN CASE WHEN g.list_price < :price_split THEN '受取' ELSE '相談' END
    END AS message,
    s.nearest_with_stock,
    d.interested * g.list_price AS potential
  FROM demanded AS d
  LEFT JOIN products AS g ON g.product_id = d.product_id
  LEFT JOIN sources AS s ON s.store_id = d.store_id AND s.product_id = d.product_id
  UNION ALL
  SELECT u.store_id, s.store, '', :total, 0, u.stock, u."case", NULL, NULL, 0
  FROM unwanted AS u
  JOIN shops AS s ON s.store_id = u.store_id
)
SELECT l.store, l.item, l.interested, l.stock, l."case", l.message, l.nearest_with_stock, l.potential
FROM listed AS l
JOIN (
  VALUES (1, '関心あり・在庫あり'), (2, '関心あり・在庫なし'), (3, '関心なし・在庫あり'), (4, '関心なし・在庫なし')
) AS k(place, "case") ON k."case" = l."case"
ORDER BY k.place, l.potential DESC NULLS LAST, l.store_id, l.product_id
