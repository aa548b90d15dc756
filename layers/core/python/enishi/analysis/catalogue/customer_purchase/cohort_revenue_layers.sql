/*
id: cohort_revenue_layers
name: {ja: 獲得年度別売上積層分析, en: Revenue layers by acquisition year}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: 今年の売上のうち、前の年度までに獲得した顧客からの売上はいまもどれだけあるか。
  en: How much of this year's sales still comes from customers acquired in earlier years?
method:
  ja: "期間の売上を、初回購入の年度別に積み上げる。各層の残存率は、その層の最初の通年の売上に対する割合。"
  en: "Stack period sales by the fiscal year of the first purchase; survival of each layer against its first full year."
parameter_groups: [period, base, pur, grain]
parameters:
- {name: layer, type: "enum(fiscal_year,quarter,month)", default: fiscal_year, label_ja: 層の単位, note: "by the first purchase; quarters are those of the calendar"}
columns:
- {name: bucket, type: month, unit: months, label_ja: 期間}
- {name: layer, type: string, unit: none, label_ja: 獲得年度}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: customers, type: int, unit: people, label_ja: 購買者数}
- {name: layer_rate, type: ratio, unit: ratio, label_ja: 残存率}
charts:
- {kind: area, x: bucket, y: amount, color: layer}
- {kind: table}
cells:
- {name: cell, keys: [bucket, layer], types: {bucket: date}, customers: spending, becomes: {ja: "その層の、その期間に購入した顧客", en: "customers of that layer who bought in that period"}}
rules: [TZ, PUR, RET, GUEST, MERGE, RECON, SET]
notes:
- ja: "非会員と、データの始まりより前の受注は、それぞれ非会員、不明の層になる。不明は、初回購入がわからない会員（例：データの始まりより前に買った物の返品）。"
  en: "guests and orders older than the data start form the layers 非会員 and 不明: 不明 are members without a known first purchase (for example returns of what was bought before the data begins)"
- ja: "データの始まりより前に買った顧客は、わかっている最初の購入の層に入る。データの始まりは表の下に示す。"
  en: "who bought before the data begins stands in the layer of the first purchase that is known; the line below the table says when the data begins"
- ja: "残存率は、その期間の層の売上を、層の最初の通年（層の最終日のあとの12か月）の1期間あたり平均と比べる。基準日までにその12か月が過ぎるまで空欄。"
  en: "layer_rate compares the layer's sales of the bucket with the mean bucket of its first full year, the twelve months after the layer's last day; null until they have passed by as_of"
- ja: "購買者数は、その期間の売上が0を超える会員の数。"
  en: "購買者数 counts members with sales above zero in the bucket"
footnotes:
- {label_ja: 最初の受注日(それより前の購入は不明です), cte: history}
*/
WITH history AS (
  SELECT MIN(order_date) AS first_day FROM orders
),
firsts AS (
  SELECT
    p.customer_id,
    CASE :layer
      WHEN 'month' THEN DATE_TRUNC('month', p.purchase_date)
      WHEN 'quarter' THEN DATE_TRUNC('quarter', p.purchase_date)
      ELSE DATE_ADD('month', :fiscal_start_month - 1,
        DATE_TRUNC('year', DATE_ADD('month', 1 - :fiscal_start_month, p.purchase_date)))
    END AS layer_start
  FROM purchases AS p
  WHERE p.n = 1
),
layers AS (
  SELECT
    l.layer_start,
    CASE :layer
      WHEN 'month' THEN SUBSTRING(CAST(l.layer_start AS VARCHAR), 1, 7)
      WHEN 'quarter' THEN CAST(YEAR(l.layer_start) AS VARCHAR) || 'Q' || CAST(QUARTER(l.layer_start) AS VARCHAR)
      ELSE CAST(YEAR(l.layer_start) AS VARCHAR) || '年度'
    END AS layer,
    DATE_ADD('month', CASE :layer WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 ELSE 12 END, l.layer_start) AS full_from,
    DATE_ADD('month', CASE :layer WHEN 'month' THEN 13 WHEN 'quarter' THEN 15 ELSE 24 END, l.layer_start) AS full_until
  FROM (SELECT DISTINCT layer_start FROM firsts) AS l
),
-- What each member, or all guests, spent on a day.
sold AS (
  SELECT
    CASE WHEN NOT s.is_guest THEN s.customer_id END AS customer_id,
    s.is_guest,
    s.sale_date,
    f.layer_start,
    SUM(s.amount) AS amount
  FROM sales AS s
  LEFT JOIN firsts AS f ON f.customer_id = s.customer_id AND NOT s.is_guest
  GROUP BY CASE WHEN NOT s.is_guest THEN s.customer_id END, s.is_guest, s.sale_date, f.layer_start
),
full_years AS (
  SELECT
    l.layer_start,
    CAST(SUM(s.amount) AS DOUBLE) / CASE :grain
      WHEN 'day' THEN 365e0
      WHEN 'week' THEN 365e0 / 7
      WHEN 'month' THEN 12e0
      WHEN 'quarter' THEN 4e0
      ELSE 1e0
    END AS mean_amount
  FROM layers AS l
  JOIN sold AS s ON s.layer_start = l.layer_start AND s.sale_date >= l.full_from AND s.sale_date < l.full_until
  WHERE l.full_until <= DATE_ADD('day', 1, :as_of)
  GROUP BY l.layer_start
),
spent AS (
  SELECT
    GRAIN_OF(s.sale_date) AS bucket,
    s.layer_start,
    CASE WHEN s.is_guest THEN :guest ELSE COALESCE(l.layer, :unknown) END AS layer,
    s.customer_id,
    SUM(s.amount) AS amount
  FROM sold AS s
  LEFT JOIN layers AS l ON l.layer_start = s.layer_start
  WHERE s.sale_date BETWEEN :period_start AND :period_end
  GROUP BY
    GRAIN_OF(s.sale_date),
    s.layer_start,
    CASE WHEN s.is_guest THEN :guest ELSE COALESCE(l.layer, :unknown) END,
    s.customer_id
),
spending AS (
  SELECT bucket, layer, customer_id FROM spent WHERE amount > 0
),
stacked AS (
  SELECT
    bucket,
    layer_start,
    layer,
    SUM(amount) AS amount,
    COUNT_IF(amount > 0 AND customer_id IS NOT NULL) AS customers
  FROM spent
  GROUP BY bucket, layer_start, layer
)
SELECT
  t.bucket,
  t.layer,
  t.amount,
  t.customers,
  RATIO(t.amount, y.mean_amount) AS layer_rate
FROM stacked AS t
LEFT JOIN full_years AS y ON y.layer_start = t.layer_start
ORDER BY t.bucket, CASE t.layer WHEN :guest THEN 1 WHEN :unknown THEN 2 ELSE 0 END, t.layer_start
