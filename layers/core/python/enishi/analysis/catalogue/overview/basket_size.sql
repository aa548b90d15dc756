/*
id: basket_size
name: {ja: 買上点数・客単価分布分析, en: Basket size and value}
category: overview
origin: extension
tier: standard
question:
  ja: 一回の買い物は何点・いくらか。あと一点で何が変わるか。送料無料まであと少しの注文はどれだけか。
  en: How large are baskets and what would one more item bring?
method:
  ja: "1注文あたりの点数と金額の分布、買上点数ごとの客単価、送料無料などの基準額にあと少しで届かない注文の割合。"
  en: "Distribution of items and amount per order; average per item count; share of orders just under thresholds such as free shipping."
parameter_groups: [period, base, pur]
parameters:
- {name: thresholds, type: list(money), default: "3000,5000,10000", minimum: 0, label_ja: 基準額, note: ""}
- {name: near_gap, type: money, default: 500, minimum: 0, label_ja: 間際とする差額, note: "an order is near a threshold when it lacks at most this much"}
- {name: split, type: axis, default: channel, over: [sales, stores, customers], shown_as: split_value, label_ja: 区分, note: "null = all orders as one"}
columns:
- {name: split_value, type: string, unit: none, label_ja: 区分}
- {name: items, type: int, unit: items, label_ja: 買上点数}
- {name: orders, type: int, unit: orders, label_ja: 件数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: avg_order, type: money, unit: JPY/order, label_ja: 客単価}
- {name: p50_order, type: money, unit: JPY/order, label_ja: 客単価中央値}
- {name: threshold, type: money, unit: JPY, label_ja: 基準額}
- {name: near_orders, type: int, unit: orders, label_ja: 基準間際件数}
charts:
- {kind: histogram, x: items, y: orders, color: split_value, where: {threshold: null}}
- {kind: bar, x: threshold, y: near_orders, color: split_value, where: {items: null}}
- {kind: table}
cells:
- {name: items, keys: [split_value, items], customers: baskets, products: basket_products, becomes: {ja: "これらの注文の顧客と、その商品", en: "customers of these orders and their products"}}
- {name: near_orders, keys: [split_value, threshold], customers: near, becomes: {ja: "基準額にあと少しで届かなかった注文の顧客", en: "customers whose order lacked little to the threshold"}}
rules: [TZ, PUR, RET, GUEST, TIE, SET]
notes:
- ja: "サービスと手数料は点数に数えない。"
  en: "services and fees are not items"
- ja: "すべて返品された注文は除き、一部返品の注文は残った点数で数える。"
  en: "fully returned orders are out, partly returned ones use kept items"
- ja: "先に買上点数ごとの行（構成比は区分の全注文に対する割合）、続いて基準額ごとの行を出す。基準額の行では、件数＝区分の全注文、基準間際件数＝基準額までの不足が「間際とする差額」以内の注文、構成比＝その割合。"
  en: "first the rows of item counts (share of all orders of the split), then a row a threshold: orders is all orders of the split, near_orders those below it by at most near_gap, share their part"
- ja: "非会員の注文は、区分が注文の項目のときはその値に数え、顧客の項目のときは「非会員」に入れる。"
  en: "guests' orders count under an axis of orders; under an axis of customers they are 非会員"
*/
WITH placed AS (
  SELECT
    CASE WHEN sales.is_guest AND :split_reads_customers THEN :guest ELSE :split END AS split_value,
    sales.sale_order_id,
    sales.is_return,
    CASE WHEN NOT sales.is_guest THEN sales.customer_id END AS customer_id,
    lines.product_id,
    lines.amount,
    CASE WHEN COALESCE(p.is_service, FALSE) THEN 0 ELSE lines.quantity END AS items
  FROM sales_lines AS lines
  JOIN sales ON sales.order_id = lines.order_id
  LEFT JOIN products AS p ON p.product_id = lines.product_id
  LEFT JOIN stores ON stores.store_id = lines.store_id
  LEFT JOIN population AS customers ON customers.customer_id = lines.customer_id
  WHERE lines.sale_date BETWEEN :period_start AND :period_end
),
baskets AS (
  SELECT
    MIN(split_value) AS split_value,
    sale_order_id,
    MAX(customer_id) AS customer_id,
    SUM(amount) AS amount,
    SUM(items) AS items
  FROM placed
  GROUP BY sale_order_id
  HAVING SUM(amount) > 0 AND COUNT_IF(NOT is_return) > 0
),
basket_products AS (
  SELECT b.split_value, b.items, p.product_id
  FROM baskets AS b
  JOIN placed AS p ON p.sale_order_id = b.sale_order_id
),
near AS (
  SELECT b.split_value, CAST(t.threshold AS DECIMAL(18, 2)) AS threshold, b.sale_order_id, b.customer_id
  FROM baskets AS b
  CROSS JOIN UNNEST(:thresholds) AS t(threshold)
  WHERE b.amount < t.threshold AND b.amount >= t.threshold - :near_gap
),
all_orders AS (
  SELECT split_value, COUNT(*) AS orders FROM baskets GROUP BY split_value
),
by_items AS (
  SELECT
    split_value,
    items,
    COUNT(*) AS orders,
    CAST(AVG(CAST(amount AS DOUBLE)) AS DECIMAL(18, 2)) AS avg_order,
    CAST(QUANTILE_OF(amount, 0.5) AS DECIMAL(18, 2)) AS p50_order
  FROM baskets
  GROUP BY split_value, items
),
near_counts AS (
  SELECT split_value, threshold, COUNT(*) AS orders FROM near GROUP BY split_value, threshold
),
listed AS (
  SELECT
    i.split_value,
    i.items,
    i.orders,
    RATIO(i.orders, a.orders) AS share,
    i.avg_order,
    i.p50_order,
    CAST(NULL AS DECIMAL(18, 2)) AS threshold,
    CAST(NULL AS BIGINT) AS near_orders
  FROM by_items AS i
  JOIN all_orders AS a ON a.split_value = i.split_value
  UNION ALL
  SELECT
    a.split_value,
    NULL,
    a.orders,
    RATIO(COALESCE(n.orders, 0), a.orders),
    NULL,
    NULL,
    CAST(t.threshold AS DECIMAL(18, 2)),
    COALESCE(n.orders, 0)
  FROM all_orders AS a
  CROSS JOIN UNNEST(:thresholds) AS t(threshold)
  LEFT JOIN near_counts AS n ON n.split_value = a.split_value AND n.threshold = t.threshold
)
SELECT split_value, items, orders, share, avg_order, p50_order, threshold, near_orders
FROM listed
ORDER BY
  CASE WHEN threshold IS NULL THEN 0 ELSE 1 END,
  CASE split_value WHEN :guest THEN 1 WHEN :unknown THEN 2 ELSE 0 END,
  split_value,
  items,
  threshold
