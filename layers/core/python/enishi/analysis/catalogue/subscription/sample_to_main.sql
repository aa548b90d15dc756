/*
id: sample_to_main
name: {ja: サンプル→本品引上分析, en: Trial kit to main product}
category: subscription
origin: extension
tier: core
question:
  ja: サンプルの申込者の何割が、いつ、どのフォローで本品を買うか(KPI 本品引上率)。
  en: "How many sample customers buy the main product, when, and with which follow-up? (KPI 本品引上率)"
method:
  ja: "サンプルの申込みから、「観測日数」内の本品の購入を見る。発送からの経過日別の累積引上率（サンプルを使い切る日に印を付ける）を、媒体、オファー、到達したステップなどの集計軸別に示す。あわせて単品か定期かを見る。"
  en: "From sample order: main purchase within window; cumulative by day since shipment with the sample's run-out day marked; by medium, offer, step reached, single or subscription."
parameter_groups: [period, base, pur, axis]
parameters:
- {name: axis, type: axis, default: medium, label_ja: 集計軸, over: [media, customers, orders, messages], shown_as: axis_value, note: "media: the medium that won the sample order; orders: the sample order; messages: the last follow-up before the purchase or the end of the window (messages.step_id, messages.offer_code …); null = all together"}
- {name: window_days, type: int, default: 60, minimum: 1, maximum: 1000, label_ja: 観測日数, note: ""}
- {name: sample_days, type: int, default: 14, minimum: 0, label_ja: サンプルを使い切る日数, note: ""}
columns:
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: sample_customers, type: int, unit: people, label_ja: サンプル申込者}
- {name: observed, type: int, unit: people, label_ja: 観測済み}
- {name: converted, type: int, unit: people, label_ja: 引上人数}
- {name: conversion, type: ratio, unit: ratio, label_ja: 本品引上率}
- {name: days_median, type: double, unit: days, label_ja: 日数中央値}
- {name: day, type: int, unit: days, label_ja: 経過日}
- {name: run_out, type: bool, unit: none, label_ja: 使い切り日}
- {name: cum_rate, type: ratio, unit: ratio, label_ja: 累積引上率}
- {name: to_subscription, type: ratio, unit: ratio, label_ja: 定期化率}
- {name: cost_per_main, type: money, unit: JPY/person, label_ja: 引上CPO}
charts:
- {kind: line, x: day, y: cum_rate, color: axis_value, options: {marked: run_out}}
- {kind: funnel, x: axis_value, y: converted, where: {day: 0}, title_ja: 引上人数}
- {kind: table}
cells:
- {name: waiting, keys: [axis_value, waiting_days], types: {waiting_days: int}, customers: waiting, becomes: {ja: "まだ購入していないサンプル申込者（発送からの日数別）。使い切る直前はwaiting_days=11..14", en: "sample customers who have not bought, by days since shipment; just before run-out: waiting_days=11..14"}}
- {name: outcome, keys: [axis_value, is_converted], types: {is_converted: bool}, customers: outcomes, becomes: {ja: "サンプル申込者（本品を購入したかどうか別）", en: "sample customers who bought the main product, or not"}}
rules: [TZ, RET, GUEST, MERGE, CENSOR, UNK, DIV0, SET]
notes:
- ja: "すでに本品を持っていた顧客は除く。"
  en: "customers who already owned the main product are out"
- ja: "購入の規則PURではほかの分析から除くサンプルの注文を、ここでは数える。"
  en: "here sample orders count although PUR leaves them out elsewhere"
- ja: "対象は、期間内の顧客の最初のサンプル注文。本品は、サンプルと同じシリーズの商品、シリーズがなければ同じ親商品、それもなければサンプル以外のすべての商品。「商品の絞り込み」で指定すればそれに代える。"
  en: "a customer's first sample order of the period; the main product is any product of the sample's series, else of its parent_id, else any at all, and never a sample; product_filter names it instead"
- ja: "日数は発送から（発送のない注文は注文から）数える。発送前の購入は0日目とする。"
  en: "days since shipment (of an order without it, since the order); a purchase before the parcel leaves counts on day 0"
- ja: "本品引上率、日数中央値、累積引上率、定期化率は、観測期間が過ぎた顧客（観測済み）についてのもの。引上人数はこれまでの全員。"
  en: "conversion, days_median, cum_rate and to_subscription are over customers whose window has passed (observed); converted are all so far"
- ja: "定期化率は、引き上げた顧客のうち契約した割合（本品の注文が契約のもの）。"
  en: "to_subscription is the share of those converted who took a contract: the main order is a contract's"
- ja: "引上CPOは、サンプル申込者1人あたりの費用（期間内の獲得媒体の費用をその媒体のサンプル申込者数で割ったもの）の合計を、これまでの引上人数で割ったもの。"
  en: "cost_per_main: each sample customer costs what her medium cost in the period over its sample customers; over all converted so far"
*/
WITH asked AS (
  SELECT
    o.order_id,
    COALESCE(i.person_id, o.customer_id) AS customer_id,
    o.ordered_at,
    o.order_date AS purchase_date,
    COALESCE(o.shipped_date, o.order_date) AS shipped_date,
    o.channel,
    o.store_id,
    o.order_type,
    o.subscription_id,
    o.response_code,
    o.net_amount AS amount
  FROM orders AS o
  LEFT JOIN v_identity AS i ON i.customer_id = o.customer_id
  WHERE
    o.order_type = 'sample'
    AND o.status NOT IN ('cancelled', 'payment_failed')
    AND o.order_date BETWEEN :period_start AND :period_end
    AND o.channel IN (:channels)
    AND o.store_id IN (:stores)
),
numbered AS (
  SELECT a.*, ROW_NUMBER() OVER (PARTITION BY a.customer_id ORDER BY a.ordered_at, a.order_id) AS nth
  FROM asked AS a
  JOIN population AS c ON c.customer_id = a.customer_id
),
samples AS (
  SELECT * FROM numbered WHERE nth = 1
),
-- What each customer has a sample of, as the series or the style that its main products share.
tried AS (
  SELECT DISTINCT s.customer_id, d.series, CASE WHEN d.series IS NULL THEN d.parent_id END AS parent_id
  FROM samples AS s
  JOIN order_lines AS l ON l.order_id = s.order_id
  LEFT JOIN products AS d ON d.product_id = l.product_id
),
bought AS (
  SELECT
    s.customer_id,
    l.order_id,
    l.purchase_at,
    l.purchase_date,
    p.order_type = 'subscription' OR p.subscription_id IS NOT NULL AS is_contract
  FROM samples AS s
  JOIN tried AS t ON t.customer_id = s.customer_id
  JOIN purchase_lines AS l ON l.customer_id = s.customer_id
  JOIN v_purchases AS p ON p.order_id = l.order_id
  LEFT JOIN products AS d ON d.product_id = l.product_id
  WHERE
    NOT COALESCE(d.is_sample, FALSE)
    AND (
      NOT :any_product
      OR COALESCE(l.series = t.series, l.parent_id = t.parent_id, t.series IS NULL AND t.parent_id IS NULL)
    )
  GROUP BY
    s.customer_id, l.order_id, l.product_id, l.purchase_at, l.purchase_date, p.order_type, p.subscription_id, t.series,
    t.parent_id
  HAVING SUM(l.amount) > 0
),
mains AS (
  SELECT
    s.customer_id,
    COUNT_IF(b.purchase_at < s.ordered_at) > 0 AS owned_before,
    MIN_BY(b.purchase_date, CASE WHEN b.purchase_at >= s.ordered_at THEN ROW(b.purchase_at, b.order_id) END)
      AS main_date,
    MIN_BY(b.is_contract, CASE WHEN b.purchase_at >= s.ordered_at THEN ROW(b.purchase_at, b.order_id) END)
      AS is_contract
  FROM samples AS s
  LEFT JOIN bought AS b ON b.customer_id = s.customer_id
  GROUP BY s.customer_id
),
followed AS (
  SELECT
    s.*,
    DATE_ADD('day', :window_days, s.shipped_date) <= :as_of AS is_observed,
    COALESCE(m.main_date <= DATE_ADD('day', :window_days, s.shipped_date), FALSE) AS is_converted,
    m.is_contract,
    GREATEST(DATE_DIFF('day', s.shipped_date, m.main_date), 0) AS days,
    LEAST(COALESCE(m.main_date, :as_of), DATE_ADD('day', :window_days, s.shipped_date)) AS last_date
  FROM samples AS s
  JOIN mains AS m ON m.customer_id = s.customer_id
  WHERE NOT m.owned_before
),
-- The last message between the sample order and the end of the window, or the purchase.
messages_before AS (
  SELECT
    f.customer_id, l.campaign, v.step_id, v.variant, v.channel, v.template_id, v.offer_code, v.address_domain,
    ROW_NUMBER() OVER (PARTITION BY f.customer_id ORDER BY v.sent_at DESC, v.message_id DESC) AS place
  FROM followed AS f
  JOIN v_touches AS v ON v.customer_id = f.customer_id AND v.sent_at > f.ordered_at AND v.sent_date <= f.last_date
  LEFT JOIN campaign_labels AS l ON l.campaign_id = v.campaign_id
  WHERE NOT v.is_control
),
last_messages AS (
  SELECT * FROM messages_before WHERE place = 1
),
spent AS (
  SELECT medium_id, SUM(cost) AS cost
  FROM media_costs
  WHERE cost_date BETWEEN :period_start AND :period_end
  GROUP BY medium_id
),
won AS (
  SELECT f.customer_id, m.medium_id, m.medium, m.medium_type
  FROM followed AS f
  JOIN population AS c ON c.customer_id = f.customer_id
  LEFT JOIN media_codes AS r ON r.response_code = f.response_code
  LEFT JOIN media_labels AS m ON m.medium_id = COALESCE(r.medium_id, c.acquisition_medium_id)
),
-- What one sample of each medium cost.
sample_costs AS (
  SELECT w.medium_id, RATIO(MIN(s.cost), COUNT(*)) AS cost
  FROM won AS w
  JOIN spent AS s ON s.medium_id = w.medium_id
  GROUP BY w.medium_id
),
grouped AS (
  SELECT :axis AS own_value, orders.*, k.cost
  FROM followed AS orders
  JOIN population AS customers ON customers.customer_id = orders.customer_id
  JOIN won AS media ON media.customer_id = orders.customer_id
  LEFT JOIN last_messages AS messages ON messages.customer_id = orders.customer_id
  LEFT JOIN sample_costs AS k ON k.medium_id = media.medium_id
),
ranked AS (
  SELECT own_value, ROW_NUMBER() OVER (ORDER BY own_value = :unknown, COUNT(*) DESC, own_value) AS place
  FROM grouped
  GROUP BY own_value
),
outcomes AS (
  SELECT
    CASE WHEN r.place <= :max_axis_values OR g.own_value = :unknown THEN g.own_value ELSE :other END AS axis_value,
    g.customer_id,
    g.shipped_date,
    g.is_observed,
    g.is_converted,
    g.is_observed AND g.is_converted AS counts,
    g.is_contract,
    g.days,
    g.cost
  FROM grouped AS g
  JOIN ranked AS r ON r.own_value = g.own_value
),
waiting AS (
  SELECT axis_value, DATE_DIFF('day', shipped_date, :as_of) AS waiting_days, customer_id
  FROM outcomes
  WHERE NOT is_converted
),
summed AS (
  SELECT
    axis_value,
    COUNT(*) AS sample_customers,
    COUNT_IF(is_observed) AS observed,
    COUNT_IF(is_converted) AS converted,
    RATIO(COUNT_IF(counts), COUNT_IF(is_observed)) AS conversion,
    QUANTILE_OF(CASE WHEN counts THEN days END, 0.5) AS days_median,
    RATIO(COUNT_IF(counts AND is_contract), COUNT_IF(counts)) AS to_subscription,
    RATIO(SUM(cost), COUNT_IF(is_converted)) AS cost_per_main
  FROM outcomes
  GROUP BY axis_value
),
by_day AS (
  SELECT s.axis_value, t.day, COUNT(o.customer_id) AS converted
  FROM summed AS s
  CROSS JOIN UNNEST(SEQUENCE(0, :window_days)) AS t(day)
  LEFT JOIN outcomes AS o ON o.axis_value = s.axis_value AND o.counts AND o.days = t.day
  GROUP BY s.axis_value, t.day
)
SELECT
  s.axis_value,
  s.sample_customers,
  s.observed,
  s.converted,
  s.conversion,
  s.days_median,
  d.day,
  d.day = :sample_days AS run_out,
  RATIO(SUM(d.converted) OVER (PARTITION BY d.axis_value ORDER BY d.day), s.observed) AS cum_rate,
  s.to_subscription,
  CAST(s.cost_per_main AS DECIMAL(18, 2)) AS cost_per_main
FROM summed AS s
JOIN by_day AS d ON d.axis_value = s.axis_value
ORDER BY CASE s.axis_value WHEN :unknown THEN 2 WHEN :other THEN 1 ELSE 0 END, s.axis_value, d.day
