/*
id: product_sales_trend
name: {ja: 商品別売上推移, en: Product sales trend}
category: overview
origin: brief
brief_names: [商品別売上推移]
tier: core
question:
  ja: 各商品は、金額・数量・購買者数で見てどう売れてきたか。
  en: "How does each product sell over time, in money, pieces and buyers?"
method:
  ja: "商品×期間の表。最後の期間の順位で並べ、順位変動と期末在庫を付ける。"
  en: "Product x period matrix, ranked by the last period, with rank change, first sale date and stock at period end."
parameter_groups: [period, base, pur, grain, top]
parameters:
- {name: level, type: "enum(sku,parent,category_l3)", default: parent, label_ja: 商品の単位, note: ""}
- {name: measure, type: "enum(amount,quantity,buyers)", default: amount, label_ja: 順位の指標, note: ""}
- {name: include_services, type: bool, default: false, label_ja: サービスを含む, note: "fees, deliveries and warranties as products of their own"}
columns:
- {name: product, type: string, unit: none, label_ja: 商品}
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: quantity, type: int, unit: items, label_ja: 数量}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: avg_price, type: money, unit: JPY/item, label_ja: 平均売価}
- {name: rank, type: int, unit: none, label_ja: 順位}
- {name: rank_change, type: int, unit: none, label_ja: 順位変動}
- {name: stock_end, type: int, unit: items, label_ja: 期末在庫}
charts:
- {kind: line, x: bucket, y: amount, color: product, where: {rank: {min: 1, max: 10}}}
- {kind: heatmap, x: bucket, y: product, color: amount, where: {rank: {min: 1, max: 30}}}
- {kind: table}
cells:
- {name: cell, keys: [product, bucket], customers: shown, products: shown, becomes: {ja: "その期間のその商品の購買者。商品はその商品", en: "buyers of the product in the period; product set = that product"}}
rules: [TZ, PUR, RET, NEG, GUEST, TIE, RECON, SET]
notes:
- ja: "サービスは「サービスを含む」を選ばない限り出さず、その売上は「その他」に入る。"
  en: "services are hidden unless asked for; their sales stand in その他"
- ja: "発売前の期間（発売日が分からなければ、最初の販売より前の期間）は0ではなく値なし。"
  en: "periods before release (or, where it is not known, before the first sale ever) are null, not zero"
- ja: "順位はその期間の全商品の中の順位。順位変動が正の値なら、前の期間より上昇。"
  en: "rank is among all products of the period; rank_change above zero = risen since the period before"
- ja: "期末在庫は、拠点ごとの期間内の最後の在庫記録の合計。記録がなければ値なし。"
  en: "stock_end is the last count of each place within the period; null where nothing was counted"
- ja: "商品マスタにない親商品は、名前順で最初の商品の名前で示し、複数あれば「ほか」を付ける。"
  en: "a parent that is no product itself goes by the name of its first product, with ほか where it has several"
- ja: "注文が明細以外に請求する額には商品がなく、「送料・調整」に入る。"
  en: "what an order charges beyond its lines has no product and stands in 送料・調整"
*/
WITH named_products AS (
  SELECT
    d.product_id,
    COALESCE(d.is_service, FALSE) AS is_service,
    d.release_date,
    CASE :level
      WHEN 'sku' THEN own.product
      WHEN 'parent' THEN CASE
        WHEN parent.product IS NOT NULL THEN parent.product
        WHEN d.parent_id IS NULL OR COUNT(*) OVER (PARTITION BY d.parent_id) = 1 THEN own.product
        ELSE MIN(own.product) OVER (PARTITION BY d.parent_id) || ' ほか'
      END
      ELSE COALESCE(d.category_l3, :unknown)
    END AS product
  FROM products AS d
  JOIN product_labels AS own ON own.product_id = d.product_id
  LEFT JOIN product_labels AS parent ON parent.product_id = d.parent_id
),
sold AS (
  SELECT
    CASE
      WHEN l.is_adjustment THEN :adjustment
      WHEN d.is_service AND NOT :include_services THEN :other
      ELSE COALESCE(d.product, :unknown)
    END AS own_product,
    GRAIN_OF(l.sale_date) AS bucket,
    l.product_id,
    CASE WHEN NOT l.is_guest AND NOT l.is_return THEN l.customer_id END AS customer_id,
    l.quantity,
    l.amount
  FROM sales_lines AS l
  LEFT JOIN named_products AS d ON d.product_id = l.product_id
  WHERE l.sale_date BETWEEN :period_start AND :period_end
),
measured AS (
  SELECT
    own_product,
    bucket,
    own_product = :other OR own_product = :adjustment OR own_product = :unknown AS is_apart,
    SUM(amount) AS amount,
    CASE :measure
      WHEN 'quantity' THEN CAST(SUM(quantity) AS DECIMAL(18, 2))
      WHEN 'buyers' THEN CAST(COUNT(DISTINCT customer_id) AS DECIMAL(18, 2))
      ELSE CAST(SUM(amount) AS DECIMAL(18, 2))
    END AS measure
  FROM sold
  GROUP BY own_product, bucket
),
ranked AS (
  SELECT
    own_product,
    bucket,
    ROW_NUMBER() OVER (PARTITION BY bucket ORDER BY measure DESC, amount DESC, own_product) AS rank
  FROM measured
  WHERE measure > 0 AND NOT is_apart
),
last_bucket AS (
  SELECT MAX(bucket) AS bucket FROM sold
),
placed AS (
  SELECT
    m.own_product,
    ROW_NUMBER() OVER (
      ORDER BY MAX(CASE WHEN m.bucket = e.bucket THEN m.measure ELSE 0 END) DESC, SUM(m.amount) DESC, m.own_product
    ) AS place
  FROM measured AS m
  CROSS JOIN last_bucket AS e
  WHERE NOT m.is_apart
  GROUP BY m.own_product
  HAVING SUM(m.amount) > 0
),
shown AS (
  SELECT
    CASE
      WHEN s.own_product = :adjustment OR s.own_product = :unknown THEN s.own_product
      WHEN p.place <= :top_n THEN s.own_product
      WHEN p.place IS NULL AND s.own_product <> :other THEN :not_positive
      ELSE :other
    END AS product,
    s.bucket,
    s.product_id,
    s.customer_id,
    s.quantity,
    s.amount
  FROM sold AS s
  LEFT JOIN placed AS p ON p.own_product = s.own_product
),
figures AS (
  SELECT
    product,
    bucket,
    SUM(amount) AS amount,
    SUM(quantity) AS quantity,
    COUNT(DISTINCT customer_id) AS buyers
  FROM shown
  GROUP BY product, bucket
),
first_sales AS (
  SELECT product_id, MIN(order_date) AS first_date
  FROM order_lines
  GROUP BY product_id
),
released AS (
  SELECT d.product, GRAIN_OF(MIN(COALESCE(d.release_date, f.first_date))) AS bucket
  FROM named_products AS d
  JOIN first_sales AS f ON f.product_id = d.product_id
  GROUP BY d.product
),
counted AS (
  SELECT
    i.product_id,
    GRAIN_OF(i.snapshot_date) AS bucket,
    i.on_hand_qty,
    RANK() OVER (PARTITION BY GRAIN_OF(i.snapshot_date), i.store_id ORDER BY i.snapshot_date DESC) AS place
  FROM inventory AS i
  WHERE i.snapshot_date BETWEEN :period_start AND :period_end AND i.store_id IN (:stores)
),
stocks AS (
  SELECT d.product, c.bucket, SUM(c.on_hand_qty) AS stock
  FROM counted AS c
  JOIN named_products AS d ON d.product_id = c.product_id
  WHERE c.place = 1
  GROUP BY d.product, c.bucket
),
grid AS (
  SELECT p.product, b.bucket
  FROM (SELECT DISTINCT product FROM figures) AS p
  CROSS JOIN (SELECT DISTINCT bucket FROM figures) AS b
),
filled AS (
  SELECT
    g.product,
    g.bucket,
    CASE WHEN f.product IS NOT NULL OR g.bucket >= r.bucket OR r.bucket IS NULL THEN COALESCE(f.amount, 0) END AS amount,
    CASE WHEN f.product IS NOT NULL OR g.bucket >= r.bucket OR r.bucket IS NULL THEN COALESCE(f.quantity, 0) END
      AS quantity,
    CASE WHEN f.product IS NOT NULL OR g.bucket >= r.bucket OR r.bucket IS NULL THEN COALESCE(f.buyers, 0) END
      AS buyers,
    k.rank,
    LAG(k.rank) OVER (PARTITION BY g.product ORDER BY g.bucket) - k.rank AS rank_change,
    s.stock
  FROM grid AS g
  LEFT JOIN figures AS f ON f.product = g.product AND f.bucket = g.bucket
  LEFT JOIN released AS r ON r.product = g.product
  LEFT JOIN ranked AS k ON k.own_product = g.product AND k.bucket = g.bucket
  LEFT JOIN stocks AS s ON s.product = g.product AND s.bucket = g.bucket
)
SELECT
  f.product,
  f.bucket,
  f.amount,
  f.quantity,
  f.buyers,
  CAST(RATIO(f.amount, f.quantity) AS DECIMAL(18, 2)) AS avg_price,
  f.rank,
  f.rank_change,
  f.stock AS stock_end
FROM filled AS f
LEFT JOIN placed AS p ON p.own_product = f.product
ORDER BY
  CASE f.product WHEN :other THEN 1 WHEN :not_positive THEN 2 WHEN :adjustment THEN 3 WHEN :unknown THEN 4 ELSE 0 END,
  p.place,
  f.product,
  f.bucket
