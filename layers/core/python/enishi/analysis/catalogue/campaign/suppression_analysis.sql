/*
id: suppression_analysis
name: {ja: 配信除外・重複抑止分析, en: Suppressed messages}
category: campaign
origin: extension
tier: standard
question:
  ja: 選ばれたのに配信されなかったのは誰か。理由は何で、その規則は何を失わせ、何を守ったか。
  en: "Who was selected but not mailed, why, and what did the rules cost or save?"
method:
  ja: "除外された配信を理由・施策別に数える。常に除外される顧客を示し、除外者の購入率を同じ施策の配信者の購入率と比べる。"
  en: "Suppressed messages by reason and campaign; customers always suppressed; purchase rate of the suppressed against those mailed by the same campaign."
parameter_groups: [period, base, pur, msg]
columns:
- {name: reason, type: enum, unit: none, label_ja: 理由}
- {name: campaign, type: string, unit: none, label_ja: 施策}
- {name: messages, type: int, unit: messages, label_ja: 除外数}
- {name: customers, type: int, unit: people, label_ja: 対象者数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: other_channel, type: int, unit: people, label_ja: 他チャネル配信可}
- {name: always, type: int, unit: people, label_ja: 常時除外者}
- {name: buyer_rate, type: ratio, unit: ratio, label_ja: 除外者の購入率}
- {name: mailed_buyer_rate, type: ratio, unit: ratio, label_ja: 配信者の購入率}
charts:
- {kind: bar, x: reason, y: messages, color: campaign, where: {reason: [no_contact, opt_out, no_consent, cap_day, cap_week, quiet_hours, goal_reached, exited]}}
- {kind: table}
cells:
- {name: reason, keys: [reason, campaign, other_channel, always], types: {other_channel: bool, always: bool}, customers: suppressed, becomes: {ja: "除外された顧客。理由が配信停止（reason=opt_out）でほかのチャネルに配信できる（other_channel=true）顧客は、そのチャネルで届ける相手", en: "customers; reason=opt_out, other_channel=true are those to reach elsewhere"}}
rules: [TZ, DEDUP, HOLD, MERGE, MULTI, SET]
notes:
- ja: "先頭の行は合計。複数の理由や施策にわたる顧客も1回だけ数える。"
  en: "the first row is the total, in which a customer of several reasons or campaigns counts once"
- ja: "他チャネル配信可は、除外されたチャネル以外（チャネルが選ばれていなければいずれかのチャネル）で、基準日までの最新の許諾状態が許諾の顧客。常時除外者は、集計期間に送る予定だった配信がすべて除外された顧客。"
  en: "other_channel are customers whose last consent on a channel other than the suppressed one is opt_in by as_of (on any channel where none was chosen); always are those of whose intended messages in the period every one was suppressed"
- ja: "除外者の購入率は、除外された人のうち「成果の期間(日)」以内に購入した割合。配信者の購入率は、同じ施策が送られた人の割合。無作為に分けられていないため、目安として読む。"
  en: "buyer_rate are the suppressed who bought within window_days, mailed_buyer_rate those whom the same campaign was sent to; they are not randomised, so read them as a hint"
*/
WITH intended AS (
  SELECT t.*
  FROM targets AS t
  JOIN population AS c ON c.customer_id = t.customer_id
  WHERE t.sent_date BETWEEN :period_start AND :period_end AND NOT t.is_control
),
always AS (
  SELECT customer_id
  FROM intended
  GROUP BY customer_id
  HAVING COUNT_IF(status <> 'suppressed') = 0
),
states AS (
  SELECT
    COALESCE(i.person_id, s.customer_id) AS customer_id,
    s.channel,
    MAX_BY(s.state, ROW(s.changed_at, CASE WHEN s.state = 'opt_in' THEN 0 ELSE 1 END, s.state)) AS state
  FROM consents AS s
  LEFT JOIN v_identity AS i ON i.customer_id = s.customer_id
  WHERE s.changed_date <= :as_of
  GROUP BY COALESCE(i.person_id, s.customer_id), s.channel
),
bought AS (
  SELECT DISTINCT m.message_id
  FROM intended AS m
  JOIN purchases AS p ON p.customer_id = m.customer_id
  WHERE p.purchase_at > m.sent_at AND p.purchase_at <= DATE_ADD('day', :window_days, m.sent_at)
),
suppressed AS (
  SELECT
    COALESCE(m.suppress_reason, :unknown) AS reason,
    m.campaign,
    m.message_id,
    m.customer_id,
    a.customer_id IS NOT NULL AS always,
    b.message_id IS NOT NULL AS is_buyer,
    EXISTS (
      SELECT 1
      FROM states AS s
      WHERE s.customer_id = m.customer_id AND s.state = 'opt_in' AND s.channel <> COALESCE(m.channel, '')
    ) AS other_channel
  FROM intended AS m
  LEFT JOIN always AS a ON a.customer_id = m.customer_id
  LEFT JOIN bought AS b ON b.message_id = m.message_id
  WHERE m.status = 'suppressed'
),
mailed AS (
  SELECT
    CASE WHEN GROUPING(m.campaign) = 1 THEN :total ELSE m.campaign END AS campaign,
    RATIO(COUNT(DISTINCT CASE WHEN b.message_id IS NOT NULL THEN m.customer_id END), COUNT(DISTINCT m.customer_id))
      AS buyer_rate
  FROM intended AS m
  LEFT JOIN bought AS b ON b.message_id = m.message_id
  WHERE m.status = 'sent'
  GROUP BY GROUPING SETS ((m.campaign), ())
),
counted AS (
  SELECT
    CASE WHEN GROUPING(s.reason) = 1 THEN :total ELSE s.reason END AS reason,
    CASE WHEN GROUPING(s.campaign) = 1 THEN :total ELSE s.campaign END AS campaign,
    COUNT(*) AS messages,
    COUNT(DISTINCT s.customer_id) AS customers,
    COUNT(DISTINCT CASE WHEN s.other_channel THEN s.customer_id END) AS other_channel,
    COUNT(DISTINCT CASE WHEN s.always THEN s.customer_id END) AS always,
    COUNT(DISTINCT CASE WHEN s.is_buyer THEN s.customer_id END) AS buyers
  FROM suppressed AS s
  GROUP BY GROUPING SETS ((s.reason, s.campaign), ())
  HAVING COUNT(*) > 0
),
whole AS (
  SELECT COUNT(*) AS messages FROM suppressed
)
SELECT
  c.reason,
  c.campaign,
  c.messages,
  c.customers,
  RATIO(c.messages, w.messages) AS share,
  c.other_channel,
  c.always,
  RATIO(c.buyers, c.customers) AS buyer_rate,
  m.buyer_rate AS mailed_buyer_rate
FROM counted AS c
CROSS JOIN whole AS w
LEFT JOIN mailed AS m ON m.campaign = c.campaign
ORDER BY
  CASE c.reason WHEN :total THEN 0 WHEN :unknown THEN 2 ELSE 1 END,
  CASE WHEN c.campaign = :unknown THEN 1 ELSE 0 END,
  c.messages DESC,
  c.reason,
  c.campaign
