/*
id: attribute_sales_trend
name: {ja: 購入属性別売上推移, en: Sales trend by purchase attribute}
category: overview
origin: brief
brief_names: [購入属性別売上推移]
tier: core
question:
  ja: カテゴリやチャネルなどの構成は、時とともにどう変わっているか。
  en: How does the mix over a purchase attribute change with time?
method:
  ja: "集計軸×期間の売上、構成比、増減寄与（値の変化÷基準期間の合計）。"
  en: "Axis x period with amount, share and contribution to growth (change of the value / total of the base period)."
parameter_groups: [period, base, pur, grain, axis]
parameters:
- {name: axis, type: axis, default: category_l1, over: [products, sales, stores, customers, lines], shown_as: axis_value, label_ja: 集計軸, note: "any column of products, sales, stores or customers, coupon_id, or attributes[...]; several with commas"}
- {name: max_axis_values, type: int, default: 10, minimum: 1, label_ja: 軸の最大件数, note: "rest goes to その他"}
- {name: measure, type: "enum(amount,orders,buyers,items)", default: amount, label_ja: 指標, note: "what share, yoy and contribution are of"}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: axis_value, type: string, unit: none, label_ja: 属性値}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: yoy, type: ratio, unit: ratio, label_ja: 前年比}
- {name: contribution, type: double, unit: pp, label_ja: 増減寄与}
charts:
- {kind: stacked_bar, x: bucket, y: amount, color: axis_value}
- {kind: area, x: bucket, y: share, color: axis_value}
- {kind: line, x: bucket, y: contribution, color: axis_value}
cells:
- {name: cell, keys: [bucket, axis_value], customers: shown, products: shown, becomes: {ja: "その購買者と商品", en: "buyers and products"}}
rules: [TZ, PUR, RET, GUEST, UNK, MULTI, DIV0, RECON, SET]
notes:
- ja: "表示する属性値は集計期間全体の売上の合計で選んで固定し、線が途中で始まったり途切れたりしないようにする。"
  en: "the axis values shown are fixed over the whole range by total amount, so that lines do not start and stop"
- ja: "増減寄与＝前年の同じ日からの変化を、前年のその期間の合計に対するポイントで表したもの。前年の売上がなければ値なし。"
  en: "contribution is the change against the same days a year before, in percentage points of that period's total; null without sales a year before"
- ja: "集計軸が商品の項目のとき、件数と購買者数は該当するそれぞれの値に数える（規則MULTI）。その構成比は各値を足し上げた合計に対するもの。"
  en: "orders and buyers of an axis of products count in each of its values (rule MULTI); their share is of the sum of the values"
- ja: "注文が明細以外に請求する額には商品がなく、集計軸が商品の項目のときは「送料・調整」に入る。"
  en: "what an order charges beyond its lines has no product and stands in 送料・調整 when the axis is one of products"
*/
WITH placed AS (
  SELECT
    CASE
      WHEN lines.is_guest AND :axis_reads_customers THEN :guest
      WHEN lines.is_adjustment AND :axis_reads_products THEN :adjustment
      ELSE :axis
    END AS own_value,
    CASE WHEN NOT lines.is_guest AND NOT lines.is_return THEN lines.customer_id END AS customer_id,
    CASE WHEN NOT lines.is_return THEN lines.order_id END AS order_id,
    lines.product_id,
    lines.quantity,
    lines.amount,
    lines.sale_date,
    DATE_ADD('year', 1, lines.sale_date) AS compared_date
  FROM sales_lines AS lines
  JOIN sales ON sales.order_id = lines.order_id
  LEFT JOIN products ON products.product_id = lines.product_id
  LEFT JOIN stores ON stores.store_id = lines.store_id
  LEFT JOIN population AS customers ON customers.customer_id = lines.customer_id
  WHERE lines.sale_date BETWEEN DATE_ADD('year', -1, :period_start) AND :period_end
),
ranked AS (
  SELECT
    own_value,
    own_value = :unknown OR own_value = :guest OR own_value = :adjustment AS is_apart,
    ROW_NUMBER() OVER (
      PARTITION BY own_value = :unknown OR own_value = :guest OR own_value = :adjustment
      ORDER BY SUM(amount) DESC, own_value
    ) AS place
  FROM placed
  WHERE sale_date BETWEEN :period_start AND :period_end
  GROUP BY own_value
),
named AS (
  SELECT own_value, CASE WHEN is_apart OR place <= :max_axis_values THEN own_value ELSE :other END AS axis_value
  FROM ranked
),
shown AS (
  SELECT GRAIN_OF(p.sale_date) AS bucket, n.axis_value, p.customer_id, p.order_id, p.product_id, p.quantity, p.amount
  FROM placed AS p
  JOIN named AS n ON n.own_value = p.own_value
  WHERE p.sale_date BETWEEN :period_start AND :period_end
),
-- A value that was sold only a year before has no line of its own; what it lost stands in その他.
a_year_before AS (
  SELECT
    GRAIN_OF(p.compared_date) AS bucket,
    COALESCE(n.axis_value, :other) AS axis_value,
    p.customer_id,
    p.order_id,
    p.quantity,
    p.amount
  FROM placed AS p
  LEFT JOIN named AS n ON n.own_value = p.own_value
  WHERE p.compared_date BETWEEN :period_start AND LEAST(:period_end, :as_of)
),
measured AS (
  SELECT
    bucket,
    axis_value,
    SUM(amount) AS amount,
    COUNT(DISTINCT customer_id) AS buyers,
    CASE :measure
      WHEN 'orders' THEN CAST(COUNT(DISTINCT order_id) AS DOUBLE)
      WHEN 'buyers' THEN CAST(COUNT(DISTINCT customer_id) AS DOUBLE)
      WHEN 'items' THEN CAST(SUM(quantity) AS DOUBLE)
      ELSE CAST(SUM(amount) AS DOUBLE)
    END AS measure
  FROM shown
  GROUP BY bucket, axis_value
),
measured_before AS (
  SELECT
    bucket,
    axis_value,
    CASE :measure
      WHEN 'orders' THEN CAST(COUNT(DISTINCT order_id) AS DOUBLE)
      WHEN 'buyers' THEN CAST(COUNT(DISTINCT customer_id) AS DOUBLE)
      WHEN 'items' THEN CAST(SUM(quantity) AS DOUBLE)
      ELSE CAST(SUM(amount) AS DOUBLE)
    END AS measure
  FROM a_year_before
  GROUP BY bucket, axis_value
),
buckets AS (
  SELECT DISTINCT bucket FROM measured
),
listed AS (
  SELECT axis_value FROM measured
  UNION
  SELECT axis_value FROM measured_before
),
filled AS (
  SELECT
    b.bucket,
    l.axis_value,
    COALESCE(m.amount, 0) AS amount,
    COALESCE(m.buyers, 0) AS buyers,
    COALESCE(m.measure, 0) AS measure,
    COALESCE(y.measure, 0) AS measure_before,
    SUM(COALESCE(m.measure, 0)) OVER (PARTITION BY b.bucket) AS total,
    SUM(COALESCE(y.measure, 0)) OVER (PARTITION BY b.bucket) AS total_before
  FROM buckets AS b
  CROSS JOIN listed AS l
  LEFT JOIN measured AS m ON m.bucket = b.bucket AND m.axis_value = l.axis_value
  LEFT JOIN measured_before AS y ON y.bucket = b.bucket AND y.axis_value = l.axis_value
)
SELECT
  bucket,
  axis_value,
  amount,
  RATIO(measure, total) AS share,
  buyers,
  RATIO(measure, measure_before) AS yoy,
  100 * RATIO(measure - measure_before, total_before) AS contribution
FROM filled
ORDER BY
  bucket,
  CASE axis_value WHEN :other THEN 1 WHEN :adjustment THEN 2 WHEN :guest THEN 3 WHEN :unknown THEN 4 ELSE 0 END,
  SUM(amount) OVER (PARTITION BY axis_value) DESC,
  axis_value
