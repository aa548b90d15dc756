/*
id: subscription_survival
name: {ja: 定期継続率分析(お届け回数別), en: Subscription survival by delivery}
category: subscription
origin: extension
tier: core
question:
  ja: 定期契約の何割が2回目、3回目…のお届けに達し、どの回で最も多く失うか。
  en: "What share reaches the 2nd, 3rd, ... delivery, and at which one do we lose most?"
method:
  ja: "お届け回数（または月数）に対するKaplan–Meier法。集計期間に始まった契約について、商品または顧客の列（比べる軸）別の継続率と、回ごとの解約率を示す。"
  en: "Kaplan-Meier on delivery number (or months) of the contracts started in the period, by a column of product or customer (the axis); hazard per delivery."
parameter_groups: [period, base, axis, stat]
parameters:
- {name: scale, type: "enum(deliveries,months)", default: deliveries, label_ja: 経過の単位, note: "months are 30 days of an active contract"}
- {name: max, type: int, default: 24, minimum: 1, label_ja: 最大回数, note: ""}
- {name: axis, type: axis, default: "null", label_ja: 比べる軸, over: [products, customers], shown_as: axis_value, note: "a column of products or customers; null = all together"}
columns:
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: k, type: int, unit: times, label_ja: 回数}
- {name: at_risk, type: int, unit: contracts, label_ja: 対象契約}
- {name: cancelled, type: int, unit: contracts, label_ja: 解約}
- {name: hazard, type: ratio, unit: ratio, label_ja: 回別解約率, of: at_risk}
- {name: survival, type: double, unit: probability, label_ja: 継続率, of: at_risk}
- {name: ci_low, type: double, unit: probability, label_ja: 下限}
- {name: ci_high, type: double, unit: probability, label_ja: 上限}
needs: [subscriptions]
step: kaplan_meier
charts:
- {kind: survival_step, x: k, y: survival, color: axis_value, low: ci_low, high: ci_high}
- {kind: heatmap, x: k, y: axis_value, color: hazard}
- {kind: table}
cells:
- {name: arriving, keys: [k, axis_value], customers: arriving, becomes: {ja: "次にk回目に達する契約（F2転換フォロー）", en: "contracts that arrive at k next (F2転換フォロー)"}}
rules: [TZ, MERGE, CENSOR, UNK, SMALL, SET]
notes:
- ja: "対象は期間内に始まった契約。kで失うのは、k回目のお届けがなかったもの。d回のお届けの後に解約した契約はd＋1に数え、続いている契約はdまでわかるものとする。"
  en: "contracts that started in the period; k is lost when the k-th delivery did not come: a contract cancelled after d deliveries counts at d + 1, a running one is known up to d"
- ja: "kでの継続率は、k回目のお届けに達する割合（Kaplan–Meier法）。区間はGreenwoodの分散によるlog-log変換の区間。"
  en: "survival at k is the share that reaches the k-th delivery (Kaplan-Meier); the interval is Greenwood's on the log-log scale"
- ja: "休止中の契約は、お届け回数でだけ対象とし、月数では対象としない。"
  en: "paused contracts are at risk only in deliveries, not in months"
- ja: "終了した契約は失ったものとせず、対象から外す。"
  en: "completed contracts are not lost, they leave the risk set"
standard: Kaplan and Meier (1958).
*/
WITH pauses AS (
  SELECT
    f.subscription_id,
    f.flow,
    f.flow_date,
    LEAD(f.flow_date) OVER (PARTITION BY f.subscription_id ORDER BY f.flow_date, f.flow DESC) AS next_date
  FROM contract_flows AS f
  WHERE f.flow_date <= :as_of
),
paused AS (
  SELECT subscription_id, SUM(DATE_DIFF('day', flow_date, COALESCE(next_date, :as_of))) AS days
  FROM pauses
  WHERE flow = 'paused'
  GROUP BY subscription_id
),
contracts_seen AS (
  SELECT
    :axis AS own_value,
    k.customer_id,
    k.state,
    CASE :scale
      WHEN 'deliveries' THEN k.delivered_count
      ELSE (DATE_DIFF('day', k.started_date, COALESCE(k.ended_date, :as_of)) - COALESCE(p.days, 0)) / 30
    END AS reached
  FROM contracts AS k
  JOIN population AS customers ON customers.customer_id = k.customer_id
  LEFT JOIN products ON products.product_id = k.product_id
  LEFT JOIN paused AS p ON p.subscription_id = k.subscription_id
  WHERE k.started_date BETWEEN :period_start AND :period_end
),
ranked AS (
  SELECT own_value, ROW_NUMBER() OVER (ORDER BY own_value = :unknown, COUNT(*) DESC, own_value) AS place
  FROM contracts_seen
  GROUP BY own_value
),
contracts_grouped AS (
  SELECT
    CASE WHEN r.place <= :max_axis_values OR s.own_value = :unknown THEN s.own_value ELSE :other END AS axis_value,
    s.customer_id,
    s.state,
    s.reached
  FROM contracts_seen AS s
  JOIN ranked AS r ON r.own_value = s.own_value
),
arriving AS (
  SELECT axis_value, reached + 1 AS k, customer_id
  FROM contracts_grouped
  WHERE state = 'active' OR (state = 'paused' AND :scale = 'deliveries')
)
SELECT
  axis_value AS "group",
  CASE WHEN state = 'cancelled' THEN reached + 1 ELSE reached END AS k,
  COUNT_IF(state = 'cancelled') AS lost,
  COUNT_IF(state <> 'cancelled') AS left_out
FROM contracts_grouped
GROUP BY axis_value, CASE WHEN state = 'cancelled' THEN reached + 1 ELSE reached END
ORDER BY CASE axis_value WHEN :other THEN 1 WHEN :unknown THEN 2 ELSE 0 END, "group", k
