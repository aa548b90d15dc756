/*
id: cumulative_ltv_cohort
name: {ja: 累積LTVコホート分析, en: Cumulative LTV by cohort}
category: customer_purchase
origin: extension
tier: core
question:
  ja: 各月に獲得した顧客は、1・3・6・12・24か月後までに1人あたりいくらをもたらしたか。
  en: "How much has a customer acquired in each month brought after 1, 3, 6, 12, 24 months?"
method:
  ja: "獲得月ごとに、経過月kまでの購入金額（または粗利など「見る値」）を合計し、リピートしなかった顧客も含めた当初の獲得人数で割る。"
  en: "Sum net amount (or margin) per cohort up to elapsed month k and divide by the original cohort size, non-repeaters included."
parameter_groups: [period, base, pur]
parameters:
- {name: months, type: list(int), default: "0,1,3,6,12,18,24,36", minimum: 0, maximum: 240, label_ja: 経過月, note: "0 = the day of the first purchase"}
- {name: value, type: "enum(amount,margin,contribution)", default: amount, label_ja: 見る値, note: "contribution = margin minus coupon, point and message cost"}
- {name: split, type: axis, default: null, over: [customers, orders, stores], shown_as: split_value, label_ja: 区分, note: "of the customer or of the first purchase; null = all together"}
columns:
- {name: cohort, type: month, unit: months, label_ja: 獲得月}
- {name: split_value, type: string, unit: none, label_ja: 区分}
- {name: size, type: int, unit: people, label_ja: 獲得人数}
- {name: k, type: int, unit: months, label_ja: 経過月}
- {name: ltv, type: money, unit: JPY/person, label_ja: 累積LTV}
- {name: orders, type: double, unit: count/person, label_ja: 累積回数}
- {name: active_rate, type: ratio, unit: ratio, label_ja: 稼働率}
charts:
- {kind: line, x: k, y: ltv, color: cohort}
- {kind: heatmap, x: k, y: cohort, color: ltv}
- {kind: table}
cells:
- {name: top, keys: [cohort, split_value, k, is_top], types: {is_top: bool}, customers: ranked, becomes: {ja: "is_top=true：経過月kまでの「見る値」が、その獲得月の75パーセンタイルを超える顧客", en: "is_top=true: customers above the 75th percentile of the cohort by value up to month k"}}
- {name: cohort, keys: [cohort, split_value], customers: cohorts, becomes: {ja: "その獲得月の全員", en: "everybody of the cohort"}}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, DIV0, SET]
notes:
- ja: "獲得月のkの欄は、その月で最後に獲得した顧客の購入からkか月が過ぎるまで空欄。"
  en: "a cohort's k cell is null until its youngest member has passed k months"
- ja: "kか月目は、本人の初回購入のkか月後の同じ日までで、その日を含む。"
  en: "month k ends on the same day-of-month k months after the own first purchase, that day included"
- ja: "集計期間は、生涯で最初の購入の日で判定する。獲得人数には、リピートしなかった顧客も数える。"
  en: "the period holds the first purchase of the lifetime; size counts non-repeaters too"
- ja: "稼働率は、kまでの直近1か月に購入した顧客の割合。k = 0では1。"
  en: "active_rate is the share of the cohort that bought in the last month up to k; 1 for k = 0"
- ja: "原価のない明細がある獲得月では、粗利と貢献利益は空欄。"
  en: "margin and contribution are null for a cohort with a line without cost"
- ja: "貢献利益（contribution）は、支払いに使われたポイント、配信の費用、明細に付いていないクーポンを差し引く。明細に付いたクーポンは、すでに金額に反映されている。"
  en: "contribution takes off the points paid with, the messages sent, and coupons that are on no line: one on a line is in its amount already"
*/
WITH cohorts AS (
  SELECT
    DATE_TRUNC('month', orders.purchase_date) AS cohort,
    :split AS split_value,
    orders.customer_id,
    orders.purchase_date AS first_date
  FROM purchases AS orders
  JOIN population AS customers ON customers.customer_id = orders.customer_id
  LEFT JOIN stores ON stores.store_id = orders.store_id
  WHERE orders.n = 1 AND orders.purchase_date BETWEEN :period_start AND :period_end
),
sizes AS (
  SELECT cohort, split_value, COUNT(*) AS size, MAX(first_date) AS last_first_date
  FROM cohorts
  GROUP BY cohort, split_value
),
months AS (
  SELECT t.k, LAG(t.k) OVER (ORDER BY t.k) AS before_k
  FROM UNNEST(:months) AS t(k)
),
-- Everything that a customer brought or cost, on its day.
flows AS (
  SELECT p.customer_id, p.purchase_date AS day, CAST(p.amount AS DOUBLE) AS value
  FROM purchases AS p
  WHERE :value = 'amount'
  UNION ALL
  SELECT l.customer_id, l.purchase_date, CAST(l.margin AS DOUBLE)
  FROM purchase_lines AS l
  WHERE :value <> 'amount'
  UNION ALL
  SELECT p.customer_id, p.purchase_date, -CAST(r.discount_amount AS DOUBLE)
  FROM coupon_redemptions AS r
  JOIN purchases AS p ON p.order_id = r.order_id
  LEFT JOIN (SELECT DISTINCT order_id, coupon_id FROM order_lines WHERE coupon_id IS NOT NULL) AS l
    ON l.order_id = r.order_id AND l.coupon_id = r.coupon_id
  WHERE :value = 'contribution' AND l.order_id IS NULL
  UNION ALL
  SELECT COALESCE(i.person_id, u.customer_id), u.posted_date, CAST(u.points AS DOUBLE)
  FROM point_ledger AS u
  LEFT JOIN v_identity AS i ON i.customer_id = u.customer_id
  WHERE :value = 'contribution' AND u.entry_type = 'use'
  UNION ALL
  SELECT t.customer_id, t.sent_date, -CAST(t.unit_cost AS DOUBLE)
  FROM v_touches AS t
  WHERE :value = 'contribution' AND NOT t.is_control AND t.unit_cost IS NOT NULL
),
-- What fell between two of the months asked for.
steps AS (
  SELECT c.cohort, c.split_value, c.customer_id, m.k, f.value
  FROM cohorts AS c
  JOIN flows AS f ON f.customer_id = c.customer_id AND f.day >= c.first_date
  JOIN months AS m
    ON f.day <= DATE_ADD('month', m.k, c.first_date)
    AND (m.before_k IS NULL OR f.day > DATE_ADD('month', m.before_k, c.first_date))
),
earned AS (
  SELECT cohort, split_value, k, SUM(value) AS value, COUNT(*) - COUNT(value) AS unknown_values
  FROM steps
  GROUP BY cohort, split_value, k
),
visits AS (
  SELECT
    c.cohort,
    c.split_value,
    m.k,
    COUNT(*) AS orders,
    COUNT(DISTINCT CASE WHEN p.purchase_date > DATE_ADD('month', m.k - 1, c.first_date) THEN c.customer_id END)
      AS active
  FROM cohorts AS c
  JOIN purchases AS p ON p.customer_id = c.customer_id
  JOIN months AS m ON p.purchase_date <= DATE_ADD('month', m.k, c.first_date)
  GROUP BY c.cohort, c.split_value, m.k
),
filled AS (
  SELECT
    s.cohort,
    s.split_value,
    s.size,
    m.k,
    DATE_ADD('month', m.k, s.last_first_date) <= :as_of AS is_complete,
    SUM(COALESCE(e.value, 0e0)) OVER (PARTITION BY s.cohort, s.split_value ORDER BY m.k) AS value,
    SUM(COALESCE(e.unknown_values, 0)) OVER (PARTITION BY s.cohort, s.split_value ORDER BY m.k) AS unknown_values,
    COALESCE(v.orders, 0) AS orders,
    COALESCE(v.active, 0) AS active
  FROM sizes AS s
  CROSS JOIN months AS m
  LEFT JOIN earned AS e ON e.cohort = s.cohort AND e.split_value = s.split_value AND e.k = m.k
  LEFT JOIN visits AS v ON v.cohort = s.cohort AND v.split_value = s.split_value AND v.k = m.k
),
valued AS (
  SELECT
    c.cohort,
    c.split_value,
    m.k,
    c.customer_id,
    SUM(CASE WHEN t.k <= m.k THEN t.value ELSE 0e0 END) AS value
  FROM cohorts AS c
  CROSS JOIN months AS m
  LEFT JOIN steps AS t ON t.customer_id = c.customer_id
  GROUP BY c.cohort, c.split_value, m.k, c.customer_id
),
borders AS (
  SELECT cohort, split_value, k, QUANTILE_OF(value, 0.75) AS border
  FROM valued
  GROUP BY cohort, split_value, k
),
ranked AS (
  SELECT v.cohort, v.split_value, v.k, v.value > b.border AS is_top, v.customer_id
  FROM valued AS v
  JOIN borders AS b ON b.cohort = v.cohort AND b.split_value = v.split_value AND b.k = v.k
)
SELECT
  f.cohort,
  f.split_value,
  f.size,
  f.k,
  CASE WHEN f.is_complete AND f.unknown_values = 0 THEN CAST(RATIO(f.value, f.size) AS DECIMAL(18, 2)) END AS ltv,
  CASE WHEN f.is_complete THEN RATIO(f.orders, f.size) END AS orders,
  CASE WHEN f.is_complete THEN RATIO(f.active, f.size) END AS active_rate
FROM filled AS f
ORDER BY f.cohort, f.split_value, f.k
