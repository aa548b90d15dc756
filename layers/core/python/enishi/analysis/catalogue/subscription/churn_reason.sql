/*
id: churn_reason
name: {ja: 解約理由・タイミング分析, en: Reasons and timing of cancellation}
category: subscription
origin: extension
tier: standard
question:
  ja: 定期の解約は、なぜ、何回目で起きるか。どの理由なら引き止められるか。
  en: "Why and when do subscribers stop, and which reasons can be answered?"
method:
  ja: "解約を理由×お届け回数で（比べる軸を選べば商品などの別にも）数える。引止めの提示と応諾、「復帰を見る日数」（既定180日）以内の復帰を示す。"
  en: "Reason x delivery number (x product or another axis, where one is chosen), save offers made and taken, come-back within winback_days (180)."
parameter_groups: [period, base, axis]
parameters:
- {name: winback_days, type: int, default: 180, minimum: 1, label_ja: 復帰を見る日数, note: ""}
- {name: axis, type: axis, default: "null", label_ja: 比べる軸, over: [products, customers], shown_as: axis_value, note: "a column of products or customers; null = all together"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "cancellations of the axis value, offers, or cancellations that are winback_days old, under which low_n is set"}
columns:
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: reason, type: string, unit: none, label_ja: 理由}
- {name: k, type: int, unit: times, label_ja: 回数}
- {name: cancelled, type: int, unit: contracts, label_ja: 解約数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: save_offered, type: int, unit: contracts, label_ja: 引止め提示}
- {name: saved_rate, type: ratio, unit: ratio, label_ja: 引止め率}
- {name: winback_rate, type: ratio, unit: ratio, label_ja: 復帰率}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
needs: [subscriptions]
charts:
- {kind: heatmap, x: k, y: reason, color: cancelled}
- {kind: stacked_bar, x: k, y: cancelled, color: reason}
- {kind: table}
cells:
- {name: reason, keys: [axis_value, reason, k], customers: cancellations, becomes: {ja: "この理由で解約した顧客", en: "former subscribers with this reason"}}
rules: [TZ, MERGE, UNK, CENSOR, SMALL, SET]
notes:
- ja: "回数はそれまでのお届けの数。構成比は同じ区分の解約に対する割合。"
  en: "k is the number of deliveries until then; share is of the cancellations of the same axis value"
- ja: "引止め提示は、継続の提案をした契約の数。引止め率はそのうち応じた割合。理由のない提案は解約の理由をとり、それもなければ「不明」とする。"
  en: "save_offered counts contracts that were made an offer to stay, saved_rate those that took it; an offer without a reason takes that of the cancellation, else 不明"
- ja: "復帰率は、同じ顧客が「復帰を見る日数」以内に新しい契約を始めた割合。その日数が過ぎた解約についてのもの（規則CENSOR）。"
  en: "winback_rate: a new contract of the same customer within winback_days, over cancellations that are at least that old (rule CENSOR)"
- ja: "比べる軸は理由の前の独立した列。選ばなければ全体をまとめて示す。"
  en: "the axis is a column of its own, before the reason; all together unless one is chosen"
*/
WITH grouped AS (
  SELECT
    k.subscription_id,
    k.customer_id,
    k.delivered_count,
    k.state,
    k.ended_date,
    k.cancel_reason,
    :axis AS axis_value
  FROM contracts AS k
  JOIN population AS customers ON customers.customer_id = k.customer_id
  LEFT JOIN products ON products.product_id = k.product_id
),
offers AS (
  SELECT
    e.subscription_id,
    MIN(e.event_date) AS case_date,
    MIN(e.reason) AS reason,
    COUNT_IF(e.event_type = 'save_accept') > 0 AS is_saved
  FROM subscription_events AS e
  WHERE e.event_type IN ('save_offer', 'save_accept') AND e.event_date BETWEEN :period_start AND :period_end
  GROUP BY e.subscription_id
),
cases AS (
  SELECT
    g.axis_value,
    g.subscription_id,
    g.customer_id,
    g.delivered_count,
    COALESCE(g.cancel_reason, :unknown) AS reason,
    g.ended_date AS case_date,
    'cancel' AS kind,
    FALSE AS is_saved
  FROM grouped AS g
  WHERE g.state = 'cancelled' AND g.ended_date BETWEEN :period_start AND :period_end
  UNION ALL
  SELECT
    g.axis_value,
    g.subscription_id,
    g.customer_id,
    g.delivered_count,
    COALESCE(o.reason, g.cancel_reason, :unknown),
    o.case_date,
    'offer',
    o.is_saved
  FROM offers AS o
  JOIN grouped AS g ON g.subscription_id = o.subscription_id
),
deliveries AS (
  SELECT
    c.subscription_id,
    c.kind,
    COUNT(*) AS known,
    COUNT_IF(e.event_date <= c.case_date) AS until_then
  FROM cases AS c
  JOIN subscription_events AS e ON e.subscription_id = c.subscription_id AND e.event_type = 'deliver'
  GROUP BY c.subscription_id, c.kind
),
ranked AS (
  SELECT axis_value, ROW_NUMBER() OVER (ORDER BY axis_value = :unknown, COUNT(*) DESC, axis_value) AS place
  FROM cases
  GROUP BY axis_value
),
counted AS (
  SELECT
    CASE WHEN r.place <= :max_axis_values OR c.axis_value = :unknown THEN c.axis_value ELSE :other END AS axis_value,
    c.subscription_id,
    c.customer_id,
    c.reason,
    c.case_date,
    c.kind,
    c.is_saved,
    COALESCE(d.until_then, c.delivered_count) AS k
  FROM cases AS c
  JOIN ranked AS r ON r.axis_value = c.axis_value
  LEFT JOIN deliveries AS d ON d.subscription_id = c.subscription_id AND d.kind = c.kind
),
come_back AS (
  SELECT DISTINCT c.subscription_id
  FROM cases AS c
  JOIN contracts AS n ON n.customer_id = c.customer_id AND n.subscription_id <> c.subscription_id
  WHERE
    c.kind = 'cancel'
    AND n.started_date > c.case_date
    AND n.started_date <= DATE_ADD('day', :winback_days, c.case_date)
),
cancellations AS (
  SELECT
    c.axis_value,
    c.reason,
    c.k,
    c.customer_id,
    c.case_date <= DATE_ADD('day', -:winback_days, :as_of) AS is_observed,
    b.subscription_id IS NOT NULL AS is_back
  FROM counted AS c
  LEFT JOIN come_back AS b ON b.subscription_id = c.subscription_id
  WHERE c.kind = 'cancel'
),
lost AS (
  SELECT
    axis_value,
    reason,
    k,
    COUNT(*) AS cancelled,
    COUNT_IF(is_observed) AS observed,
    RATIO(COUNT_IF(is_observed AND is_back), COUNT_IF(is_observed)) AS winback_rate
  FROM cancellations
  GROUP BY axis_value, reason, k
),
offered AS (
  SELECT axis_value, reason, k, COUNT(*) AS offered, COUNT_IF(is_saved) AS saved
  FROM counted
  WHERE kind = 'offer'
  GROUP BY axis_value, reason, k
),
listed AS (
  SELECT axis_value, reason, k FROM lost
  UNION
  SELECT axis_value, reason, k FROM offered
)
SELECT
  i.axis_value,
  i.reason,
  i.k,
  COALESCE(l.cancelled, 0) AS cancelled,
  RATIO(COALESCE(l.cancelled, 0), SUM(l.cancelled) OVER (PARTITION BY i.axis_value)) AS share,
  COALESCE(o.offered, 0) AS save_offered,
  RATIO(o.saved, o.offered) AS saved_rate,
  l.winback_rate,
  COALESCE(SUM(l.cancelled) OVER (PARTITION BY i.axis_value) < :min_cell, FALSE)
    OR COALESCE(o.offered < :min_cell, FALSE)
    OR COALESCE(l.observed BETWEEN 1 AND :min_cell - 1, FALSE) AS low_n
FROM listed AS i
LEFT JOIN lost AS l ON l.axis_value = i.axis_value AND l.reason = i.reason AND l.k = i.k
LEFT JOIN offered AS o ON o.axis_value = i.axis_value AND o.reason = i.reason AND o.k = i.k
ORDER BY
  CASE i.axis_value WHEN :other THEN 1 WHEN :unknown THEN 2 ELSE 0 END,
  i.axis_value,
  i.reason = :unknown,
  i.reason,
  i.k
