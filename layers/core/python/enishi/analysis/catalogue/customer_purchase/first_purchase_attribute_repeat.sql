/*
id: first_purchase_attribute_repeat
name: {ja: 初回購入属性別リピート分析, en: Repeat by first-purchase attribute}
category: customer_purchase
origin: brief
brief_names: [初回購入属性別レポート分析, 初回購入属性別リピート分析]
tier: core
question:
  ja: どの商品・チャネル・店舗・価格帯・クーポンで買い始めた顧客が、また買いに来ているか。
  en: "Which entry product, channel, store, price or coupon brings customers who come back?"
method:
  ja: "生涯で最初の購入の属性ごとに顧客を分け、それぞれを一定の日数追う。F2・F3転換率、2回目までの日数（Kaplan–Meier法の中央値）、獲得1人あたりの購入回数と購入金額を示す。"
  en: "Group customers by an attribute of their lifetime first purchase and follow each for a fixed window: repeat rate, days to second purchase (Kaplan-Meier median), orders and amount per acquired customer."
parameter_groups: [period, base, pur, axis, stat, top]
parameters:
- {name: window_days, type: int, default: 180, minimum: 1, label_ja: 追う日数, note: "after the first purchase"}
- {name: include_first_amount, type: bool, default: true, label_ja: 初回の金額も含める, note: ""}
- {name: axis, type: axis, default: category_l1, over: [orders, products, lines, stores, customers], shown_as: attribute, label_ja: 初回属性, note: "of the first purchase: also store_type, price_band, amount_band, coupon_id …"}
columns:
- {name: attribute, type: string, unit: none, label_ja: 初回属性}
- {name: new_customers, type: int, unit: people, label_ja: 初回購入者数}
- {name: f2_customers, type: int, unit: people, label_ja: 2回目購入者数}
- {name: f2_rate, type: ratio, unit: ratio, label_ja: F2転換率, of: new_customers}
- {name: f3_rate, type: ratio, unit: ratio, label_ja: F3転換率, of: new_customers}
- {name: km_median_days, type: double, unit: days, label_ja: 再購入日数中央値}
- {name: orders_per_customer, type: double, unit: count/person, label_ja: 窓内購入回数}
- {name: ltv_window, type: money, unit: JPY/person, label_ja: 窓内LTV}
- {name: lift, type: double, unit: ratio, label_ja: 全体比, of: new_customers}
charts:
- {kind: bar, x: attribute, y: f2_rate}
- {kind: scatter, x: f2_rate, y: ltv_window, size: new_customers}
- {kind: table}
cells:
- {name: attribute, keys: [attribute], customers: acquired, products: acquired_products, becomes: {ja: "その属性で獲得した顧客", en: "customers acquired with this attribute"}}
- {name: repeated, keys: [attribute, has_repeated], types: {has_repeated: bool}, customers: watched, becomes: {ja: "has_repeated=true：追う期間内にリピートした顧客。false：追う期間内にリピートしなかった顧客", en: "has_repeated=true: those who repeated inside the window; false: those who did not"}}
rules: [TZ, PUR, RET, GUEST, MERGE, UNK, MULTI, CENSOR, SMALL, DIV0, SET]
notes:
- ja: "率の対象は、「追う日数」以上前の初回購入だけ。"
  en: "only first purchases at least window_days old enter the rates"
- ja: "リピートした顧客が半数に満たない場合、中央値は空欄。"
  en: "median is null when fewer than half have repeated"
- ja: "集計期間は、生涯で最初の購入の日で判定する。F2・F3は、そこから「追う日数」以内の2回目・3回目の購入。"
  en: "the period holds the first purchase of the lifetime; f2 and f3 are a second and third purchase within window_days of it"
- ja: "初回購入者数と率は、追う期間が終わった顧客による。それ以外の顧客は表の下に示す。"
  en: "new_customers and the rates are of customers whose window has passed; the others are counted below the table"
- ja: "再購入日数中央値は、追う期間が終わっていない顧客も含め、期間内に獲得した全員を基準日まで追う。"
  en: "km_median_days follows everybody acquired in the period, those whose window is open too, to as_of"
- ja: "窓内購入回数は初回購入を含む。複数のカテゴリで始めた顧客はそれぞれに数えるが、その他では1人と数える。"
  en: "orders_per_customer holds the first purchase; a customer who began with several categories counts in each, and in その他 once"
footnotes:
- {label_ja: 期間が終わっていない顧客, cte: still_open}
*/
WITH placed AS (
  SELECT
    p.customer_id,
    p.n,
    p.purchase_date,
    p.amount,
    MIN(p.purchase_date) OVER (PARTITION BY p.customer_id) AS first_date
  FROM purchases AS p
),
followed AS (
  SELECT
    customer_id,
    first_date,
    DATE_ADD('day', :window_days, first_date) <= :as_of AS is_observed,
    DATE_DIFF('day', first_date, MIN(CASE WHEN n = 2 THEN purchase_date END)) AS days_to_second,
    DATE_DIFF('day', first_date, MIN(CASE WHEN n = 3 THEN purchase_date END)) AS days_to_third,
    COUNT_IF(DATE_DIFF('day', first_date, purchase_date) <= :window_days) AS orders,
    SUM(
      CASE
        WHEN DATE_DIFF('day', first_date, purchase_date) <= :window_days AND (n > 1 OR :include_first_amount)
          THEN amount
        ELSE 0
      END
    ) AS amount
  FROM placed
  WHERE first_date BETWEEN :period_start AND :period_end
  GROUP BY customer_id, first_date
),
first_lines AS (
  SELECT l.order_id, l.product_id, l.unit_price, l.coupon_id
  FROM purchase_lines AS l
  WHERE l.n = 1 AND l.purchase_date BETWEEN :period_start AND :period_end
),
began AS (
  SELECT DISTINCT :axis AS value, orders.customer_id
  FROM purchases AS orders
  JOIN population AS customers ON customers.customer_id = orders.customer_id
  LEFT JOIN stores ON stores.store_id = orders.store_id
  LEFT JOIN first_lines AS lines
    ON lines.order_id = orders.order_id AND (:axis_reads_lines OR :axis_reads_products)
  LEFT JOIN products ON products.product_id = lines.product_id
  WHERE orders.n = 1
),
ranked AS (
  SELECT
    b.value,
    ROW_NUMBER() OVER (ORDER BY COUNT_IF(f.is_observed) DESC, COUNT(*) DESC, b.value) AS place
  FROM began AS b
  JOIN followed AS f ON f.customer_id = b.customer_id
  GROUP BY b.value
),
acquired AS (
  SELECT DISTINCT
    CASE WHEN r.place <= LEAST(:top_n, :max_axis_values) THEN b.value ELSE :other END AS attribute,
    f.customer_id,
    f.first_date,
    f.is_observed,
    f.days_to_second,
    f.days_to_third,
    f.orders,
    f.amount
  FROM began AS b
  JOIN ranked AS r ON r.value = b.value
  JOIN followed AS f ON f.customer_id = b.customer_id
),
acquired_products AS (
  SELECT a.attribute, l.product_id
  FROM acquired AS a
  JOIN purchase_lines AS l ON l.customer_id = a.customer_id
  WHERE l.n = 1
),
watched AS (
  SELECT a.*, COALESCE(a.days_to_second <= :window_days, FALSE) AS has_repeated
  FROM acquired AS a
  WHERE a.is_observed
),
overall AS (
  SELECT RATIO(COUNT_IF(COALESCE(days_to_second <= :window_days, FALSE)), COUNT(*)) AS f2_rate
  FROM followed
  WHERE is_observed
),
still_open AS (
  SELECT COUNT(*) AS customers FROM followed WHERE NOT is_observed
),
-- Kaplan and Meier: who came back after so many days, of those who had been followed that long.
ended AS (
  SELECT
    attribute,
    COALESCE(days_to_second, DATE_DIFF('day', first_date, :as_of)) AS days,
    COUNT(days_to_second) AS came_back,
    COUNT(*) AS left_risk
  FROM acquired
  GROUP BY attribute, COALESCE(days_to_second, DATE_DIFF('day', first_date, :as_of))
),
at_risk AS (
  SELECT
    attribute,
    days,
    came_back,
    SUM(left_risk) OVER (PARTITION BY attribute ORDER BY days DESC) AS customers
  FROM ended
),
survival AS (
  SELECT
    attribute,
    days,
    EXP(
      SUM(CASE WHEN came_back = customers THEN -1e3 ELSE LN(1 - RATIO(came_back, customers)) END)
        OVER (PARTITION BY attribute ORDER BY days)
    ) AS share
  FROM at_risk
),
medians AS (
  SELECT attribute, CAST(MIN(days) AS DOUBLE) AS days
  FROM survival
  WHERE share <= 0.5e0 + 1e-9
  GROUP BY attribute
),
counted AS (
  SELECT
    attribute,
    COUNT(*) AS new_customers,
    COUNT_IF(has_repeated) AS f2_customers,
    COUNT_IF(COALESCE(days_to_third <= :window_days, FALSE)) AS f3_customers,
    SUM(orders) AS orders,
    SUM(amount) AS amount
  FROM watched
  GROUP BY attribute
)
SELECT
  c.attribute,
  c.new_customers,
  c.f2_customers,
  RATIO(c.f2_customers, c.new_customers) AS f2_rate,
  RATIO(c.f3_customers, c.new_customers) AS f3_rate,
  m.days AS km_median_days,
  RATIO(c.orders, c.new_customers) AS orders_per_customer,
  CAST(RATIO(c.amount, c.new_customers) AS DECIMAL(18, 2)) AS ltv_window,
  RATIO(RATIO(c.f2_customers, c.new_customers), o.f2_rate) AS lift
FROM counted AS c
CROSS JOIN overall AS o
LEFT JOIN medians AS m ON m.attribute = c.attribute
ORDER BY
  CASE c.attribute WHEN :unknown THEN 2 WHEN :other THEN 1 ELSE 0 END,
  c.new_customers DESC,
  c.attribute
