/*
id: repurchase_survival
name: {ja: 再購入生存曲線分析, en: Time to repurchase (survival curve)}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: 購入した顧客は、その後どれくらいの早さで戻ってくるか。グループによって差はあるか。
  en: "How quickly do customers come back after a purchase, and do two groups differ?"
method:
  ja: "起点の購入のあとt日までに再購入していない割合を、グループごとにKaplan–Meier法で推定する。Greenwoodの信頼区間と、グループ間のログランク検定を示す。"
  en: "Kaplan-Meier estimate of not having repurchased by day t after purchase N, per group, Greenwood interval, log-rank test between groups."
parameter_groups: [period, base, pur, axis, stat]
parameters:
- {name: from_n, type: int, default: 1, minimum: 1, label_ja: 起点の購入回, note: "rank of the purchase in the lifetime; its day is in the period"}
- {name: max_days, type: int, default: 365, minimum: 1, label_ja: 追う日数, note: "who has not come back by then is censored then"}
- {name: same_product, type: bool, default: false, label_ja: 同じ商品の再購入, note: "wait for a product of that purchase"}
- {name: axis, type: axis, default: channel, over: [orders, customers, stores], shown_as: group, label_ja: グループ, note: "of the purchase or of the customer; null = one curve"}
columns:
- {name: group, type: string, unit: none, label_ja: グループ}
- {name: day, type: int, unit: days, label_ja: 経過日}
- {name: at_risk, type: int, unit: people, label_ja: 対象人数}
- {name: events, type: int, unit: people, label_ja: 再購入者}
- {name: survival, type: double, unit: probability, label_ja: 未再購入率, of: at_risk}
- {name: ci_low, type: double, unit: probability, label_ja: 下限}
- {name: ci_high, type: double, unit: probability, label_ja: 上限}
- {name: median_days, type: double, unit: days, label_ja: 中央値}
- {name: logrank_p, type: double, unit: probability, label_ja: 検定p値}
charts:
- {kind: survival_step, x: day, y: survival, color: group, low: ci_low, high: ci_high}
- {kind: table}
cells:
- {name: returned, keys: [group, day], customers: returned, becomes: {ja: "その日に再購入した顧客", en: "customers who came back in it"}}
- {name: still_open, keys: [group, still_open], types: {still_open: bool}, customers: followed, becomes: {ja: "still_open=true：まだ再購入していない顧客", en: "still_open=true: customers who have not come back"}}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, TIE, SMALL, SET]
notes:
- ja: "同じ日に再購入と打ち切りがある場合は、再購入を先に数える。"
  en: "repurchase and censoring on one day: the repurchase is counted first"
- ja: "再購入のあった日ごとに1行と、最後に観察した日の行を示す。"
  en: "a row a day on which somebody came back, and the day on which the last one was followed"
- ja: "信頼区間は、未再購入率 ± z × Greenwood分散の平方根で、0〜1に収める。"
  en: "the interval is survival ± z times the root of Greenwood's variance, kept between 0 and 1"
- ja: "検定p値は、人数の多い順に「軸の最大件数」までのグループとその他を、すべて比べる。グループが1つなら空欄。"
  en: "logrank_p compares all groups, the first max_axis_values by size and その他; null for one group"
- ja: "半数超がまだ再購入していない間、中央値は空欄。"
  en: "median_days is null while more than half have not come back"
standard: Kaplan and Meier (1958); Greenwood variance; log-rank test.
step: survival
*/
WITH ranked AS (
  SELECT
    p.order_id,
    p.customer_id,
    p.n,
    p.channel,
    p.store_id,
    p.order_type,
    p.subscription_id,
    p.response_code,
    p.amount,
    p.purchase_date,
    LEAD(p.purchase_date) OVER (PARTITION BY p.customer_id ORDER BY p.n) AS next_date
  FROM purchases AS p
),
started AS (
  SELECT * FROM ranked WHERE n = :from_n AND purchase_date BETWEEN :period_start AND :period_end
),
bought_lines AS (
  SELECT l.customer_id, l.n, l.purchase_date, l.product_id
  FROM purchase_lines AS l
  WHERE :same_product AND l.n >= :from_n
),
same_again AS (
  SELECT b.customer_id, MIN(a.purchase_date) AS next_date
  FROM bought_lines AS b
  JOIN bought_lines AS a ON a.customer_id = b.customer_id AND a.product_id = b.product_id AND a.n > b.n
  WHERE b.n = :from_n
  GROUP BY b.customer_id
),
awaited AS (
  SELECT
    :axis AS value,
    orders.customer_id,
    DATE_DIFF('day', orders.purchase_date, CASE WHEN :same_product THEN s.next_date ELSE orders.next_date END)
      AS came_after,
    DATE_DIFF('day', orders.purchase_date, :as_of) AS seen_for
  FROM started AS orders
  JOIN population AS customers ON customers.customer_id = orders.customer_id
  LEFT JOIN stores ON stores.store_id = orders.store_id
  LEFT JOIN same_again AS s ON s.customer_id = orders.customer_id
),
sized AS (
  SELECT value, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, value) AS place
  FROM awaited
  GROUP BY value
),
followed AS (
  SELECT
    CASE WHEN s.place <= :max_axis_values THEN a.value ELSE :other END AS "group",
    LEAST(s.place, :max_axis_values + 1) AS place,
    a.customer_id,
    LEAST(COALESCE(a.came_after, a.seen_for), :max_days) AS day,
    COALESCE(a.came_after > :max_days, TRUE) AS still_open
  FROM awaited AS a
  JOIN sized AS s ON s.value = a.value
),
returned AS (
  SELECT "group", day, customer_id
  FROM followed
  WHERE NOT still_open
)
SELECT
  f."group",
  f.place,
  f.day,
  COUNT_IF(NOT f.still_open) AS events,
  COUNT_IF(f.still_open) AS censored
FROM followed AS f
GROUP BY f."group", f.place, f.day
ORDER BY f.place, f."group", f.day
