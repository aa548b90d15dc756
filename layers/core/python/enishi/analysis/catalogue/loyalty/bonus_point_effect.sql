/*
id: bonus_point_effect
name: {ja: ボーナスポイント効果分析, en: Effect of bonus points}
category: loyalty
origin: extension
tier: standard
question:
  ja: 誕生日・休眠・来店などのボーナスポイントは、費用を上回る購入を生んでいるか。
  en: "Do granted bonus points (birthday, dormant, come-to-store) bring purchases beyond what they cost?"
method:
  ja: "ボーナスの施策ごとに、付与、有効期間内の利用、購入者数、売上、使われたポイントの費用を示す。対照群があれば、それと比べる。"
  en: "Per bonus campaign: granted, used within validity, buyers, amount, cost of points used; against control if one exists."
parameter_groups: [period, base, pur]
parameters:
- {name: value_per_point, type: double, default: 1.0, minimum: 0, label_ja: 1ポイントの費用(円), note: ""}
columns:
- {name: campaign, type: string, unit: none, label_ja: 施策}
- {name: granted_customers, type: int, unit: people, label_ja: 付与者数}
- {name: granted, type: int, unit: points, label_ja: 付与}
- {name: used, type: int, unit: points, label_ja: 利用}
- {name: use_rate, type: ratio, unit: ratio, label_ja: 利用率}
- {name: buyers, type: int, unit: people, label_ja: 購入者数}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: point_cost, type: money, unit: JPY, label_ja: ポイント費用}
- {name: incremental_profit, type: money, unit: JPY, label_ja: 増分利益}
- {name: roi, type: ratio, unit: ratio, label_ja: ROI}
needs: [point_ledger]
charts:
- {kind: bar, x: campaign, y: amount}
- {kind: bubble, x: use_rate, y: amount, size: granted, color: campaign}
- {kind: table}
cells:
- {name: outcome, keys: [campaign, use], types: {use: string}, customers: outcomes, becomes: {ja: "use=未利用：付与されてまだ使っていない顧客（ポイントが使える間）。use=利用：一部でも使った顧客", en: "use=未利用: granted and unused, while the points can still be used; use=利用: who used some of them"}}
rules: [TZ, FIFO, PUR, RET, HOLD, MERGE, CENSOR, DIV0, SET]
notes:
- ja: "期間中の、施策のわかるボーナスの付与による。顧客の対象期間は、最初の付与の直後から、最後の付与の最終利用可能日（または基準日）まで。"
  en: "bonus postings of the period that name a campaign; a customer's window runs from just after the first grant to the last usable day of the last one (or as_of)"
- ja: "購入者数と売上は、支払手段を問わず、対象期間内の条件に合う購入。利用は、付与されたロットから使われたポイント数。ポイント費用は、その費用換算。"
  en: "buyers and amount are purchases in that window under the parameters, whatever paid for them; used is what the lots of the grants have lost by use, point_cost its value"
- ja: "増分利益＝（付与した顧客1人あたり粗利 - 同じ日の対照群1人あたり粗利）×付与者数 - ポイント費用。施策に対照群がある場合に限る（HOLDの規則）。対照群がなければ、付与がなくても買われた分がわからないため空欄。"
  en: "incremental_profit = (margin a granted customer - margin a control customer over the same days) x granted customers - point_cost, where the campaign has control rows (rule HOLD); null without them, as nothing says what would have been bought anyway"
- ja: "ROI＝増分利益／ポイント費用。対照群がなくても、売上とポイント費用の2列から、予算の検討（売上対ポイント費用）はできる。"
  en: "roi = incremental_profit over point_cost; the known test of a budget, amount against point_cost, can be read from these two columns without a control group"
- ja: "粗利は原価のわかる明細による。対照群の顧客の対象期間は施策の期間（最初の付与から最後の利用可能日まで）。"
  en: "margins are over lines with a known cost; a control customer's window is the campaign's: from the first grant to the last usable day"
*/
WITH grants AS (
  SELECT
    c.customer_id,
    COALESCE(p.lot_id, p.entry_id) AS lot_id,
    p.campaign_id,
    p.posted_at,
    p.points,
    LEAST(COALESCE(p.expires_date, :as_of), :as_of) AS last_date,
    COALESCE(p.expires_date >= :as_of, TRUE) AS is_open
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, p.customer_id)
  WHERE
    p.entry_type = 'bonus'
    AND p.campaign_id IS NOT NULL
    AND p.posted_date BETWEEN :period_start AND :period_end
),
-- Two grants in one lot share its uses.
granted_lots AS (
  SELECT
    campaign_id,
    customer_id,
    lot_id,
    MIN(posted_at) AS granted_at,
    MAX(last_date) AS last_date,
    SUM(points) AS points,
    BOOL_OR(is_open) AS is_open
  FROM grants
  GROUP BY campaign_id, customer_id, lot_id
),
granted AS (
  SELECT
    g.campaign_id,
    g.customer_id,
    MIN(g.granted_at) AS granted_at,
    MAX(g.last_date) AS last_date,
    SUM(g.points) AS points,
    SUM(COALESCE(l.used, 0)) AS used,
    SUM(CASE WHEN g.is_open THEN COALESCE(l.remaining, 0) ELSE 0 END) AS remaining
  FROM granted_lots AS g
  LEFT JOIN v_point_lots AS l ON l.customer_id = g.customer_id AND l.lot_id = g.lot_id
  GROUP BY g.campaign_id, g.customer_id
),
windows AS (
  SELECT campaign_id, MIN(granted_at) AS granted_at, MAX(last_date) AS last_date
  FROM granted
  GROUP BY campaign_id
),
people AS (
  SELECT campaign_id, customer_id, granted_at, last_date, FALSE AS is_control
  FROM granted
  UNION ALL
  SELECT DISTINCT w.campaign_id, v.customer_id, w.granted_at, w.last_date, TRUE
  FROM windows AS w
  JOIN v_touches AS v ON v.campaign_id = w.campaign_id AND v.is_control
  JOIN population AS c ON c.customer_id = v.customer_id
  LEFT JOIN granted AS g ON g.campaign_id = w.campaign_id AND g.customer_id = v.customer_id
  WHERE g.customer_id IS NULL
),
margins AS (
  SELECT customer_id, n, SUM(margin) AS margin
  FROM purchase_lines
  WHERE purchase_date >= :period_start
  GROUP BY customer_id, n
),
spent AS (
  SELECT
    w.campaign_id,
    w.customer_id,
    w.is_control,
    COUNT(p.order_id) > 0 AS has_bought,
    COALESCE(SUM(p.amount), 0) AS amount,
    COALESCE(SUM(m.margin), 0) AS margin
  FROM people AS w
  LEFT JOIN purchases AS p
    ON p.customer_id = w.customer_id
    AND p.purchase_date >= :period_start
    AND p.purchase_at > w.granted_at
    AND p.purchase_date <= w.last_date
  LEFT JOIN margins AS m ON m.customer_id = p.customer_id AND m.n = p.n
  GROUP BY w.campaign_id, w.customer_id, w.is_control
),
outcomes AS (
  SELECT
    COALESCE(l.campaign, g.campaign_id) AS campaign,
    CASE WHEN g.used > 0 THEN '利用' ELSE '未利用' END AS use,
    g.customer_id
  FROM granted AS g
  LEFT JOIN campaign_labels AS l ON l.campaign_id = g.campaign_id
  WHERE g.used > 0 OR g.remaining > 0
),
bought AS (
  SELECT
    campaign_id,
    COUNT_IF(has_bought AND NOT is_control) AS buyers,
    SUM(CASE WHEN NOT is_control THEN amount ELSE 0 END) AS amount,
    AVG(CASE WHEN NOT is_control THEN CAST(margin AS DOUBLE) END)
      - AVG(CASE WHEN is_control THEN CAST(margin AS DOUBLE) END) AS margin_gain
  FROM spent
  GROUP BY campaign_id
),
totals AS (
  SELECT
    campaign_id,
    COUNT(*) AS customers,
    SUM(points) AS points,
    SUM(used) AS used,
    CAST(SUM(used) AS DOUBLE) * :value_per_point AS cost
  FROM granted
  GROUP BY campaign_id
)
SELECT
  COALESCE(l.campaign, t.campaign_id) AS campaign,
  t.customers AS granted_customers,
  t.points AS granted,
  t.used,
  RATIO(t.used, t.points) AS use_rate,
  b.buyers,
  b.amount,
  CAST(t.cost AS DECIMAL(18, 2)) AS point_cost,
  CAST(b.margin_gain * t.customers - t.cost AS DECIMAL(18, 2)) AS incremental_profit,
  (b.margin_gain * t.customers - t.cost) / NULLIF(t.cost, 0) AS roi
FROM totals AS t
JOIN bought AS b ON b.campaign_id = t.campaign_id
LEFT JOIN campaign_labels AS l ON l.campaign_id = t.campaign_id
ORDER BY t.points DESC, t.campaign_id
