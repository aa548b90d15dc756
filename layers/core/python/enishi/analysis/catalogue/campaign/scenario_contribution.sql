/*
id: scenario_contribution
name: {ja: シナリオ別貢献サマリー, en: Contribution by scenario}
category: campaign
origin: extension
tier: standard
question:
  ja: すべてのシナリオのうち、どれが誰に届き、いくら稼ぎ、伸びているか。
  en: "Across all scenarios: which ones reach whom, earn what, and overlap with which?"
method:
  ja: "シナリオと月ごとに1行。開始数、対象者数、配信数、割り当てた売上と（対照群があれば）増分売上、利益、解除者数、配信による総売上に占める割合、傾向。"
  en: "One row per scenario and month: entries, people, messages, attributed and (with control) incremental sales, profit, unsubscribes, share of total message-driven sales, trend."
parameter_groups: [period, base, pur, msg, grain]
columns:
- {name: scenario, type: string, unit: none, label_ja: シナリオ}
- {name: bucket, type: month, unit: months, label_ja: 月}
- {name: entries, type: int, unit: count, label_ja: 開始数}
- {name: people, type: int, unit: people, label_ja: 対象者数}
- {name: messages, type: int, unit: messages, label_ja: 配信数}
- {name: click_rate, type: ratio, unit: ratio, label_ja: クリック率}
- {name: cvr, type: ratio, unit: ratio, label_ja: CVR}
- {name: unsubscribed, type: int, unit: people, label_ja: 解除者数}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: incremental, type: money, unit: JPY, label_ja: 増分売上}
- {name: profit, type: money, unit: JPY, label_ja: 利益}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: status, type: enum, unit: none, label_ja: 判定}
charts:
- {kind: stacked_bar, x: bucket, y: amount, color: scenario}
- {kind: bubble, x: messages, y: amount, size: people, color: scenario}
- {kind: table}
cells:
- {name: reached, keys: [scenario, bucket, reached, bought], types: {reached: bool, bought: bool}, customers: people, becomes: {ja: "そのシナリオで選ばれた人。到達した人（reached=true、何かが到達）、購入した人（bought=true、購入が割り当てられた）、対象だが一度も到達しなかった人（reached=false）", en: "people chosen by the scenario: reached (something was delivered), bought (an order is credited), or never reached though eligible (reached=false)"}}
rules: [TZ, PUR, RET, DEDUP, ONCE, HOLD, MERGE, DIV0, RECON, SET]
notes:
- ja: "シナリオと配信期間（集計単位）ごとに1行。シナリオのない単発の施策は施策名の行とし、構成比の合計を1とする。"
  en: "one row a scenario and period of sending (grain); one-off campaigns without a scenario are in the row of their own name, so that the shares add up to 1"
- ja: "開始数は期間内の人と実行の組の数、対象者数は1人1回。対照群と除外された人も含む。"
  en: "entries are people and runs (execution_id) of the period, people each person once, control and suppressed ones among them"
- ja: "増分売上は、最初の配信から「成果の期間(日)」内に受信者が購入した額のうち、その期間の対照群の平均を上回る分。対照群がなければ空欄。"
  en: "incremental is what the receivers bought in window_days from their first message over the mean of the period's control rows; null without controls"
- ja: "利益は、割り当てた購入の粗利から配信費用を引いた額。原価のわからない明細があれば空欄。"
  en: "profit is the margin of credited orders less the cost of messages; null where a line lacks its cost"
- ja: "判定は、前の期間がなければ「新規」、割り当てた売上が前の期間の110%を超えれば「伸長」、90%を下回れば「低下」、それ以外は「横ばい」。割り当てた購入がなければ「成果なし」。"
  en: "status: 新規 without a period before, 伸長 / 低下 when credited sales are over 110% / under 90% of the period before, else 横ばい; 成果なし without a credited order"
- ja: "ほかのシナリオとの重なりは「施策重複接触分析」で見る。"
  en: "overlaps with other scenarios are in campaign_overlap"
*/
WITH intended AS (
  SELECT
    COALESCE(t.scenario_id, t.campaign) AS scenario,
    GRAIN_OF(t.sent_date) AS bucket,
    t.message_id,
    t.customer_id,
    t.execution_id,
    t.is_control,
    t.status,
    t.sent_at,
    t.unit_cost
  FROM targets AS t
  JOIN population AS c ON c.customer_id = t.customer_id
  WHERE t.sent_date BETWEEN :period_start AND :period_end
),
sent AS (
  SELECT
    i.*,
    t.delivered_at IS NOT NULL AS is_delivered,
    t.clicked_at IS NOT NULL AS is_clicked,
    t.left_at IS NOT NULL AS has_left
  FROM intended AS i
  JOIN touches AS t ON t.message_id = i.message_id
),
margins AS (
  SELECT order_id, CASE WHEN COUNT(margin) = COUNT(*) THEN CAST(SUM(margin) AS DOUBLE) END AS margin
  FROM purchase_lines
  GROUP BY order_id
),
credited AS (
  SELECT s.scenario, s.bucket, a.customer_id, a.amount, g.margin * a.credit AS margin
  FROM attributed_orders AS a
  JOIN sent AS s ON s.message_id = a.message_id
  LEFT JOIN margins AS g ON g.order_id = a.order_id
),
people AS (
  SELECT
    i.scenario,
    i.bucket,
    i.customer_id,
    COUNT_IF(s.is_delivered) > 0 AS reached,
    COUNT(k.customer_id) > 0 AS bought
  FROM intended AS i
  LEFT JOIN sent AS s ON s.message_id = i.message_id
  LEFT JOIN (SELECT DISTINCT scenario, bucket, customer_id FROM credited) AS k
    ON k.scenario = i.scenario AND k.bucket = i.bucket AND k.customer_id = i.customer_id
  GROUP BY i.scenario, i.bucket, i.customer_id
),
assigned AS (
  SELECT scenario, bucket, customer_id, is_control, MIN(sent_at) AS sent_at
  FROM intended
  WHERE is_control OR status = 'sent'
  GROUP BY scenario, bucket, customer_id, is_control
),
outcomes AS (
  SELECT
    a.scenario,
    a.bucket,
    a.customer_id,
    a.is_control,
    CAST(COALESCE(SUM(p.amount), 0) AS DOUBLE) AS amount
  FROM assigned AS a
  LEFT JOIN purchases AS p
    ON p.customer_id = a.customer_id
    AND p.purchase_at > a.sent_at
    AND p.purchase_at <= DATE_ADD('day', :window_days, a.sent_at)
  GROUP BY a.scenario, a.bucket, a.customer_id, a.is_control
),
increments AS (
  SELECT
    scenario,
    bucket,
    COUNT_IF(NOT is_control) AS treated,
    AVG(CASE WHEN NOT is_control THEN amount END) - AVG(CASE WHEN is_control THEN amount END) AS a_person
  FROM outcomes
  GROUP BY scenario, bucket
),
targeted AS (
  SELECT
    scenario,
    bucket,
    COUNT(DISTINCT customer_id || ' ' || COALESCE(execution_id, '')) AS entries,
    COUNT(DISTINCT customer_id) AS people
  FROM intended
  GROUP BY scenario, bucket
),
mailed AS (
  SELECT
    scenario,
    bucket,
    COUNT(*) AS messages,
    COUNT_IF(is_delivered) AS delivered,
    COUNT_IF(is_clicked) AS clicked,
    COUNT(DISTINCT CASE WHEN has_left THEN customer_id END) AS unsubscribed,
    CAST(COALESCE(SUM(unit_cost), 0) AS DOUBLE) AS cost
  FROM sent
  GROUP BY scenario, bucket
),
earned AS (
  SELECT
    scenario,
    bucket,
    COUNT(DISTINCT customer_id) AS buyers,
    SUM(amount) AS amount,
    CASE WHEN COUNT(margin) = COUNT(*) THEN SUM(margin) END AS margin
  FROM credited
  GROUP BY scenario, bucket
),
measured AS (
  SELECT
    t.scenario,
    t.bucket,
    t.entries,
    t.people,
    COALESCE(m.messages, 0) AS messages,
    RATIO(m.clicked, m.delivered) AS click_rate,
    RATIO(COALESCE(e.buyers, 0), m.delivered) AS cvr,
    COALESCE(m.unsubscribed, 0) AS unsubscribed,
    COALESCE(e.amount, 0) AS amount,
    i.treated * i.a_person AS incremental,
    CASE WHEN e.scenario IS NULL THEN 0 ELSE e.margin END - COALESCE(m.cost, 0) AS profit,
    LAG(COALESCE(e.amount, 0)) OVER (PARTITION BY t.scenario ORDER BY t.bucket) AS amount_before
  FROM targeted AS t
  LEFT JOIN mailed AS m ON m.scenario = t.scenario AND m.bucket = t.bucket
  LEFT JOIN earned AS e ON e.scenario = t.scenario AND e.bucket = t.bucket
  LEFT JOIN increments AS i ON i.scenario = t.scenario AND i.bucket = t.bucket
)
SELECT
  scenario,
  bucket,
  entries,
  people,
  messages,
  click_rate,
  cvr,
  unsubscribed,
  amount,
  CAST(incremental AS DECIMAL(18, 2)) AS incremental,
  CAST(profit AS DECIMAL(18, 2)) AS profit,
  RATIO(amount, SUM(amount) OVER (PARTITION BY bucket)) AS share,
  CASE
    WHEN amount = 0 THEN '成果なし'
    WHEN amount_before IS NULL THEN '新規'
    WHEN amount > amount_before * 11 / 10 THEN '伸長'
    WHEN amount < amount_before * 9 / 10 THEN '低下'
    ELSE '横ばい'
  END AS status
FROM measured
ORDER BY bucket, CASE WHEN scenario = :unknown THEN 1 ELSE 0 END, amount DESC, messages DESC, scenario
