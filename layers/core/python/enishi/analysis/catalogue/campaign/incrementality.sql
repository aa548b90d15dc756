/*
id: incrementality
name: {ja: 増分効果分析(コントロール群比較), en: Incrementality against control}
category: campaign
origin: extension
tier: core
question:
  ja: 配信しなかったらどうだったか。対照群と比べて、施策は本当に何を増やしたか。
  en: "What would have happened without the campaign, so what did it truly add?"
method:
  ja: "ITT（割り当てどおりの比較）。割り当てられた顧客1人あたりの購入率と購入額を、配信群と対照群で、割り当てから「成果の期間(日)」の間について比べる。差、相対リフト、増分件数、増分利益を出す。区間は、率では正規近似、金額ではブートストラップによる。事前の購入による補正もできる。"
  en: "Intent-to-treat: purchase rate and amount per assigned customer in treated and control over the window from assignment; difference, relative lift, incremental orders and profit; interval by normal approximation for rates and bootstrap for amounts; optional pre-period adjustment."
parameter_groups: [base, pur, stat]
parameters:
- {name: campaigns, type: list, default: required, label_ja: 施策, note: "ids or names of campaigns or scenarios"}
- {name: window_days, type: int, default: 14, minimum: 1, maximum: 365, label_ja: 成果の期間(日), note: "from the assignment"}
- {name: metric, type: "enum(buyer_rate,orders,amount,margin,visit_rate)", default: buyer_rate, label_ja: 見る指標, note: ""}
- {name: cuped, type: bool, default: true, label_ja: 事前の購入で補正, note: ""}
- {name: srm_alpha, type: double, default: 0.001, label_ja: 配分検定の限度, note: ""}
- {name: winsorise, type: ratio, default: 0.999, label_ja: 上限に丸める分位, note: ""}
- {name: pre_days, type: int, default: 180, minimum: 1, label_ja: 事前期間(日), note: "purchases before the assignment, for cuped"}
- {name: period_start, type: date, default: as_of - 12 months + 1 day, label_ja: 割り当て開始日, note: "first day of assignment"}
columns:
- {name: arm, type: enum, unit: none, label_ja: 群}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: buyers, type: int, unit: people, label_ja: 購入者数}
- {name: rate, type: ratio, unit: ratio, label_ja: 購入率}
- {name: amount_per_customer, type: money, unit: JPY/person, label_ja: 1人あたり売上}
- {name: lift_abs, type: ratio, unit: pp, label_ja: 差, by: {metric: {orders: {type: double, unit: count/person}, amount: {type: money, unit: JPY/person}, margin: {type: money, unit: JPY/person}}}}
- {name: lift_rel, type: ratio, unit: ratio, label_ja: 相対リフト}
- {name: ci_low, type: ratio, unit: pp, label_ja: 下限, by: {metric: {orders: {type: double, unit: count/person}, amount: {type: money, unit: JPY/person}, margin: {type: money, unit: JPY/person}}}}
- {name: ci_high, type: ratio, unit: pp, label_ja: 上限, by: {metric: {orders: {type: double, unit: count/person}, amount: {type: money, unit: JPY/person}, margin: {type: money, unit: JPY/person}}}}
- {name: p_value, type: double, unit: probability, label_ja: p値}
- {name: incremental_orders, type: double, unit: orders, label_ja: 増分件数}
- {name: incremental_profit, type: money, unit: JPY, label_ja: 増分利益}
- {name: srm_p, type: double, unit: probability, label_ja: 配分検定}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: forest, x: arm, y: lift_abs, low: ci_low, high: ci_high, where: {arm: 配信群}}
- {kind: bar, x: arm, y: rate}
- {kind: table}
cells:
- {name: arm, keys: [arm, is_buyer], types: {is_buyer: bool}, customers: outcomes, becomes: {ja: "その群の顧客（購入したかどうか別）", en: "the customers of an arm, buyers or not"}}
footnotes:
- {label_ja: 対照群のうち他の配信を受けた割合, cte: contaminated}
rules: [TZ, PUR, RET, HOLD, MERGE, GUEST, SMALL, CENSOR, SET]
notes:
- ja: "除外された配信も配信群に残す。"
  en: "suppressed messages stay in the treated arm"
- ja: "配分検定が限度を下回ったら効果は示さない。割り当てを直す必要がある。"
  en: "when srm_p is under the limit the effect is withheld and the assignment must be repaired"
- ja: "この施策の対照群の顧客も、ほかの配信を受けていることがある。その割合を示す。"
  en: "a customer in the control of this campaign may have received others; the share is printed"
- ja: "顧客は、選んだ施策での最初の割り当ての群に属する。基準日までに成果の期間を過ぎた人だけを比べる。"
  en: "a customer belongs to the arm of the first assignment in the chosen campaigns; only those whose window has passed by as_of are compared"
- ja: "対照群とするかを決める前に配信しないと決めたことが判断の記録に残る配信は、どちらの群にも入れない。それ以外の送られなかった配信は、すべて配信群に残す。"
  en: "where the decision log says that a message was refused before it was decided whether to hold it back, it is in neither arm; every other message that was not sent stays in the treated arm"
- ja: "配分検定は、施策マスターの対照群の割合（control_share）に対するもの。計画された割合がなければ空欄。"
  en: "the allocation test is against campaigns.control_share; without a planned share it is null"
- ja: "リフト・区間・p値は「見る指標」のもの。購入率と訪問率は正規近似、ほかはブートストラップ区間（1,000回、乱数の種は固定）。"
  en: "lift, interval and p-value are of the metric; buyer_rate and visit_rate by normal approximation, the others with a bootstrap interval (1,000 draws, fixed seed)"
- ja: "増分利益は、対照群を上回る粗利から配信費用を引いた額。原価のわからない明細があれば空欄。"
  en: "incremental_profit is the margin over the control's less the cost of messages; null where a line lacks a cost"
- ja: "顧客層別には「母集団」を使う。"
  en: "subgroups are had by base_segment"
standard: "Two-proportion comparison, bootstrap; CUPED, Deng et al. (2013); sample-ratio-mismatch chi-square, Fabijan et al. (2019)."
example: {campaigns: season}
step: incrementality
*/
WITH assigned AS (
  SELECT m.*
  FROM assigned_messages AS m
  WHERE m.sent_date >= :period_start
),
firsts AS (
  SELECT
    a.customer_id,
    MIN_BY(a.is_control, ROW(a.sent_at, a.message_id)) AS is_control,
    MIN_BY(a.campaign_key, ROW(a.sent_at, a.message_id)) AS campaign_key,
    MIN_BY(a.control_share, ROW(a.sent_at, a.message_id)) AS control_share,
    MIN(a.sent_at) AS assigned_at,
    MIN(a.sent_date) AS assigned_date,
    SUM(a.cost) AS cost
  FROM assigned AS a
  JOIN population AS c ON c.customer_id = a.customer_id
  GROUP BY a.customer_id
),
people AS (
  SELECT f.*, CASE WHEN f.is_control THEN '対照群' ELSE '配信群' END AS arm
  FROM firsts AS f
  WHERE DATE_ADD('day', :window_days, f.assigned_date) <= :as_of
),
margins AS (
  SELECT l.order_id, CASE WHEN COUNT(l.margin) = COUNT(*) THEN SUM(l.margin) END AS margin
  FROM purchase_lines AS l
  GROUP BY l.order_id
),
bought AS (
  SELECT
    f.customer_id,
    COUNT(*) AS orders,
    SUM(p.amount) AS amount,
    CASE WHEN COUNT(g.margin) = COUNT(*) THEN SUM(g.margin) END AS margin
  FROM people AS f
  JOIN purchases AS p ON p.customer_id = f.customer_id
  LEFT JOIN margins AS g ON g.order_id = p.order_id
  WHERE p.purchase_at > f.assigned_at AND p.purchase_at <= DATE_ADD('day', :window_days, f.assigned_at)
  GROUP BY f.customer_id
),
bought_before AS (
  SELECT f.customer_id, SUM(p.amount) AS amount
  FROM people AS f
  JOIN purchases AS p ON p.customer_id = f.customer_id
  WHERE p.purchase_at <= f.assigned_at AND p.purchase_at > DATE_ADD('day', -:pre_days, f.assigned_at)
  GROUP BY f.customer_id
),
visited AS (
  SELECT f.customer_id, COUNT(*) AS visits
  FROM people AS f
  JOIN v_sessions AS s ON s.customer_id = f.customer_id
  WHERE
    :metric = 'visit_rate'
    AND s.started_at > f.assigned_at
    AND s.started_at <= DATE_ADD('day', :window_days, f.assigned_at)
  GROUP BY f.customer_id
),
outcomes AS (
  SELECT
    f.arm,
    f.customer_id,
    f.control_share,
    f.cost,
    b.customer_id IS NOT NULL AS is_buyer,
    COALESCE(b.orders, 0) AS orders,
    COALESCE(b.amount, 0) AS amount,
    CASE WHEN b.customer_id IS NULL THEN 0 ELSE b.margin END AS margin,
    COALESCE(v.visits, 0) AS visits,
    COALESCE(e.amount, 0) AS before
  FROM people AS f
  LEFT JOIN bought AS b ON b.customer_id = f.customer_id
  LEFT JOIN bought_before AS e ON e.customer_id = f.customer_id
  LEFT JOIN visited AS v ON v.customer_id = f.customer_id
),
others AS (
  SELECT DISTINCT f.customer_id
  FROM people AS f
  JOIN v_touches AS t ON t.customer_id = f.customer_id
  WHERE
    f.is_control
    AND NOT t.is_control
    AND COALESCE(t.campaign_id, t.scenario_id) <> f.campaign_key
    AND t.sent_at > f.assigned_at
    AND t.sent_at <= DATE_ADD('day', :window_days, f.assigned_at)
),
contaminated AS (
  SELECT RATIO(COUNT(o.customer_id), COUNT(*)) AS share
  FROM people AS f
  LEFT JOIN others AS o ON o.customer_id = f.customer_id
  WHERE f.is_control
)
SELECT
  arm,
  orders,
  amount,
  margin,
  visits,
  before,
  cost,
  COUNT(*) AS customers,
  CASE WHEN COUNT(control_share) = COUNT(*) THEN SUM(control_share) END AS planned_controls
FROM outcomes
GROUP BY arm, orders, amount, margin, visits, before, cost
ORDER BY arm, orders, amount, margin, visits, before, cost
