/*
id: frequency_fatigue
name: {ja: 配信頻度・疲弊分析, en: Contact frequency and fatigue}
category: campaign
origin: extension
tier: core
question:
  ja: 週あたり何通まで送ってよいか。誰にとって送りすぎか。
  en: "How many messages per week are too many, for whom?"
method:
  ja: "人週（顧客×週）を、「受信数を数える日数」（既定28日）の受信通数と反応階層で分け、クリック率、1人あたり売上、解除・ブロック率を出す。反応階層の中で1通増やした効果と、利益から解除の費用を引いた額が最大になる通数を示す。"
  en: "Customer-weeks by number of messages received in the last 28 days x engagement class: click rate, sales per customer, unsubscribe and block rate; marginal effect of one more message inside the class; best count where profit minus unsubscribe cost peaks."
parameter_groups: [period, base, pur, msg]
parameters:
- {name: lookback_days, type: int, default: 28, minimum: 7, label_ja: 受信数を数える日数, note: "days that end with the week"}
- {name: count_classes, type: list(int), default: "0,1,2,3,4,6,8,12,20", label_ja: 受信通数の区切り, note: lower ends}
- {name: engagement_classes, type: list, default: "high,middle,low,none", label_ja: 反応階層の名前, note: "last click at most 30, 90, 180 days before the week; none"}
- {name: unsubscribe_cost, type: money, default: 300, label_ja: 解除1件の費用, note: ""}
- {name: margin_rate, type: ratio, default: 0.3, label_ja: 粗利率, note: "of credited sales, for best_count"}
- {name: min_cell, type: int, default: 30, label_ja: 参考値とする母数, note: "customer-weeks under which low_n is set; such a class is never the best"}
columns:
- {name: count_class, type: string, unit: messages, label_ja: 受信通数}
- {name: engagement, type: enum, unit: none, label_ja: 反応階層}
- {name: customer_weeks, type: int, unit: count, label_ja: 人週}
- {name: click_rate, type: ratio, unit: ratio, label_ja: クリック率}
- {name: amount_per_customer, type: money, unit: JPY/person, label_ja: 1人あたり売上}
- {name: unsubscribe_rate, type: ratio, unit: ratio, label_ja: 解除率}
- {name: marginal_amount, type: money, unit: JPY/message, label_ja: 追加1通効果}
- {name: best_count, type: int, unit: messages, label_ja: 推奨通数}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: line, x: count_class, y: amount_per_customer, color: engagement}
- {kind: heatmap, x: count_class, y: engagement, color: click_rate}
- {kind: table}
cells:
- {name: cell, keys: [count_class, engagement], customers: placed, becomes: {ja: "いずれかの週にこの区分にいた顧客", en: "customers who were in this cell in some week"}}
- {name: over_contacted, keys: [engagement, over_contacted], types: {over_contacted: bool}, customers: latest, becomes: {ja: "直近の週に、その反応階層の推奨通数を上回っていた顧客", en: "customers who in the last week were above their class's best count"}}
rules: [TZ, DEDUP, MPP, HOLD, MERGE, SMALL, DIV0, SET]
notes:
- ja: "活発な顧客ほど自動配信を多く受けるため、階層をまたいだ比較は偏る。そのため反応階層の中で比べる。"
  en: "active customers get more triggered mail, so reading across classes is biased; within-class comparison and, where present, control groups are used"
- ja: "週は集計期間に丸ごと入る週（月曜始まり）。顧客は母集団のうち、集計期間またはその前の「受信数を数える日数」の間に何かを送った人。"
  en: "the weeks are whole ones (from Monday) inside the period; the customers are those of base who were sent something in it or in the lookback before"
- ja: "クリック率はその週に送った配信に対する割合。売上はその週の購入で割り当てられた額。解除率は、配信に対して解除があった人週の割合。"
  en: "click_rate is over the messages sent in the week; amount is what orders of the week are credited with; unsubscribe_rate is customer-weeks in which a message was answered by leaving"
- ja: "推奨通数は、人週あたりの（粗利−配信費用−解除の費用）が最大になる区分の下端。"
  en: "best_count is the lower end of the class with the highest margin less message cost and unsubscribe cost a customer-week"
- ja: "比較は反応階層の中のもので、対照群を置いたものではない。因果の効果は「増分効果分析(コントロール群比較)」で見る。"
  en: "the comparison is within a class and not a controlled one; for a causal figure use incrementality"
*/
WITH weeks AS (
  SELECT
    DATE_ADD('day', 7 * k, DATE_TRUNC('week', DATE_ADD('day', 6, :period_start))) AS monday,
    DATE_ADD('day', 7 * k + 6, DATE_TRUNC('week', DATE_ADD('day', 6, :period_start))) AS sunday
  FROM UNNEST(SEQUENCE(0, DATE_DIFF('week', :period_start, :period_end))) AS t(k)
  WHERE DATE_ADD('day', 7 * k + 6, DATE_TRUNC('week', DATE_ADD('day', 6, :period_start))) <= LEAST(:period_end, :as_of)
),
mailed AS (
  SELECT t.customer_id, t.sent_date, t.clicked_at, t.left_at, t.unit_cost
  FROM touches AS t
  JOIN population AS c ON c.customer_id = t.customer_id
  WHERE t.sent_date > DATE_ADD('day', -:lookback_days, :period_start) AND t.sent_date <= :period_end
),
receivers AS (
  SELECT DISTINCT customer_id FROM mailed
),
received AS (
  SELECT
    m.customer_id,
    w.monday,
    COUNT(*) AS messages,
    COUNT_IF(m.sent_date >= w.monday) AS sent,
    COUNT_IF(m.sent_date >= w.monday AND m.clicked_at IS NOT NULL) AS clicked,
    COUNT_IF(m.sent_date >= w.monday AND m.left_at IS NOT NULL) > 0 AS has_left,
    SUM(CASE WHEN m.sent_date >= w.monday THEN m.unit_cost ELSE 0 END) AS cost
  FROM mailed AS m
  JOIN weeks AS w ON m.sent_date <= w.sunday AND m.sent_date > DATE_ADD('day', -:lookback_days, w.sunday)
  GROUP BY m.customer_id, w.monday
),
clicks AS (
  SELECT DISTINCT v.customer_id, e.event_date
  FROM v_touches AS v
  JOIN message_events AS e ON e.message_id = v.message_id
  WHERE NOT v.is_control AND e.event_type = 'click' AND NOT COALESCE(e.is_machine, FALSE)
),
last_clicks AS (
  SELECT c.customer_id, w.monday, DATE_DIFF('day', MAX(c.event_date), w.monday) AS days
  FROM clicks AS c
  JOIN weeks AS w ON c.event_date < w.monday AND c.event_date >= DATE_ADD('day', -180, w.monday)
  GROUP BY c.customer_id, w.monday
),
credited AS (
  SELECT customer_id, DATE_TRUNC('week', purchase_date) AS monday, SUM(amount) AS amount
  FROM attributed_orders
  GROUP BY customer_id, DATE_TRUNC('week', purchase_date)
),
classes AS (
  SELECT lower_count, LEAD(lower_count) OVER (ORDER BY lower_count) AS next_count
  FROM UNNEST(:count_classes) AS t(lower_count)
),
customer_weeks AS (
  SELECT
    p.customer_id,
    w.monday,
    COALESCE(r.messages, 0) AS messages,
    COALESCE(r.sent, 0) AS sent,
    COALESCE(r.clicked, 0) AS clicked,
    COALESCE(r.has_left, FALSE) AS has_left,
    COALESCE(r.cost, 0) AS cost,
    COALESCE(a.amount, 0) AS amount,
    CASE
      WHEN k.days <= 30 THEN ELEMENT_AT(:engagement_classes, 1)
      WHEN k.days <= 90 THEN ELEMENT_AT(:engagement_classes, 2)
      WHEN k.days <= 180 THEN ELEMENT_AT(:engagement_classes, 3)
      ELSE ELEMENT_AT(:engagement_classes, 4)
    END AS engagement
  FROM receivers AS p
  CROSS JOIN weeks AS w
  LEFT JOIN received AS r ON r.customer_id = p.customer_id AND r.monday = w.monday
  LEFT JOIN last_clicks AS k ON k.customer_id = p.customer_id AND k.monday = w.monday
  LEFT JOIN credited AS a ON a.customer_id = p.customer_id AND a.monday = w.monday
),
placed AS (
  SELECT
    w.*,
    c.lower_count,
    CASE
      WHEN c.next_count IS NULL THEN CAST(c.lower_count AS VARCHAR) || '以上'
      WHEN c.next_count = c.lower_count + 1 THEN CAST(c.lower_count AS VARCHAR)
      ELSE CAST(c.lower_count AS VARCHAR) || '-' || CAST(c.next_count - 1 AS VARCHAR)
    END AS count_class
  FROM customer_weeks AS w
  JOIN classes AS c ON w.messages >= c.lower_count AND (c.next_count IS NULL OR w.messages < c.next_count)
),
cells AS (
  SELECT
    engagement,
    lower_count,
    count_class,
    COUNT(*) AS customer_weeks,
    RATIO(SUM(clicked), SUM(sent)) AS click_rate,
    AVG(CAST(messages AS DOUBLE)) AS avg_messages,
    RATIO(SUM(amount), COUNT(*)) AS avg_amount,
    RATIO(SUM(cost), COUNT(*)) AS avg_cost,
    RATIO(COUNT_IF(has_left), COUNT(*)) AS unsubscribe_rate
  FROM placed
  GROUP BY engagement, lower_count, count_class
),
valued AS (
  SELECT
    c.*,
    c.avg_amount * :margin_rate - c.avg_cost - c.unsubscribe_rate * CAST(:unsubscribe_cost AS DOUBLE) AS value,
    RATIO(
      c.avg_amount - LAG(c.avg_amount) OVER (PARTITION BY c.engagement ORDER BY c.lower_count),
      c.avg_messages - LAG(c.avg_messages) OVER (PARTITION BY c.engagement ORDER BY c.lower_count)
    ) AS marginal_amount
  FROM cells AS c
),
best AS (
  SELECT engagement, MAX_BY(lower_count, ROW(value, -lower_count)) AS best_count
  FROM valued
  WHERE customer_weeks >= :min_cell
  GROUP BY engagement
),
latest AS (
  SELECT p.engagement, p.customer_id, p.lower_count > b.best_count AS over_contacted
  FROM placed AS p
  JOIN best AS b ON b.engagement = p.engagement
  WHERE p.monday = (SELECT MAX(monday) FROM weeks)
)
SELECT
  v.count_class,
  v.engagement,
  v.customer_weeks,
  v.click_rate,
  CAST(v.avg_amount AS DECIMAL(18, 2)) AS amount_per_customer,
  v.unsubscribe_rate,
  CAST(v.marginal_amount AS DECIMAL(18, 2)) AS marginal_amount,
  b.best_count,
  v.customer_weeks < :min_cell AS low_n
FROM valued AS v
LEFT JOIN best AS b ON b.engagement = v.engagement
ORDER BY ARRAY_POSITION(:engagement_classes, v.engagement), v.lower_count
