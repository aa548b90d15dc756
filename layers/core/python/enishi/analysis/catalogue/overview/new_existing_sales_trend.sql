/*
id: new_existing_sales_trend
name: {ja: 新規/既存別売上推移, en: New versus existing sales trend}
category: overview
origin: brief
brief_names: [新規/既存別売上推移]
tier: core
question:
  ja: 各期間の売上のうち、新規・既存・復帰の顧客がそれぞれいくらを占めるか。
  en: "How much of each period's sales comes from first-time buyers, repeaters and returners?"
method:
  ja: "購入ごとの区分：新規＝生涯の初回購入。新規リピート＝同じ期間に初回購入がある顧客の、それ以外の注文。既存＝初回購入がそれより前の期間。復帰＝既存のうち「休眠とする日数」以上空いたもの。"
  en: "Label each purchase: new = lifetime first purchase; all other orders of a customer whose first purchase lies in the same period are new_repeat; existing = first purchase in an earlier period; returned = existing after at least dormant_days."
parameter_groups: [period, base, pur, grain]
parameters:
- {name: dormant_days, type: int, default: 365, minimum: 1, label_ja: 休眠とする日数, note: ""}
- {name: merge_new_repeat, type: bool, default: true, label_ja: 新規の当期リピートを新規に含める, note: count new_repeat as new}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: type, type: enum, unit: none, label_ja: 新規/既存/復帰/非会員}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: orders, type: int, unit: orders, label_ja: 件数}
- {name: avg_order, type: money, unit: JPY/order, label_ja: 客単価}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: yoy, type: ratio, unit: ratio, label_ja: 前年比}
charts:
- {kind: stacked_bar, x: bucket, y: amount, color: type}
- {kind: line, x: bucket, y: share, color: type}
- {kind: table}
cells:
- {name: cell, keys: [bucket, type], customers: shown, products: shown_products, becomes: {ja: "その顧客と商品", en: "customers and their products"}}
rules: [TZ, PUR, RET, GUEST, MERGE, DIV0, RECON, SET]
notes:
- ja: "新規は全履歴で判定するので、取り込んだ最初の年は新規が多めに出る。履歴の始まりは表の下に示す。"
  en: "new is judged on the whole history, so the earliest loaded year overstates new; the line below the table says when the history begins"
- ja: "顧客は期間ごとに1つの区分（その期間の最初の購入の区分）に数える。「新規の当期リピートを新規に含める」を外すと、初回より後の注文は「新規リピート」となり、顧客は「新規」に数える。"
  en: "a customer counts in one type per period: that of her first purchase in it; with merge_new_repeat=false the orders after it are 新規リピート, and she is counted under 新規"
- ja: "期間内の購入が1つも残らない顧客（すべて返品）は、それまでの区分に入れる。"
  en: "who bought nothing that was kept in the period (everything returned) falls under what she was before it"
footnotes:
- {label_ja: 最初の受注日(その後1年は新規が多めに出ます), cte: history}
*/
WITH history AS (
  SELECT MIN(order_date) AS first_day FROM orders
),
bought AS (
  SELECT
    customer_id,
    GRAIN_OF(purchase_date) AS bucket,
    MIN(n) AS first_n,
    MIN(purchase_date) AS purchase_date,
    MIN(previous_date) AS previous_date
  FROM purchases
  WHERE purchase_date >= GRAIN_OF(DATE_ADD('year', -1, :period_start))
  GROUP BY customer_id, GRAIN_OF(purchase_date)
),
first_orders AS (
  SELECT order_id FROM purchases WHERE n = 1 AND purchase_date >= GRAIN_OF(DATE_ADD('year', -1, :period_start))
),
first_dates AS (
  SELECT customer_id, MIN(purchase_date) AS first_date
  FROM purchases
  GROUP BY customer_id
),
sold AS (
  SELECT
    s.order_id,
    s.sale_order_id,
    CASE WHEN NOT s.is_guest THEN s.customer_id END AS customer_id,
    s.is_guest,
    s.is_return,
    s.amount,
    s.sale_date,
    GRAIN_OF(s.sale_date) AS own_bucket
  FROM sales AS s
  WHERE s.sale_date BETWEEN DATE_ADD('year', -1, :period_start) AND :period_end
),
placed AS (
  SELECT
    s.*,
    b.first_n,
    DATE_DIFF('day', b.previous_date, b.purchase_date) >= :dormant_days AS is_back,
    o.order_id IS NOT NULL OR (:purchase_unit = 'day' AND s.sale_date = b.purchase_date) AS is_first,
    f.first_date < s.own_bucket AS is_known
  FROM sold AS s
  LEFT JOIN bought AS b ON b.customer_id = s.customer_id AND b.bucket = s.own_bucket
  LEFT JOIN first_orders AS o ON o.order_id = s.sale_order_id
  LEFT JOIN first_dates AS f ON f.customer_id = s.customer_id
),
labelled AS (
  SELECT
    p.*,
    CASE
      WHEN p.is_guest THEN :guest
      WHEN p.first_n = 1 AND (:merge_new_repeat OR p.is_first) THEN '新規'
      WHEN p.first_n = 1 THEN '新規リピート'
      WHEN p.first_n > 1 AND p.is_back THEN '復帰'
      WHEN p.first_n > 1 OR p.is_known THEN '既存'
      ELSE '新規'
    END AS type,
    COALESCE(p.first_n = 1 AND NOT p.is_first, FALSE) AS is_new_repeat
  FROM placed AS p
),
shown AS (
  SELECT
    own_bucket AS bucket,
    type,
    order_id,
    is_return,
    amount,
    CASE WHEN NOT is_return AND NOT (is_new_repeat AND NOT :merge_new_repeat) THEN customer_id END AS counted_id,
    CASE WHEN NOT is_return THEN customer_id END AS customer_id
  FROM labelled
  WHERE sale_date BETWEEN :period_start AND :period_end
),
shown_products AS (
  SELECT s.bucket, s.type, l.product_id
  FROM shown AS s
  JOIN sales_lines AS l ON l.order_id = s.order_id
  WHERE NOT s.is_return
),
a_year_before AS (
  SELECT GRAIN_OF(DATE_ADD('year', 1, sale_date)) AS bucket, type, SUM(amount) AS amount
  FROM labelled
  WHERE DATE_ADD('year', 1, sale_date) BETWEEN :period_start AND LEAST(:period_end, :as_of)
  GROUP BY GRAIN_OF(DATE_ADD('year', 1, sale_date)), type
),
measured AS (
  SELECT
    bucket,
    type,
    SUM(amount) AS amount,
    COUNT(DISTINCT counted_id) AS buyers,
    COUNT_IF(NOT is_return) AS orders
  FROM shown
  GROUP BY bucket, type
)
SELECT
  m.bucket,
  m.type,
  m.amount,
  m.buyers,
  m.orders,
  CAST(RATIO(m.amount, m.orders) AS DECIMAL(18, 2)) AS avg_order,
  RATIO(m.amount, SUM(m.amount) OVER (PARTITION BY m.bucket)) AS share,
  RATIO(m.amount, y.amount) AS yoy
FROM measured AS m
LEFT JOIN a_year_before AS y ON y.bucket = m.bucket AND y.type = m.type
ORDER BY
  m.bucket,
  CASE m.type WHEN '新規' THEN 1 WHEN '新規リピート' THEN 2 WHEN '既存' THEN 3 WHEN '復帰' THEN 4 ELSE 5 END
