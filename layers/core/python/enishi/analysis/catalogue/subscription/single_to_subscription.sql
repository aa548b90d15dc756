/*
id: single_to_subscription
name: {ja: 都度購入→定期転換分析, en: Single purchase to subscription}
category: subscription
origin: extension
tier: standard
question:
  ja: 単品を何回買うと定期に移るか。今、定期を勧める準備ができている人は誰か。
  en: "After how many single purchases do customers take a subscription, and who is ready?"
method:
  ja: "商品をk回目に単品で購入した後に契約を始めた割合。候補者は、転換率が最も高い回数以上で、購入間隔が規則的な人。"
  en: "Rate of starting a contract after the k-th single purchase of an item; ready = at or above the best k and regular interval."
parameter_groups: [period, base, pur]
parameters:
- {name: max_k, type: int, default: 10, minimum: 1, label_ja: 最大回数, note: ""}
- {name: regular_cv, type: double, default: 0.4, minimum: 0, label_ja: 規則的とする変動係数, note: "standard deviation over mean of the gaps, at least two gaps"}
columns:
- {name: k, type: int, unit: times, label_ja: 単品購入回数}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: converted, type: int, unit: people, label_ja: 定期化人数}
- {name: rate, type: ratio, unit: ratio, label_ja: 転換率, of: customers}
- {name: days_median, type: double, unit: days, label_ja: 日数中央値}
- {name: ready_now, type: int, unit: people, label_ja: 候補者数}
needs: [subscriptions]
charts:
- {kind: bar, x: k, y: rate}
- {kind: line, x: k, y: [customers, converted]}
- {kind: table}
cells:
- {name: reached, keys: [k], customers: reached, products: reached, becomes: {ja: "商品をk回目に単品で購入した顧客と、その商品", en: "customers with a k-th single purchase of an item, and the items"}}
- {name: ready, keys: [ready_k], types: {ready_k: int}, customers: ready, products: ready, becomes: {ja: "候補者の顧客と、その商品", en: "ready_now: customers; products = the item"}}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, SMALL, SET]
notes:
- ja: "対象は、これまでに契約のあった商品。単品購入は、契約の注文でない注文の購入で、その商品の最初の契約より前のもの。データにある全期間の購入を数え、期間に入るk回目を行とする。"
  en: "items that have ever been taken as a contract; a single purchase is one of an order that is no contract's, before the customer's first contract of that item, in all the time the lake knows; the row is the k-th, if it falls into the period"
- ja: "定期化は、k回目の単品購入の日以降、次の購入より前に契約が始まったもの。まだ次の動きのない人は、いまのところ定期化していないとする。"
  en: "converted = the contract began on or after the k-th single purchase and before a next one; who has had no next step yet counts as not converted so far"
- ja: "候補者は、その商品の契約がなく、転換率が最も高い回数（同率なら小さい回数）以上で、間隔の規則的な人。現在の回数で数え、最大回数を超える人は最大回数の行に入れる。"
  en: "ready_now: no contract of the item, at or above the k with the highest rate (the smaller of equals), bought at regular intervals; counted at their present k, those above max_k at max_k"
- ja: "2つの商品がある顧客も、1つの行では1回だけ数える。"
  en: "a customer with two items is counted once in a row"
*/
WITH started AS (
  SELECT k.customer_id, k.product_id, MIN(k.started_date) AS started_date
  FROM contracts AS k
  GROUP BY k.customer_id, k.product_id
),
items AS (
  SELECT DISTINCT product_id FROM subscriptions WHERE started_date <= :as_of
),
singles AS (
  SELECT l.customer_id, l.product_id, l.purchase_date
  FROM purchase_lines AS l
  JOIN items AS i ON i.product_id = l.product_id
  JOIN v_purchases AS v ON v.order_id = l.order_id AND v.order_type <> 'subscription' AND v.subscription_id IS NULL
  WHERE l.amount > 0
  GROUP BY l.customer_id, l.product_id, l.purchase_date
),
counted AS (
  SELECT
    s.customer_id,
    s.product_id,
    s.purchase_date,
    c.started_date,
    ROW_NUMBER() OVER (PARTITION BY s.customer_id, s.product_id ORDER BY s.purchase_date) AS k,
    LEAD(s.purchase_date) OVER (PARTITION BY s.customer_id, s.product_id ORDER BY s.purchase_date) AS next_date,
    DATE_DIFF(
      'day',
      LAG(s.purchase_date) OVER (PARTITION BY s.customer_id, s.product_id ORDER BY s.purchase_date),
      s.purchase_date
    ) AS gap
  FROM singles AS s
  LEFT JOIN started AS c ON c.customer_id = s.customer_id AND c.product_id = s.product_id
  WHERE COALESCE(s.purchase_date <= c.started_date, TRUE)
),
reached AS (
  SELECT
    c.k,
    c.customer_id,
    c.product_id,
    c.started_date IS NOT NULL AND c.next_date IS NULL AS is_converted,
    CASE WHEN c.next_date IS NULL THEN DATE_DIFF('day', c.purchase_date, c.started_date) END AS days
  FROM counted AS c
  WHERE c.k <= :max_k AND c.purchase_date BETWEEN :period_start AND :period_end
),
rates AS (
  SELECT
    k,
    COUNT(DISTINCT customer_id) AS customers,
    COUNT(DISTINCT CASE WHEN is_converted THEN customer_id END) AS converted,
    QUANTILE_OF(days, 0.5) AS days_median
  FROM reached
  GROUP BY k
),
best AS (
  SELECT k
  FROM (SELECT k, ROW_NUMBER() OVER (ORDER BY RATIO(converted, customers) DESC, k) AS place FROM rates) AS r
  WHERE place = 1
),
regular AS (
  SELECT
    customer_id,
    product_id,
    LEAST(COUNT(*), :max_k) AS ready_k
  FROM counted
  WHERE started_date IS NULL
  GROUP BY customer_id, product_id
  HAVING COUNT(gap) >= 2 AND STDDEV_SAMP(CAST(gap AS DOUBLE)) <= :regular_cv * AVG(CAST(gap AS DOUBLE))
),
ready AS (
  SELECT r.ready_k, r.customer_id, r.product_id
  FROM regular AS r
  JOIN best AS b ON r.ready_k >= b.k
),
ready_counts AS (
  SELECT ready_k AS k, COUNT(DISTINCT customer_id) AS customers
  FROM ready
  GROUP BY ready_k
)
SELECT
  r.k,
  r.customers,
  r.converted,
  RATIO(r.converted, r.customers) AS rate,
  r.days_median,
  COALESCE(y.customers, 0) AS ready_now
FROM rates AS r
LEFT JOIN ready_counts AS y ON y.k = r.k
ORDER BY r.k
