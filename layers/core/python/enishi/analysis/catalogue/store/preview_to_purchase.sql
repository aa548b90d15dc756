/*
id: preview_to_purchase
name: {ja: 下見・接客→購入転換分析, en: Preview to purchase}
category: store
origin: extension
tier: standard
question:
  ja: 店舗で下見・相談した顧客のうち何割が、どこで、何日後に、何を買うか。
  en: "Of customers who looked in the store, how many buy, where, when and after what?"
method:
  ja: "下見・相談の1件ごとに、期間内の店舗またはECでのカテゴリの購入、日数、相談した商品か別の商品か、間の配信を追う。「集計軸」（相談した商品、店舗、顧客の項目）別。"
  en: "Follow each preview or consultation: purchase of the category within window in store or EC, days, item discussed or another, message in between; by axis (of the item discussed, the store or the customer)."
parameter_groups: [period, base, pur, axis]
parameters:
- {name: window_days, type: int, default: 60, minimum: 1, label_ja: 購入を見る日数, note: ""}
- {name: match, type: "enum(category,product)", default: category, label_ja: 一致の単位, note: "product counts only the very item discussed"}
- {name: axis, type: axis, default: "products.category_l1", label_ja: 集計軸, over: [products, stores, customers], shown_as: axis_value, note: "a column of the item discussed, of the store, or of the customer"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "cases whose window has passed, those with a purchase, or those with a message, under which low_n is set"}
columns:
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: visits, type: int, unit: count, label_ja: 接客件数}
- {name: bought, type: int, unit: people, label_ja: 購入者数}
- {name: conversion, type: ratio, unit: ratio, label_ja: 購入率}
- {name: ec_share, type: ratio, unit: ratio, label_ja: EC購入比率}
- {name: days_median, type: double, unit: days, label_ja: 日数中央値}
- {name: other_item_share, type: ratio, unit: ratio, label_ja: 別商品購入率}
- {name: with_message_rate, type: ratio, unit: ratio, label_ja: 配信あり購入率}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
needs: [service_visits]
charts:
- {kind: bar, x: axis_value, y: conversion}
- {kind: bubble, x: days_median, y: conversion, size: visits, color: axis_value}
- {kind: table}
cells:
- {name: waiting, keys: [axis_value, outcome], types: {outcome: string}, customers: cases, products: cases, becomes: {ja: "outcome=未購入：買っていない顧客と、相談した商品（行動促進シナリオ）。outcome=購入：買った顧客", en: "outcome=未購入: customers who did not buy, with the item discussed (行動促進シナリオ); outcome=購入: who bought"}}
rules: [TZ, PUR, RET, MERGE, CENSOR, UNK, SMALL, SET]
notes:
- ja: "集計期間の、顧客の分かる下見と相談。同じカテゴリで互いに14日以内の接客は1件とし、最初の接客から始まるものとする。"
  en: "previews and consultations of known customers in the period; several contacts for one category within 14 days of each other are one case, which begins with the first"
- ja: "購入率とほかの率は、基準日までに「購入を見る日数」が過ぎた件だけによる（規則CENSOR）。接客件数は全件、購入者数はこれまでに購入した人の数（2件あっても1人）。"
  en: "conversion and the other rates use only cases whose window has passed by as_of (rule CENSOR); visits counts all cases, bought the people with a purchase so far, once each"
- ja: "購入は、接客の日以降で「購入を見る日数」以内の、カテゴリ（または商品）の最初の購入（レジと記録の時刻は分単位では一致しない）。EC購入比率：店舗以外での購入。別商品購入率：購入のあった件のうち、期間内に相談した商品をどれも買わなかったもの。配信あり購入率：接客から、購入または期間の終わりまでの間に配信を受けた件の購入率。"
  en: "a purchase is the first of the category (or of the item) from the day of the contact on and within the window (tills and notes do not agree to the minute); ec_share: not in a store; other_item_share: cases with a purchase in which no item discussed was bought within the window; with_message_rate: the conversion of cases with a message between the contact and the purchase or the end of the window"
- ja: "カテゴリは商品のもの、なければ記録されたもの。どちらもない件は数えない。"
  en: "a category is the item's, else the one noted; a case without either is not counted"
*/
WITH contacts AS (
  SELECT
    k.customer_id,
    k.visited_at,
    k.visit_id,
    k.store_id,
    k.product_id,
    k.category_l1 AS category,
    LAG(k.visited_at) OVER (PARTITION BY k.customer_id, k.category_l1 ORDER BY k.visited_at, k.visit_id) AS before_at
  FROM service_contacts AS k
  WHERE k.visit_type IN ('preview', 'consultation') AND k.category_l1 IS NOT NULL
),
numbered AS (
  SELECT
    k.*,
    SUM(CASE WHEN k.before_at IS NULL OR k.visited_at > k.before_at + INTERVAL '14' DAY THEN 1 ELSE 0 END) OVER (
      PARTITION BY k.customer_id, k.category
      ORDER BY k.visited_at, k.visit_id
      ROWS UNBOUNDED PRECEDING
    ) AS case_no
  FROM contacts AS k
),
begun AS (
  SELECT
    customer_id,
    category,
    case_no,
    MIN(visited_at) AS visited_at,
    MIN_BY(store_id, ROW(visited_at, visit_id)) AS store_id,
    MIN_BY(product_id, ROW(visited_at, visit_id)) AS product_id
  FROM numbered
  GROUP BY customer_id, category, case_no
  HAVING LOCAL_DAY(MIN(visited_at)) BETWEEN :period_start AND :period_end
),
-- The item of each case as a row of products; without one, the category that staff noted.
subjects AS (
  SELECT
    b.customer_id,
    b.category,
    b.case_no,
    d.product_id,
    d.parent_id,
    d.name,
    b.category AS category_l1,
    d.category_l2,
    d.category_l3,
    d.brand,
    d.series,
    d.grade,
    d.journey_class,
    d.list_price,
    d.unit_cost,
    d.release_date,
    d.discontinued_date,
    d.expected_cycle_days,
    d.season_code,
    d.is_sample,
    d.is_service,
    d.attributes
  FROM begun AS b
  LEFT JOIN products AS d ON d.product_id = b.product_id
),
discussed AS (
  SELECT DISTINCT customer_id, category, case_no, product_id
  FROM numbered
  WHERE product_id IS NOT NULL
),
-- What was bought of the category from the day of the contact on, in time.
matched AS (
  SELECT
    b.customer_id,
    b.category,
    b.case_no,
    l.purchase_at,
    l.order_id,
    l.channel,
    d.product_id IS NOT NULL AS is_discussed
  FROM begun AS b
  JOIN purchase_lines AS l
    ON l.customer_id = b.customer_id
    AND l.category_l1 = b.category
    AND l.purchase_date >= LOCAL_DAY(b.visited_at)
    AND l.purchase_date <= DATE_ADD('day', :window_days, LOCAL_DAY(b.visited_at))
  LEFT JOIN discussed AS d
    ON d.customer_id = b.customer_id
    AND d.category = b.category
    AND d.case_no = b.case_no
    AND d.product_id = l.product_id
  WHERE :match = 'category' OR d.product_id IS NOT NULL
),
bought AS (
  SELECT
    customer_id,
    category,
    case_no,
    MIN(purchase_at) AS purchase_at,
    MIN_BY(channel, ROW(purchase_at, order_id)) AS channel,
    COUNT_IF(is_discussed) > 0 AS is_discussed
  FROM matched
  GROUP BY customer_id, category, case_no
),
messaged AS (
  SELECT DISTINCT b.customer_id, b.category, b.case_no
  FROM begun AS b
  LEFT JOIN bought AS p ON p.customer_id = b.customer_id AND p.category = b.category AND p.case_no = b.case_no
  JOIN v_touches AS t
    ON t.customer_id = b.customer_id
    AND NOT t.is_control
    AND t.sent_at > b.visited_at
    AND t.sent_at <= COALESCE(p.purchase_at, DATE_ADD('day', :window_days, b.visited_at))
),
cases AS (
  SELECT
    :axis AS axis_value,
    b.customer_id,
    b.product_id,
    CASE WHEN p.customer_id IS NULL THEN '未購入' ELSE '購入' END AS outcome,
    LOCAL_DAY(b.visited_at) <= DATE_ADD('day', -:window_days, :as_of) AS is_observed,
    DATE_DIFF('day', LOCAL_DAY(b.visited_at), LOCAL_DAY(p.purchase_at)) AS days,
    p.channel <> 'store' AS in_ec,
    NOT p.is_discussed AS is_other,
    m.customer_id IS NOT NULL AS has_message
  FROM begun AS b
  JOIN population AS customers ON customers.customer_id = b.customer_id
  JOIN subjects AS products
    ON products.customer_id = b.customer_id AND products.category = b.category AND products.case_no = b.case_no
  LEFT JOIN stores ON stores.store_id = b.store_id
  LEFT JOIN bought AS p ON p.customer_id = b.customer_id AND p.category = b.category AND p.case_no = b.case_no
  LEFT JOIN messaged AS m ON m.customer_id = b.customer_id AND m.category = b.category AND m.case_no = b.case_no
)
SELECT
  axis_value,
  COUNT(*) AS visits,
  COUNT(DISTINCT CASE WHEN outcome = '購入' THEN customer_id END) AS bought,
  RATIO(COUNT_IF(is_observed AND outcome = '購入'), COUNT_IF(is_observed)) AS conversion,
  RATIO(COUNT_IF(is_observed AND in_ec), COUNT_IF(is_observed AND outcome = '購入')) AS ec_share,
  QUANTILE_OF(CASE WHEN is_observed THEN days END, 0.5) AS days_median,
  RATIO(COUNT_IF(is_observed AND is_other), COUNT_IF(is_observed AND outcome = '購入')) AS other_item_share,
  RATIO(COUNT_IF(is_observed AND has_message AND outcome = '購入'), COUNT_IF(is_observed AND has_message))
    AS with_message_rate,
  COUNT_IF(is_observed) BETWEEN 1 AND :min_cell - 1
    OR COUNT_IF(is_observed AND outcome = '購入') BETWEEN 1 AND :min_cell - 1
    OR COUNT_IF(is_observed AND has_message) BETWEEN 1 AND :min_cell - 1 AS low_n
FROM cases
GROUP BY axis_value
ORDER BY axis_value = :unknown, COUNT(*) DESC, axis_value
