/*
id: sales_trend
name: {ja: 売上推移, en: Sales trend}
category: overview
origin: brief
brief_names: [売上推移]
tier: core
question:
  ja: 売上・顧客・受注・客単価はどう推移しているか。
  en: "How do sales, customers, orders and average spend move over time?"
method:
  ja: "期間ごとの合計。前年比は、「比較」で選んだ期間（前の期間または前年）の売上に対する比。"
  en: "Sum by period; yoy is the ratio to the sales of the compared period (compare: the period before or the year before)."
parameter_groups: [period, base, pur, grain]
parameters:
- {name: compare, type: "enum(none,previous,last_year,last_year_same_dow)", default: last_year, label_ja: 比較, note: "last_year_same_dow compares with 364 days earlier"}
- {name: moving_average, type: int, default: 0, label_ja: 移動平均, minimum: 0, maximum: 60, note: "periods; 0 = as they are"}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: orders, type: int, unit: orders, label_ja: 受注件数}
- {name: items, type: int, unit: items, label_ja: 点数}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: new_buyers, type: int, unit: people, label_ja: うち新規}
- {name: avg_order, type: money, unit: JPY/order, label_ja: 客単価}
- {name: items_per_order, type: double, unit: items, label_ja: 買上点数}
- {name: returns_amount, type: money, unit: JPY, label_ja: 返品額}
- {name: yoy, type: ratio, unit: ratio, label_ja: 前年比}
- {name: guest_amount, type: money, unit: JPY, label_ja: 非会員売上}
charts:
- {kind: line, x: bucket, y: [amount, guest_amount]}
- {kind: dual_axis, x: bucket, y: [amount, yoy]}
- {kind: table}
cells:
- {name: bucket, keys: [bucket], customers: bought, products: sold_lines, becomes: {ja: "その期間に買った顧客と、売れた商品", en: "customers who bought in it and the products sold"}}
rules: [TZ, PUR, RET, GUEST, DIV0, RECON, LATE, SET]
notes:
- ja: "規則RECONの基準となる合計。"
  en: "this is the reference total of rule RECON"
- ja: "会計に合わせるときは「返品の計上」をeventにする。"
  en: "for accounting set return_mode=event"
- ja: "前年比＝売上（移動平均の前）÷比較する期間（「比較」）の売上。1（100%）＝同じ。"
  en: "yoy is the amount (before the moving average) over that of the compared period (compare), 1 = equal"
*/
WITH sold AS (
  SELECT s.*, GRAIN_OF(s.sale_date) AS bucket
  FROM sales AS s
  WHERE s.sale_date BETWEEN :period_start AND :period_end
),
sold_lines AS (
  SELECT GRAIN_OF(l.sale_date) AS bucket, l.product_id
  FROM sales_lines AS l
  WHERE NOT l.is_adjustment AND NOT l.is_return AND l.sale_date BETWEEN :period_start AND :period_end
),
first_dates AS (
  SELECT customer_id, MIN(purchase_date) AS first_date
  FROM purchases
  GROUP BY customer_id
),
-- No sale is compared with one that is more than a year later.
days AS (
  SELECT
    s.sale_date,
    SUM(s.amount) AS amount,
    COUNT_IF(NOT s.is_return) AS orders,
    SUM(s.items) AS items,
    -COALESCE(SUM(CASE WHEN s.is_return THEN s.amount END), 0) AS returns_amount,
    COALESCE(SUM(CASE WHEN s.is_guest THEN s.amount END), 0) AS guest_amount
  FROM sales AS s
  WHERE s.sale_date BETWEEN DATE_ADD('day', -366, :period_start) AND :period_end
  GROUP BY s.sale_date
),
documents AS (
  SELECT
    GRAIN_OF(y.sale_date) AS bucket,
    SUM(y.amount) AS amount,
    CAST(SUM(y.orders) AS BIGINT) AS orders,
    CAST(SUM(y.items) AS BIGINT) AS items,
    SUM(y.returns_amount) AS returns_amount,
    SUM(y.guest_amount) AS guest_amount
  FROM days AS y
  WHERE y.sale_date BETWEEN :period_start AND :period_end
  GROUP BY GRAIN_OF(y.sale_date)
),
bought AS (
  SELECT DISTINCT s.bucket, s.customer_id
  FROM sold AS s
  WHERE NOT s.is_guest AND NOT s.is_return
),
people AS (
  SELECT b.bucket, COUNT(*) AS buyers, COUNT_IF(GRAIN_OF(f.first_date) = b.bucket) AS new_buyers
  FROM bought AS b
  LEFT JOIN first_dates AS f ON f.customer_id = b.customer_id
  GROUP BY b.bucket
),
numbered AS (
  SELECT d.*, ROW_NUMBER() OVER (ORDER BY d.bucket) AS place
  FROM documents AS d
),
smoothed AS (
  SELECT d.bucket, CAST(AVG(CAST(w.amount AS DOUBLE)) AS DECIMAL(18, 2)) AS amount
  FROM numbered AS d
  JOIN numbered AS w ON w.place <= d.place AND w.place > d.place - GREATEST(:moving_average, 1)
  GROUP BY d.bucket
),
-- What was sold on each earlier day, on the day with which it is compared.
earlier AS (
  SELECT
    y.amount,
    CASE :compare
      WHEN 'last_year' THEN DATE_ADD('year', 1, y.sale_date)
      WHEN 'last_year_same_dow' THEN DATE_ADD('day', 364, y.sale_date)
      WHEN 'previous' THEN CASE :grain
        WHEN 'day' THEN DATE_ADD('day', 1, y.sale_date)
        WHEN 'week' THEN DATE_ADD('week', 1, y.sale_date)
        WHEN 'month' THEN DATE_ADD('month', 1, y.sale_date)
        WHEN 'quarter' THEN DATE_ADD('month', 3, y.sale_date)
        ELSE DATE_ADD('year', 1, y.sale_date)
      END
    END AS compared_date
  FROM days AS y
),
baseline AS (
  SELECT GRAIN_OF(e.compared_date) AS bucket, SUM(e.amount) AS amount
  FROM earlier AS e
  WHERE e.compared_date BETWEEN :period_start AND LEAST(:period_end, :as_of)
  GROUP BY GRAIN_OF(e.compared_date)
)
SELECT
  d.bucket,
  m.amount,
  d.orders,
  d.items,
  COALESCE(p.buyers, 0) AS buyers,
  COALESCE(p.new_buyers, 0) AS new_buyers,
  CAST(RATIO(d.amount, d.orders) AS DECIMAL(18, 2)) AS avg_order,
  RATIO(d.items, d.orders) AS items_per_order,
  d.returns_amount,
  RATIO(d.amount, b.amount) AS yoy,
  d.guest_amount
FROM documents AS d
JOIN smoothed AS m ON m.bucket = d.bucket
LEFT JOIN people AS p ON p.bucket = d.bucket
LEFT JOIN baseline AS b ON b.bucket = d.bucket
ORDER BY d.bucket
