/*
id: campaign_efficiency
name: {ja: 施策収支・1通あたり効率分析, en: Return and yield per message}
category: campaign
origin: extension
tier: standard
question:
  ja: 費用と解除を差し引いて、1通あたり・1円あたりで最も稼ぐ施策はどれか。
  en: Which campaigns earn most per message and per yen after cost and unsubscribes?
method:
  ja: "利益＝割り当てた（または増分の）購入の粗利−配信費用−ボーナスポイント−解除の費用（クーポンの値引きは粗利に反映済み）。1通あたり・1人あたりの利益とROIを出す。「解除1件の費用」は、失われる将来の配信による粗利にあたる。"
  en: "Profit = margin of attributed (or incremental) orders - message cost - bonus points - cost of unsubscribes (the coupon's discount is already inside the margin); per message, per customer and ROI; price of an unsubscribe = lost future mail margin."
parameter_groups: [period, base, pur, msg]
parameters:
- {name: basis, type: "enum(attributed,incremental)", default: attributed, label_ja: 売上の数え方, note: ""}
- {name: unsubscribe_cost, type: money, default: 300, label_ja: 解除1件の費用, note: ""}
columns:
- {name: campaign, type: string, unit: none, label_ja: 施策}
- {name: messages, type: int, unit: messages, label_ja: 配信数}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: amount_per_message, type: double, unit: JPY/message, label_ja: 1通あたり売上}
- {name: profit_per_message, type: double, unit: JPY/message, label_ja: 1通あたり利益}
- {name: profit_per_customer, type: money, unit: JPY/person, label_ja: 1人あたり利益}
- {name: cost, type: money, unit: JPY, label_ja: 費用}
- {name: profit, type: money, unit: JPY, label_ja: 利益}
- {name: roi, type: ratio, unit: ratio, label_ja: ROI}
- {name: unsubscribes_per_1000, type: double, unit: count, label_ja: 千通あたり解除}
charts:
- {kind: bubble, x: amount_per_message, y: profit_per_message, size: messages, color: campaign}
- {kind: bar, x: campaign, y: profit}
- {kind: table}
cells:
- {name: receivers, keys: [campaign, is_buyer], types: {is_buyer: bool}, customers: receivers, becomes: {ja: "その施策の受信者（施策経由の購入者、施策経由では一度も購入していない受信者）", en: "buyers through the campaign; receivers who never bought through it"}}
rules: [TZ, PUR, RET, ONCE, HOLD, DIV0, MERGE, SET]
notes:
- ja: "「売上の数え方」が割り当て（attributed）なら、集計期間の配信に割り当てた購入。増分（incremental）なら、配信から「成果の期間(日)」内に受信者が購入した額のうち、その施策の対照群の平均を上回る分。対照群がなければ空欄。"
  en: "attributed: the orders credited to the messages of the period; incremental: what the receivers bought in window_days from the send over the mean of the campaign's control rows, null without them"
- ja: "粗利は値引き後の明細のもの。クーポンの値引きはそこに含まれるため、二重には引かない。原価のわからない明細があれば空欄。"
  en: "margin is of the lines after discounts, so the coupon's discount is inside it and is not taken off twice; null where a line lacks its cost"
- ja: "費用は、配信費用、その施策で付与したボーナスポイント（1ポイント＝1円）、「解除1件の費用」による解除の費用の合計。利益＝粗利−費用、ROI＝利益/費用。"
  en: "cost is messages, bonus points posted for the campaign (1 point = 1 yen) and unsubscribes at unsubscribe_cost; profit = margin less cost, roi = profit / cost"
*/
WITH mailed AS (
  SELECT t.*
  FROM touches AS t
  JOIN population AS c ON c.customer_id = t.customer_id
  WHERE t.sent_date BETWEEN :period_start AND :period_end
),
margins AS (
  SELECT order_id, CASE WHEN COUNT(margin) = COUNT(*) THEN CAST(SUM(margin) AS DOUBLE) END AS margin
  FROM purchase_lines
  GROUP BY order_id
),
credited AS (
  SELECT a.campaign, a.customer_id, CAST(a.amount AS DOUBLE) AS amount, g.margin * a.credit AS margin
  FROM attributed_orders AS a
  JOIN mailed AS m ON m.message_id = a.message_id
  LEFT JOIN margins AS g ON g.order_id = a.order_id
),
receivers AS (
  SELECT m.campaign, m.customer_id, b.customer_id IS NOT NULL AS is_buyer
  FROM (SELECT DISTINCT campaign, customer_id FROM mailed) AS m
  LEFT JOIN (SELECT DISTINCT campaign, customer_id FROM credited) AS b
    ON b.campaign = m.campaign AND b.customer_id = m.customer_id
),
-- Everyone who was sent to or held back, from the first of it.
assigned AS (
  SELECT t.campaign, t.customer_id, t.is_control, MIN(t.sent_at) AS sent_at
  FROM targets AS t
  JOIN population AS c ON c.customer_id = t.customer_id
  WHERE
    :basis = 'incremental'
    AND (t.is_control OR t.status = 'sent')
    AND t.sent_date BETWEEN :period_start AND :period_end
  GROUP BY t.campaign, t.customer_id, t.is_control
),
outcomes AS (
  SELECT
    a.campaign,
    a.is_control,
    a.customer_id,
    CAST(COALESCE(SUM(p.amount), 0) AS DOUBLE) AS amount,
    CASE WHEN COUNT(p.order_id) = COUNT(g.margin) THEN COALESCE(SUM(g.margin), 0) END AS margin
  FROM assigned AS a
  LEFT JOIN purchases AS p
    ON p.customer_id = a.customer_id
    AND p.purchase_at > a.sent_at
    AND p.purchase_at <= DATE_ADD('day', :window_days, a.sent_at)
  LEFT JOIN margins AS g ON g.order_id = p.order_id
  GROUP BY a.campaign, a.is_control, a.customer_id
),
arms AS (
  SELECT
    campaign,
    COUNT_IF(NOT is_control) AS treated,
    AVG(CASE WHEN NOT is_control THEN amount END) AS treated_amount,
    AVG(CASE WHEN is_control THEN amount END) AS control_amount,
    AVG(CASE WHEN NOT is_control THEN margin END) AS treated_margin,
    AVG(CASE WHEN is_control THEN margin END) AS control_margin,
    COUNT(margin) = COUNT(*) AS margins_known
  FROM outcomes
  GROUP BY campaign
),
increments AS (
  SELECT
    campaign,
    treated * (treated_amount - control_amount) AS amount,
    CASE WHEN margins_known THEN treated * (treated_margin - control_margin) END AS margin
  FROM arms
),
attributions AS (
  SELECT campaign, SUM(amount) AS amount, CASE WHEN COUNT(margin) = COUNT(*) THEN SUM(margin) END AS margin
  FROM credited
  GROUP BY campaign
),
-- A campaign without a credited order earned nothing; one without controls has no increment.
earned AS (
  SELECT
    m.campaign,
    CASE :basis WHEN 'incremental' THEN i.amount ELSE COALESCE(a.amount, 0) END AS amount,
    CASE WHEN :basis = 'incremental' THEN i.margin WHEN a.campaign IS NULL THEN 0 ELSE a.margin END AS margin
  FROM (SELECT DISTINCT campaign FROM mailed) AS m
  LEFT JOIN attributions AS a ON a.campaign = m.campaign
  LEFT JOIN increments AS i ON i.campaign = m.campaign
),
bonuses AS (
  SELECT COALESCE(l.campaign, p.campaign_id) AS campaign, SUM(p.points) AS points
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, p.customer_id)
  LEFT JOIN campaign_labels AS l ON l.campaign_id = p.campaign_id
  WHERE p.entry_type = 'bonus' AND p.campaign_id IS NOT NULL AND p.posted_date BETWEEN :period_start AND :period_end
  GROUP BY COALESCE(l.campaign, p.campaign_id)
),
sums AS (
  SELECT
    campaign,
    COUNT(*) AS messages,
    COUNT(DISTINCT customer_id) AS customers,
    COUNT_IF(left_at IS NOT NULL) AS unsubscribes,
    CAST(COALESCE(SUM(unit_cost), 0) AS DOUBLE) AS message_cost
  FROM mailed
  GROUP BY campaign
),
priced AS (
  SELECT
    s.*,
    s.message_cost + COALESCE(b.points, 0) + s.unsubscribes * CAST(:unsubscribe_cost AS DOUBLE) AS cost,
    e.amount,
    e.margin
  FROM sums AS s
  JOIN earned AS e ON e.campaign = s.campaign
  LEFT JOIN bonuses AS b ON b.campaign = s.campaign
)
SELECT
  campaign,
  messages,
  CAST(amount AS DECIMAL(18, 2)) AS amount,
  RATIO(amount, messages) AS amount_per_message,
  RATIO(margin - cost, messages) AS profit_per_message,
  CAST(RATIO(margin - cost, customers) AS DECIMAL(18, 2)) AS profit_per_customer,
  CAST(cost AS DECIMAL(18, 2)) AS cost,
  CAST(margin - cost AS DECIMAL(18, 2)) AS profit,
  RATIO(margin - cost, cost) AS roi,
  RATIO(unsubscribes * 1000, messages) AS unsubscribes_per_1000
FROM priced
ORDER BY
  CASE WHEN campaign = :unknown THEN 1 ELSE 0 END,
  margin - cost DESC NULLS LAST,
  amount DESC NULLS LAST,
  campaign
