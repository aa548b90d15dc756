/*
id: first_purchase_month_repeat
name: {ja: 初回購入月別リピート分析, en: Repeat by first-purchase month}
category: customer_purchase
origin: brief
brief_names: [初回購入月別レポート分析]
tier: core
question:
  ja: 初めて買った月ごとに、その後1か月・2か月…で何割が再び買ったか。
  en: "Of the customers who first bought in a given month, what share bought again after 1, 2, 3 ... months?"
method:
  ja: "初回購入月（生涯で最初の購入の月）ごとに顧客を分ける。cumulative：kか月目の終わりまでに2回目（「待つ購入回数」）の購入をした割合。active：kか月目のうちに1回以上、再び購入した割合。金額の見方は、顧客1人あたりの購入金額の累計。kか月目は、本人の初回購入のk×30日後から30日間（elapsed30）、または初回購入月からk番目の暦の月（calendar）。"
  en: "Cohort = month of the lifetime first purchase. cumulative: share with a second (nth) purchase by the end of month k. active: share with at least one further purchase inside month k. Value view: amount so far per cohort member. Month k is the 30 days that begin k x 30 days after the own first purchase (elapsed30) or the k-th calendar month (calendar)."
parameter_groups: [period, base, pur]
parameters:
- {name: months, type: int, default: 12, minimum: 1, maximum: 120, label_ja: 経過月数, note: ""}
- {name: basis, type: "enum(elapsed30,calendar)", default: elapsed30, label_ja: 月の数え方, note: ""}
- {name: measure, type: "enum(cumulative,active,amount,orders)", default: cumulative, label_ja: 見る値, note: ""}
- {name: nth, type: int, default: 2, minimum: 2, label_ja: 待つ購入回数, note: "which purchase is awaited in cumulative"}
columns:
- {name: cohort, type: month, unit: months, label_ja: 初回購入月}
- {name: cohort_size, type: int, unit: people, label_ja: 初回購入者数}
- {name: k, type: int, unit: months, label_ja: 経過月}
- {name: repeaters, type: int, unit: people, label_ja: リピート人数}
- {name: repeat_rate, type: ratio, unit: ratio, label_ja: リピート率, of: cohort_size}
- {name: amount, type: money, unit: JPY, label_ja: 購入金額}
- {name: ltv, type: money, unit: JPY/person, label_ja: 累計LTV}
- {name: avg_days, type: double, unit: days, label_ja: 平均リピート日数}
charts:
- {kind: heatmap, x: k, y: cohort, color: repeat_rate}
- {kind: line, x: k, y: repeat_rate, color: cohort}
- {kind: table}
cells:
- {name: cell, keys: [cohort, k], customers: repeated, products: repeated_products, becomes: {ja: "kか月目までに（またはkか月目に）リピートした顧客。残りは、その初回購入月でリピートしなかった顧客", en: "customers of the cohort who repeated by (or in) month k; the complement of the cohort are those who did not"}}
- {name: cohort, keys: [cohort], customers: cohorts, becomes: {ja: "その初回購入月の全員", en: "everybody of the cohort"}}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, DIV0, SMALL, SET]
notes:
- ja: "「見る値」は、どのリピートを数えるかを選ぶ。cumulativeはkか月目の終わりまでにN回目の購入をした人、activeはkか月目に2回目以降の購入をした人。amountとordersはactiveと同じ数え方。購入金額はkか月目の金額、累計LTVは初回購入からkか月目の終わりまでの金額。"
  en: "measure chooses which repeaters a cell counts, cumulative (an nth purchase by the end of month k) or active (any further purchase inside month k); amount and orders count as active; amount is that of month k, ltv runs from the first purchase to the end of month k"
- ja: "基準日までに終わっていない月の欄は空欄。"
  en: "a cell whose month has not ended by as_of is null"
- ja: "平均リピート日数は初回からN回目までの日数で、kか月目までにN回目の購入をした人の平均。"
  en: "avg_days is from the first to the nth purchase, of those who had made it by month k"
- ja: "集計期間は、初回購入の日で判定する。"
  en: "the period holds the first purchase"
- ja: "k = 0は初月のリピートを含む。「購入の数え方」がdayの場合、初回購入の翌日から数える。"
  en: "k = 0 holds same-month repeats and starts the day after the first purchase when purchase_unit=day"
*/
WITH firsts AS (
  SELECT p.customer_id, DATE_TRUNC('month', p.purchase_date) AS cohort, p.purchase_date AS first_date
  FROM purchases AS p
  WHERE p.n = 1 AND p.purchase_date BETWEEN :period_start AND :period_end
),
cohorts AS (
  SELECT cohort, customer_id, first_date FROM firsts
),
sizes AS (
  SELECT cohort, COUNT(*) AS cohort_size, MAX(first_date) AS last_first_date
  FROM cohorts
  GROUP BY cohort
),
months AS (
  SELECT k FROM UNNEST(SEQUENCE(0, :months)) AS t(k)
),
-- The month k of each purchase, counted from the customer's own first purchase or by the calendar.
placed AS (
  SELECT
    f.cohort,
    f.customer_id,
    f.first_date,
    p.order_id,
    p.n,
    p.purchase_date,
    p.amount,
    CASE :basis
      WHEN 'calendar' THEN DATE_DIFF('month', f.cohort, DATE_TRUNC('month', p.purchase_date))
      ELSE DATE_DIFF('day', f.first_date, p.purchase_date) / 30
    END AS k
  FROM firsts AS f
  JOIN purchases AS p ON p.customer_id = f.customer_id
),
reached AS (
  SELECT cohort, customer_id, order_id, k, DATE_DIFF('day', first_date, purchase_date) AS days
  FROM placed
  WHERE n = :nth
),
repeated AS (
  SELECT r.cohort, m.k, r.customer_id, r.order_id
  FROM reached AS r
  JOIN months AS m ON m.k >= r.k
  WHERE :measure = 'cumulative'
  UNION ALL
  SELECT p.cohort, p.k, p.customer_id, p.order_id
  FROM placed AS p
  WHERE :measure <> 'cumulative' AND p.n > 1
),
repeated_products AS (
  SELECT r.cohort, r.k, l.product_id
  FROM repeated AS r
  JOIN purchase_lines AS l ON l.order_id = r.order_id
),
repeaters AS (
  SELECT cohort, k, COUNT(DISTINCT customer_id) AS repeaters
  FROM repeated
  GROUP BY cohort, k
),
amounts AS (
  SELECT cohort, k, SUM(amount) AS amount
  FROM placed
  GROUP BY cohort, k
),
times AS (
  SELECT r.cohort, m.k, AVG(CAST(r.days AS DOUBLE)) AS avg_days
  FROM reached AS r
  JOIN months AS m ON m.k >= r.k
  GROUP BY r.cohort, m.k
),
grid AS (
  SELECT
    s.cohort,
    s.cohort_size,
    m.k,
    CASE :basis
      WHEN 'calendar' THEN DATE_ADD('day', -1, DATE_ADD('month', m.k + 1, s.cohort))
      ELSE DATE_ADD('day', 30 * (m.k + 1) - 1, s.last_first_date)
    END <= :as_of AS is_complete
  FROM sizes AS s
  CROSS JOIN months AS m
),
filled AS (
  SELECT
    g.cohort,
    g.cohort_size,
    g.k,
    g.is_complete,
    COALESCE(r.repeaters, 0) AS repeaters,
    COALESCE(a.amount, 0) AS amount,
    SUM(COALESCE(a.amount, 0)) OVER (PARTITION BY g.cohort ORDER BY g.k) AS amount_so_far,
    t.avg_days
  FROM grid AS g
  LEFT JOIN repeaters AS r ON r.cohort = g.cohort AND r.k = g.k
  LEFT JOIN amounts AS a ON a.cohort = g.cohort AND a.k = g.k
  LEFT JOIN times AS t ON t.cohort = g.cohort AND t.k = g.k
)
SELECT
  f.cohort,
  f.cohort_size,
  f.k,
  CASE WHEN f.is_complete THEN f.repeaters END AS repeaters,
  CASE WHEN f.is_complete THEN RATIO(f.repeaters, f.cohort_size) END AS repeat_rate,
  CASE WHEN f.is_complete THEN f.amount END AS amount,
  CASE WHEN f.is_complete THEN CAST(RATIO(f.amount_so_far, f.cohort_size) AS DECIMAL(18, 2)) END AS ltv,
  CASE WHEN f.is_complete THEN f.avg_days END AS avg_days
FROM filled AS f
ORDER BY f.cohort, f.k
