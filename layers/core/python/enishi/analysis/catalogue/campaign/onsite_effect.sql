/*
id: onsite_effect
name: {ja: Web接客効果分析, en: On-site message effect}
category: campaign
origin: extension
tier: standard
question:
  ja: サイトのポップアップやバナーは、クリック・会員登録・LINE友だち・購入につながっているか。
  en: "Do pop-ups and banners on the site lead to clicks, sign-ups, LINE friends or purchases?"
method:
  ja: "接客枠・バリアントごとの表示、閉じる操作、クリックと、同じ訪問または「ゴールを待つ時間」（既定24時間）内のゴール。非表示群との差は訪問者単位で見る。"
  en: "Visitors shown, closes, clicks, goal within the same visit or goal_hours (24) by slot and variant, with the visitor-level holdout difference."
parameter_groups: [period, base, web, stat]
parameters:
- {name: slots, type: list, default: all, label_ja: 接客枠, note: "ids of slots"}
- {name: goal, type: "enum(purchase,signup,line_friend,cart,store_page)", default: purchase, label_ja: ゴール, note: ""}
- {name: goal_hours, type: int, default: 24, minimum: 0, label_ja: ゴールを待つ時間, note: "from the first impression; the rest of the visit counts anyway"}
- {name: control_variants, type: list, default: "control,holdout", label_ja: 非表示群のバリアント, note: "variants whose impressions were held back"}
columns:
- {name: slot, type: string, unit: none, label_ja: 接客枠}
- {name: variant, type: string, unit: none, label_ja: バリアント}
- {name: visitors, type: int, unit: people, label_ja: 表示者数}
- {name: clicks, type: int, unit: people, label_ja: クリック者数}
- {name: ctr, type: ratio, unit: ratio, label_ja: クリック率}
- {name: goal_rate, type: ratio, unit: ratio, label_ja: ゴール率}
- {name: control_rate, type: ratio, unit: ratio, label_ja: 非表示群ゴール率}
- {name: lift, type: ratio, unit: pp, label_ja: 差}
- {name: p_value, type: double, unit: probability, label_ja: p値}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: slot, y: goal_rate, color: variant}
- {kind: table}
cells:
- {name: reaction, keys: [slot, variant, is_clicked, is_goal], types: {is_clicked: bool, is_goal: bool}, customers: shown, becomes: {ja: "クリックしたがゴールに達していない（is_clicked=true, is_goal=false）、識別された顧客", en: "clicked, goal not reached (is_clicked=true, is_goal=false): known customers"}}
footnotes:
- {label_ja: 閉じた訪問者の割合, cte: dismissed_share}
rules: [TZ, BOT, DEDUP, HOLD, MERGE, SMALL, DIV0, SET]
notes:
- ja: "非表示群は、条件に当てはまったが表示しなかった訪問者。非表示群がなければ、クリックの数値とゴール率だけを示す。"
  en: "holdout visitors are those who met the rule but were not shown it; without them only click figures and the goal rate appear"
- ja: "非表示群は、「非表示群のバリアント」の表示記録と、サイト内チャネルの配信の対照群のうちテンプレートがその枠のもの。"
  en: "they are impressions with a variant of control_variants, and control rows of messages on the channel onsite whose template is the slot"
- ja: "訪問者は接客枠・バリアントごとに1回、集計期間の最初の表示から数える。ゴールはそれ以降、同じ訪問または「ゴールを待つ時間」内のものを数える。"
  en: "a visitor counts once a slot and variant, from the first impression of the period; the goal counts from then on, in the same visit or within goal_hours"
- ja: "購入は訪問者の購入の記録と、識別された顧客の購入（場所を問わない）。LINE友だちは、LINEを許諾した顧客。"
  en: "purchases are purchase events of the visitor, and purchases of the known customer wherever they are made; LINE friends are customers who allowed LINE"
- ja: "p値は、合併した比率によるz検定（2群の比率の差）。訪問者の少ない行も残す。"
  en: "p_value: pooled two-proportion z-test; rows with few visitors are kept"
needs: [web_events]
*/
WITH meetings AS (
  SELECT
    e.slot_id AS slot,
    COALESCE(e.variant, :unknown) AS variant,
    COALESCE(e.variant IN (:control_variants), FALSE) AS is_control,
    e.visitor_id AS met_by,
    e.visitor_id,
    MAX(e.customer_id) AS customer_id,
    MIN(e.event_at) AS met_at,
    MIN_BY(e.visit, ROW(e.event_at, e.event_id)) AS visit
  FROM session_events AS e
  WHERE e.event_type = 'impression' AND e.slot_id IN (:slots) AND e.event_date BETWEEN :period_start AND :period_end
    AND e.slot_id IS NOT NULL
  GROUP BY e.slot_id, COALESCE(e.variant, :unknown), COALESCE(e.variant IN (:control_variants), FALSE), e.visitor_id
  UNION ALL
  SELECT
    m.template_id,
    'control',
    TRUE,
    c.customer_id,
    NULL,
    c.customer_id,
    MIN(m.sent_at),
    NULL
  FROM messages AS m
  LEFT JOIN v_identity AS i ON i.customer_id = m.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, m.customer_id)
  WHERE
    m.channel = 'onsite'
    AND m.is_control
    AND m.template_id IN (:slots)
    AND m.sent_date BETWEEN :period_start AND :period_end
  GROUP BY m.template_id, c.customer_id
),
clicking AS (
  SELECT
    e.slot_id AS slot,
    COALESCE(e.variant, :unknown) AS variant,
    e.visitor_id,
    MAX(CASE WHEN e.event_type = 'click' THEN e.event_at END) AS clicked_at,
    MAX(CASE WHEN e.event_type = 'dismiss' THEN e.event_at END) AS dismissed_at
  FROM session_events AS e
  WHERE e.event_type IN ('click', 'dismiss') AND e.slot_id IS NOT NULL
  GROUP BY e.slot_id, COALESCE(e.variant, :unknown), e.visitor_id
),
-- A goal is a visitor's, a known customer's, or both.
goals AS (
  SELECT e.visitor_id, e.customer_id, e.visit, e.event_at AS reached_at
  FROM session_events AS e
  WHERE
    (:goal = 'purchase' AND e.event_type = 'purchase')
    OR (:goal = 'signup' AND e.event_type = 'signup')
    OR (:goal = 'cart' AND e.event_type = 'add_to_cart')
    OR (:goal = 'store_page' AND e.is_view AND e.page_type = 'store')
  UNION ALL
  SELECT NULL, p.customer_id, NULL, p.purchase_at
  FROM v_purchases AS p
  WHERE :goal = 'purchase'
  UNION ALL
  SELECT NULL, COALESCE(i.person_id, n.customer_id), NULL, n.changed_at
  FROM consents AS n
  LEFT JOIN v_identity AS i ON i.customer_id = n.customer_id
  WHERE :goal = 'line_friend' AND n.channel = 'line' AND n.state = 'opt_in'
),
reached AS (
  SELECT m.slot, m.variant, m.met_by
  FROM meetings AS m
  JOIN goals AS g ON g.visitor_id = m.visitor_id
  WHERE
    g.reached_at >= m.met_at
    AND (g.visit = m.visit OR g.reached_at <= DATE_ADD('hour', :goal_hours, m.met_at))
  UNION
  SELECT m.slot, m.variant, m.met_by
  FROM meetings AS m
  JOIN goals AS g ON g.customer_id = m.customer_id
  WHERE g.reached_at >= m.met_at AND g.reached_at <= DATE_ADD('hour', :goal_hours, m.met_at)
),
followed AS (
  SELECT
    m.slot,
    m.variant,
    m.is_control,
    m.customer_id,
    COALESCE(k.clicked_at >= m.met_at, FALSE) AS is_clicked,
    COALESCE(k.dismissed_at >= m.met_at, FALSE) AS is_dismissed,
    r.met_by IS NOT NULL AS is_goal
  FROM meetings AS m
  LEFT JOIN clicking AS k ON k.slot = m.slot AND k.variant = m.variant AND k.visitor_id = m.visitor_id
  LEFT JOIN reached AS r ON r.slot = m.slot AND r.variant = m.variant AND r.met_by = m.met_by
),
shown AS (
  SELECT * FROM followed WHERE NOT is_control
),
dismissed_share AS (
  SELECT RATIO(COUNT_IF(is_dismissed), COUNT(*)) AS share FROM shown
),
controls AS (
  SELECT slot, COUNT(*) AS visitors, COUNT_IF(is_goal) AS goals
  FROM followed
  WHERE is_control
  GROUP BY slot
),
counted AS (
  SELECT slot, variant, COUNT(*) AS visitors, COUNT_IF(is_clicked) AS clicks, COUNT_IF(is_goal) AS goals
  FROM shown
  GROUP BY slot, variant
),
compared AS (
  SELECT
    s.slot,
    s.variant,
    s.visitors,
    s.clicks,
    RATIO(s.goals, s.visitors) AS goal_rate,
    RATIO(c.goals, c.visitors) AS control_rate,
    LEAST(s.visitors, COALESCE(c.visitors, s.visitors)) AS fewest,
    RATIO(s.goals + c.goals, s.visitors + c.visitors) AS pooled_rate,
    RATIO(1, s.visitors) + RATIO(1, c.visitors) AS weight
  FROM counted AS s
  LEFT JOIN controls AS c ON c.slot = s.slot
),
tested AS (
  SELECT
    c.*,
    RATIO(c.goal_rate - c.control_rate, SQRT(c.pooled_rate * (1 - c.pooled_rate) * c.weight)) AS z_value
  FROM compared AS c
)
SELECT
  t.slot,
  t.variant,
  t.visitors,
  t.clicks,
  RATIO(t.clicks, t.visitors) AS ctr,
  t.goal_rate,
  t.control_rate,
  t.goal_rate - t.control_rate AS lift,
  TWO_SIDED_P(t.z_value) AS p_value,
  t.fewest < :min_cell AS low_n
FROM tested AS t
ORDER BY t.slot, t.variant = :unknown, t.variant
