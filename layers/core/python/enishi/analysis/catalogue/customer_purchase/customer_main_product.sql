/*
id: customer_main_product
name: {ja: 顧客別メイン購入商品分析, en: Main product of each customer}
category: customer_purchase
origin: brief
brief_names: [顧客別メイン購入商品分析]
tier: core
question:
  ja: それぞれの顧客が主に買っている商品は何か。その商品にどれだけ頼っているか。
  en: "Which product is each customer's mainstay and how dependent is the customer on it?"
method:
  ja: "顧客ごとに、返品控除後の金額（または購入回数、数量）が最大の商品を選ぶ。依存度＝その商品／顧客の全商品。そのうえで、メイン商品ごとに顧客を数える。"
  en: "Per customer pick the product with the largest net amount (or orders, or quantity); share = that product / all products of the customer. Then count customers per main product."
parameter_groups: [period, base, pur, top]
parameters:
- {name: measure, type: "enum(amount,orders,quantity)", default: amount, label_ja: 比べる値, note: "orders: purchases that hold the product"}
- {name: level, type: "enum(sku,parent,category_l3)", default: parent, label_ja: 商品の単位, note: "parent = the style that groups SKUs"}
- {name: min_share, type: ratio, default: 0, minimum: 0, maximum: 1, label_ja: 最小の依存度, note: "below it the customer has no main product"}
columns:
- {name: product, type: string, unit: none, label_ja: メイン商品}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: share_of_customers, type: ratio, unit: ratio, label_ja: 顧客構成比}
- {name: avg_dependence, type: ratio, unit: ratio, label_ja: 平均依存度}
- {name: amount, type: money, unit: JPY, label_ja: 購入金額}
- {name: orders_per_customer, type: double, unit: count/person, label_ja: 平均購入回数}
- {name: last_purchase_median, type: double, unit: days, label_ja: 最終購入経過日数}
charts:
- {kind: bar, x: product, y: customers, where: {product: {not: [その他, メインなし, 0以下]}}}
- {kind: table}
cells:
- {name: product, keys: [product], customers: mains, products: mains_products, becomes: {ja: "この商品をメイン商品とする顧客。商品＝その商品", en: "customers whose main product this is; products = that product"}}
- {name: customer, keys: [product, customer_id, dependence, orders], types: {customer_id: string, dependence: ratio, orders: int}, customers: mains, becomes: {ja: "顧客1人ごと。購入に占めるその商品の割合（依存度）と購入回数で選ぶ", en: "one row per customer: by how much of the purchases is that product (dependence), and by purchases"}}
rules: [TZ, PUR, RET, NEG, GUEST, MERGE, TIE, SET]
notes:
- ja: "サービスと手数料は候補にせず、依存度の分母の購入にも含めない。"
  en: "services and fees (is_service) are not candidates, nor are they in the purchases that the dependence is a share of"
- ja: "同順位は、金額、購入の新しさ、商品IDの順で決める。"
  en: "tie order: amount, then latest purchase, then product_id"
- ja: "購入金額、購入回数、最終購入経過日数は、その行の顧客が期間内に買ったすべてによる。"
  en: "amount, orders and days since the last purchase are of all that the customers of the row bought in the period"
- ja: "顧客数の順で「表示件数」を超える行は、その他。メインなし＝最小の依存度に届く商品がない、または返品後に商品が残らない。0以下＝購入の合計が残らない。"
  en: "rows after top_n, by customers, are その他; メインなし: no product reaches min_share, or none is left after returns; 0以下: purchases that come to nothing"
- ja: "商品マスタにない商品は不明。"
  en: "a product that the master lacks is 不明"
*/
WITH bought AS (
  SELECT
    p.customer_id,
    COUNT(*) AS orders,
    SUM(p.amount) AS amount,
    DATE_DIFF('day', MAX(p.purchase_date), :as_of) AS days_since_last
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY p.customer_id
),
bought_lines AS (
  SELECT
    l.customer_id,
    l.n,
    COALESCE(i.item, :unknown) AS product,
    l.product_id,
    l.purchase_date,
    l.amount,
    l.quantity
  FROM purchase_lines AS l
  LEFT JOIN item_levels AS i
    ON i.product_id = l.product_id AND i.level = CASE :level WHEN 'sku' THEN 'product' ELSE :level END
  WHERE l.purchase_date BETWEEN :period_start AND :period_end AND NOT l.is_service
),
candidates AS (
  SELECT
    customer_id,
    product,
    SUM(amount) AS amount,
    MAX(purchase_date) AS last_date,
    MIN(product_id) AS product_id,
    CASE :measure
      WHEN 'orders' THEN CAST(COUNT(DISTINCT n) AS DOUBLE)
      WHEN 'quantity' THEN CAST(SUM(quantity) AS DOUBLE)
      ELSE CAST(SUM(amount) AS DOUBLE)
    END AS weight
  FROM bought_lines
  GROUP BY customer_id, product
  HAVING SUM(quantity) > 0
),
placed AS (
  SELECT
    customer_id,
    product,
    RATIO(weight, SUM(weight) OVER (PARTITION BY customer_id)) AS dependence,
    ROW_NUMBER() OVER (
      PARTITION BY customer_id ORDER BY weight DESC, amount DESC, last_date DESC, product_id, product
    ) AS place
  FROM candidates
  WHERE weight > 0
),
leading AS (
  SELECT customer_id, product, dependence
  FROM placed
  WHERE place = 1 AND dependence >= :min_share
),
ranked AS (
  SELECT
    h.product,
    ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, SUM(b.amount) DESC, h.product) AS place
  FROM leading AS h
  JOIN bought AS b ON b.customer_id = h.customer_id
  WHERE b.amount > 0
  GROUP BY h.product
),
mains AS (
  SELECT
    CASE
      WHEN b.amount <= 0 THEN :not_positive
      WHEN h.product IS NULL THEN 'メインなし'
      WHEN r.place <= :top_n THEN h.product
      ELSE :other
    END AS product,
    b.customer_id,
    b.orders,
    b.amount,
    b.days_since_last,
    CASE WHEN b.amount > 0 THEN h.product END AS main_product,
    CASE WHEN b.amount > 0 THEN h.dependence END AS dependence
  FROM bought AS b
  LEFT JOIN leading AS h ON h.customer_id = b.customer_id
  LEFT JOIN ranked AS r ON r.product = h.product
),
mains_products AS (
  SELECT m.product, l.product_id
  FROM mains AS m
  JOIN bought_lines AS l ON l.customer_id = m.customer_id AND l.product = m.main_product
)
SELECT
  m.product,
  COUNT(*) AS customers,
  RATIO(COUNT(*), SUM(COUNT(*)) OVER ()) AS share_of_customers,
  AVG(m.dependence) AS avg_dependence,
  SUM(m.amount) AS amount,
  RATIO(SUM(m.orders), COUNT(*)) AS orders_per_customer,
  QUANTILE_OF(m.days_since_last, 0.5) AS last_purchase_median
FROM mains AS m
GROUP BY m.product
ORDER BY
  CASE m.product WHEN :unknown THEN 4 WHEN :not_positive THEN 3 WHEN 'メインなし' THEN 2 WHEN :other THEN 1 ELSE 0 END,
  COUNT(*) DESC,
  SUM(m.amount) DESC,
  m.product
