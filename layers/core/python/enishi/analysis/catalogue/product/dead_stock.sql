/*
id: dead_stock
name: {ja: 滞留在庫分析, en: Ageing stock}
category: product
origin: extension
tier: standard
question:
  ja: 長く動いていない在庫は何で、どの店にあるか。欲しがりそうな顧客は誰か。
  en: "What has not moved for long, where is it, and which customers may want it?"
method:
  ja: "最終販売からの日数と最初の入荷からの日数による、店舗ごとの在庫金額。まだその商品を売っている店舗の数と、関心のありそうな顧客（カテゴリの購入、お気に入り、閲覧）の数。"
  en: "Stock value by days since last sale and since first receipt, by store; stores that still sell it; customers with affinity (category bought, favourite, viewed)."
parameter_groups: [asof, base, pur, top]
parameters:
- {name: age_bands, type: list(int), default: "30,60,90,180,365", label_ja: 滞留日数の区切り, note: upper ends in days since the first receipt}
- {name: no_sale_days, type: int, default: 60, minimum: 1, label_ja: 販売なし日数, note: "no sale in the store for at least so long"}
columns:
- {name: item, type: string, unit: none, label_ja: 商品}
- {name: store, type: string, unit: none, label_ja: 店舗}
- {name: age_band, type: string, unit: days, label_ja: 滞留帯}
- {name: quantity, type: int, unit: items, label_ja: 数量}
- {name: stock_value, type: money, unit: JPY, label_ja: 在庫金額}
- {name: days_since_sale, type: int, unit: days, label_ja: 最終販売経過日}
- {name: selling_stores, type: int, unit: stores, label_ja: 販売中店舗数}
- {name: likely_customers, type: int, unit: people, label_ja: 候補顧客数}
charts:
- {kind: heatmap, x: age_band, y: store, color: stock_value, where: {selling_stores: {min: 0}}}
- {kind: treemap, source: store, target: item, y: stock_value, where: {selling_stores: {min: 0}}}
- {kind: table}
cells:
- {name: row, keys: [item, store], customers: likely, products: dead_products, becomes: {ja: "候補顧客。商品はその商品", en: "likely customers; products = the item"}}
- {name: why, keys: [item, store, affinity], types: {affinity: string}, customers: likely, products: dead_products_by_affinity, becomes: {ja: "理由別の候補顧客。category（カテゴリの購入）、favourite（お気に入り）、viewed（閲覧）", en: "likely customers by what makes them so: category, favourite, viewed"}}
rules: [TZ, BOT, RET, SET]
needs: [inventory]
notes:
- ja: "在庫は最後の在庫記録によるもの。1行は商品と店舗で、手持ちがあり、その店舗で「販売なし日数」の間売れていないもの。"
  en: "stock of the last snapshot; a row is a product in a store with pieces on hand that has not been sold there for no_sale_days"
- ja: "滞留帯は最初の入荷から基準日までの日数で、入荷が分からなければ「不明」。最終販売経過日は、その店舗で売れたことがなければ値なし。"
  en: "age_band: days from the first receipt to as_of, 不明 where no receipt is known; days_since_sale is null where the store never sold it"
- ja: "「販売なし日数」以内に入荷したものは滞留としない。入荷が分からないものは除外しない。"
  en: "what arrived within no_sale_days is not held against the store, unless its receipt is unknown"
- ja: "販売中店舗数＝「販売なし日数」以内にその商品を売った他の店舗の数。"
  en: "selling_stores = other stores that sold it within no_sale_days"
- ja: "候補顧客＝その商品を持っておらず、1年以内に同じ小カテゴリを買った、お気に入りに入れている、90日以内に閲覧した、のいずれかの顧客。同じ商品なら、どの店舗でも同じ人たちになる。"
  en: "likely customers do not own the product, and bought from its smallest category within a year, hold it as a favourite, or viewed it within 90 days; the same people stand in all stores of a product"
- ja: "返品は販売に数えない。在庫金額の順に「表示件数」までを残し、残りは「その他」にまとめる。"
  en: "returns are no sale; the top_n rows by value are kept, the rest is summed as その他"
*/
WITH sold AS (
  SELECT l.product_id, l.store_id, MAX(l.sale_date) AS last_date
  FROM sales_lines AS l
  WHERE l.quantity > 0 AND NOT l.is_return AND NOT l.is_adjustment AND l.sale_date <= :as_of
  GROUP BY l.product_id, l.store_id
),
dead AS (
  SELECT
    s.product_id,
    n.product AS item,
    s.store_id,
    COALESCE(t.store, s.store_id) AS store,
    DATE_DIFF('day', s.first_received_date, :as_of) AS age,
    s.on_hand_qty AS quantity,
    s.stock_value,
    DATE_DIFF('day', b.last_date, :as_of) AS days_since_sale
  FROM latest_stock AS s
  JOIN products AS d ON d.product_id = s.product_id
  JOIN product_labels AS n ON n.product_id = s.product_id
  LEFT JOIN store_labels AS t ON t.store_id = s.store_id
  LEFT JOIN sold AS b ON b.product_id = s.product_id AND b.store_id = s.store_id
  WHERE
    s.on_hand_qty > 0
    AND NOT COALESCE(d.is_service, FALSE)
    AND s.product_id IN (:product_filter)
    AND s.store_id IN (:stores)
    AND COALESCE(DATE_DIFF('day', b.last_date, :as_of) >= :no_sale_days, TRUE)
    AND COALESCE(DATE_DIFF('day', s.first_received_date, :as_of) >= :no_sale_days, TRUE)
),
bands AS (
  SELECT upper_day, COALESCE(LAG(upper_day) OVER (ORDER BY upper_day), -1) AS lower_day
  FROM UNNEST(:age_bands) AS t(upper_day)
),
oldest AS (
  SELECT MAX(upper_day) AS upper_day FROM bands
),
selling AS (
  SELECT d.product_id, d.store_id, COUNT(b.store_id) AS stores
  FROM dead AS d
  LEFT JOIN sold AS b
    ON b.product_id = d.product_id
    AND b.store_id <> d.store_id
    AND b.last_date > DATE_ADD('day', -:no_sale_days, :as_of)
  GROUP BY d.product_id, d.store_id
),
dead_items AS (
  SELECT DISTINCT d.product_id, p.category_l3
  FROM dead AS d
  JOIN products AS p ON p.product_id = d.product_id
),
affinities AS (
  SELECT d.product_id, l.customer_id, 'category' AS affinity
  FROM dead_items AS d
  JOIN purchase_lines AS l ON l.category_l3 = d.category_l3
  WHERE l.quantity > 0 AND l.purchase_date > DATE_ADD('year', -1, :as_of)
  UNION
  SELECT d.product_id, COALESCE(i.person_id, f.customer_id), 'favourite'
  FROM dead_items AS d
  JOIN favourites AS f
    ON f.target_id = d.product_id
    AND f.target_type = 'product'
    AND LOCAL_DAY(f.added_at) <= :as_of
    AND COALESCE(LOCAL_DAY(f.removed_at) > :as_of, TRUE)
  LEFT JOIN v_identity AS i ON i.customer_id = f.customer_id
  UNION
  SELECT d.product_id, COALESCE(i.person_id, v.customer_id), 'viewed'
  FROM dead_items AS d
  JOIN web_events AS v ON v.product_id = d.product_id
  LEFT JOIN v_identity AS i ON i.customer_id = v.customer_id
  WHERE
    v.event_type = 'product_view'
    AND NOT COALESCE(v.is_bot, FALSE)
    AND v.event_date > DATE_ADD('day', -90, :as_of)
),
owned AS (
  SELECT DISTINCT customer_id, product_id FROM purchase_lines WHERE quantity > 0
),
wanting AS (
  SELECT a.product_id, a.customer_id, a.affinity
  FROM affinities AS a
  JOIN population AS c ON c.customer_id = a.customer_id
  LEFT JOIN owned AS o ON o.customer_id = a.customer_id AND o.product_id = a.product_id
  WHERE o.customer_id IS NULL
),
likely AS (
  SELECT d.item, d.store, w.affinity, w.customer_id
  FROM dead AS d
  JOIN wanting AS w ON w.product_id = d.product_id
),
dead_products AS (
  SELECT item, store, product_id FROM dead
),
dead_products_by_affinity AS (
  SELECT DISTINCT d.item, d.store, w.affinity, d.product_id
  FROM dead AS d
  JOIN wanting AS w ON w.product_id = d.product_id
),
wanted AS (
  SELECT product_id, COUNT(DISTINCT customer_id) AS customers
  FROM wanting
  GROUP BY product_id
),
placed AS (
  SELECT
    d.item,
    d.store,
    CASE
      WHEN d.age IS NULL THEN :unknown
      WHEN b.upper_day IS NULL THEN CAST(o.upper_day + 1 AS VARCHAR) || '日以上'
      ELSE CAST(b.lower_day + 1 AS VARCHAR) || '〜' || CAST(b.upper_day AS VARCHAR) || '日'
    END AS age_band,
    d.quantity,
    d.stock_value,
    d.days_since_sale,
    s.stores AS selling_stores,
    COALESCE(w.customers, 0) AS likely_customers,
    ROW_NUMBER() OVER (ORDER BY d.stock_value DESC NULLS LAST, d.quantity DESC, d.item, d.store) AS place
  FROM dead AS d
  CROSS JOIN oldest AS o
  LEFT JOIN bands AS b ON d.age > b.lower_day AND d.age <= b.upper_day
  JOIN selling AS s ON s.product_id = d.product_id AND s.store_id = d.store_id
  LEFT JOIN wanted AS w ON w.product_id = d.product_id
),
listed AS (
  SELECT item, store, age_band, quantity, stock_value, days_since_sale, selling_stores, likely_customers, place
  FROM placed
  WHERE place <= :top_n
  UNION ALL
  SELECT :other, NULL, NULL, SUM(quantity), SUM(stock_value), NULL, NULL, NULL, NULL
  FROM placed
  WHERE place > :top_n
  HAVING COUNT(*) > 0
)
SELECT item, store, age_band, quantity, stock_value, days_since_sale, selling_stores, likely_customers
FROM listed
ORDER BY place NULLS LAST
