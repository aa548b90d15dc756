/*
id: unsubscribe_analysis
name: {ja: 購読解除・配信停止分析, en: Unsubscribes and blocks}
category: campaign
origin: extension
tier: core
question:
  ja: いつ、どの配信のあとに、誰の許諾を失っているか。失った顧客の価値はどれだけか。
  en: "When, after which message and from whom do we lose permission, and what is it worth?"
method:
  ja: "到達数あたりの解除を、施策・オファー・会員ランクなどの集計軸別に見る。あわせて許諾期間、失った顧客の直近12か月の価値、許諾を失った後の購入を示す。"
  en: "Unsubscribes per delivered by campaign, offer, rank or another axis; days that the permission lasted, 12-month value of those lost, later purchases without permission."
parameter_groups: [period, base, pur, msg, grain, axis, stat]
parameters:
- {name: axis, type: axis, default: campaign, over: [messages, customers], shown_as: axis_value, label_ja: 集計軸, note: "a column of the message or of the customer"}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: delivered, type: int, unit: messages, label_ja: 到達数}
- {name: unsubscribed, type: int, unit: people, label_ja: 解除者数}
- {name: by_message, type: int, unit: people, label_ja: うち配信からの解除}
- {name: by_preference, type: int, unit: people, label_ja: うち設定画面}
- {name: by_complaint, type: int, unit: people, label_ja: うち苦情}
- {name: bounced, type: int, unit: people, label_ja: 宛先不明}
- {name: rate, type: ratio, unit: ratio, label_ja: 解除率}
- {name: last_campaign, type: string, unit: none, label_ja: 直前施策}
- {name: tenure_median, type: double, unit: days, label_ja: 許諾期間中央値}
- {name: value_12m, type: money, unit: JPY/person, label_ja: 1年価値}
- {name: still_buying, type: ratio, unit: ratio, label_ja: その後購入率}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: line, x: bucket, y: rate, color: axis_value}
- {kind: bar, x: axis_value, y: unsubscribed}
- {kind: table}
cells:
- {name: lost, keys: [bucket, axis_value, channel, reason, reachable_elsewhere], types: {channel: enum, reason: enum, reachable_elsewhere: bool}, customers: placed, becomes: {ja: "チャネルの許諾を失った顧客。理由（配信＝message、設定画面＝preference、苦情＝complaint、宛先不明＝bounce、その他＝other）と、ほかのチャネルの許諾が残っているかどうか別", en: "customers who lost permission on a channel, by reason (message, preference, complaint, bounce, other) and by whether another channel still permits"}}
rules: [TZ, DEDUP, HOLD, MERGE, ATTR, DIV0, SMALL, SET]
notes:
- ja: "設定画面からの解除、苦情、恒久エラーは分けて示す。"
  en: "opt-outs through the preference page, complaints and hard bounces are shown apart"
- ja: "SMSの停止ワードとLINEのブロックは、そのチャネルだけの配信停止とする。"
  en: "SMS stop words and LINE blocks count as opt-out of that channel only"
- ja: "許諾を失うとは、そのチャネルの許諾状態が許諾から配信停止・ブロック・無効に変わること。宛先不明は解除者とは別に数え、解除率には含めない。"
  en: "a loss is a change of consents from opt_in to opt_out, blocked or invalid, on that channel alone; dead addresses (bounce) are counted apart from the unsubscribed and are not in the rate"
- ja: "直前の配信は、許諾を失う前の30日間に、そのチャネルで最後に送ったもの。なければ、配信についての集計軸は「不明」。"
  en: "the message of a loss is the last one sent on that channel in the 30 days before it; without one the axis of messages is 不明"
- ja: "1年価値は、失った顧客がその前の12か月に購入した額。その後購入率は、基準日までに再び購入した割合。"
  en: "value_12m is what the lost bought in the 12 months before; still_buying the share that bought again by as_of"
- ja: "到達数の多い値から「軸の最大件数」まで残し、残りは「その他」とする。"
  en: "max_axis_values keeps the values with most deliveries, the rest is その他"
- ja: "許諾期間は、失った許諾の開始からの日数。"
  en: "tenure runs from the opt-in that was lost"
*/
WITH states AS (
  SELECT
    COALESCE(i.person_id, s.customer_id) AS customer_id,
    s.channel,
    s.state,
    s.source,
    s.changed_at,
    s.changed_date,
    LAG(s.state) OVER (
      PARTITION BY COALESCE(i.person_id, s.customer_id), s.channel ORDER BY s.changed_at, s.state
    ) AS before_state,
    ROW_NUMBER() OVER (
      PARTITION BY COALESCE(i.person_id, s.customer_id), s.channel ORDER BY s.changed_at DESC, s.state DESC
    ) AS place
  FROM consents AS s
  LEFT JOIN v_identity AS i ON i.customer_id = s.customer_id
  WHERE s.changed_date <= :as_of
),
-- Permissions as they begin and end: one that is said again goes on.
changes AS (
  SELECT
    s.*,
    LAG(s.changed_date) OVER (PARTITION BY s.customer_id, s.channel ORDER BY s.changed_at, s.state) AS began_date
  FROM states AS s
  WHERE (s.state = 'opt_in') <> (COALESCE(s.before_state, '') = 'opt_in')
),
losses AS (
  SELECT
    s.customer_id,
    s.channel,
    s.changed_at,
    s.changed_date,
    DATE_DIFF('day', s.began_date, s.changed_date) AS tenure,
    CASE
      WHEN s.state = 'invalid' OR s.source = 'bounce' THEN 'bounce'
      WHEN s.source = 'complaint' THEN 'complaint'
      WHEN s.source = 'preference_page' THEN 'preference'
      WHEN s.source = 'unsubscribe_link' OR s.source = 'block' OR s.state = 'blocked' THEN 'message'
      ELSE 'other'
    END AS reason
  FROM changes AS s
  WHERE
    s.state <> 'opt_in'
    AND s.changed_date BETWEEN :period_start AND :period_end
    AND s.channel IN (:msg_channels)
),
last_messages AS (
  SELECT l.customer_id, l.channel, l.changed_at, MAX_BY(t.message_id, ROW(t.sent_at, t.message_id)) AS message_id
  FROM losses AS l
  JOIN touches AS t ON t.customer_id = l.customer_id AND t.channel = l.channel
  WHERE t.sent_at <= l.changed_at AND t.sent_at > DATE_ADD('day', -30, l.changed_at)
  GROUP BY l.customer_id, l.channel, l.changed_at
),
elsewhere AS (
  SELECT customer_id, channel FROM states WHERE place = 1 AND state = 'opt_in'
),
lost AS (
  SELECT
    GRAIN_OF(l.changed_date) AS bucket,
    :axis AS axis_name,
    customers.customer_id,
    l.channel,
    l.changed_at,
    l.tenure,
    l.reason,
    messages.campaign,
    EXISTS (
      SELECT 1 FROM elsewhere AS e WHERE e.customer_id = customers.customer_id AND e.channel <> l.channel
    ) AS reachable_elsewhere
  FROM losses AS l
  JOIN population AS customers ON customers.customer_id = l.customer_id
  LEFT JOIN last_messages AS m
    ON m.customer_id = l.customer_id AND m.channel = l.channel AND m.changed_at = l.changed_at
  LEFT JOIN touches AS messages ON messages.message_id = m.message_id
  WHERE :campaigns_is_open OR messages.message_id IS NOT NULL
),
arrived AS (
  SELECT GRAIN_OF(messages.sent_date) AS bucket, :axis AS axis_name, COUNT(*) AS delivered
  FROM touches AS messages
  JOIN population AS customers ON customers.customer_id = messages.customer_id
  WHERE messages.sent_date BETWEEN :period_start AND :period_end AND messages.delivered_at IS NOT NULL
  GROUP BY GRAIN_OF(messages.sent_date), :axis
),
kept AS (
  SELECT axis_name
  FROM (
    SELECT axis_name, ROW_NUMBER() OVER (ORDER BY axis_name = :unknown, SUM(delivered) DESC, axis_name) AS place
    FROM (SELECT axis_name, delivered FROM arrived UNION ALL SELECT axis_name, 0 FROM lost) AS named
    GROUP BY axis_name
  ) AS ranked
  WHERE place <= :max_axis_values OR axis_name = :unknown
),
placed AS (
  SELECT l.*, COALESCE(k.axis_name, :other) AS axis_value
  FROM lost AS l
  LEFT JOIN kept AS k ON k.axis_name = l.axis_name
),
worth AS (
  SELECT
    l.customer_id,
    l.channel,
    l.changed_at,
    SUM(CASE WHEN p.purchase_at <= l.changed_at THEN p.amount ELSE 0 END) AS amount,
    COUNT_IF(p.purchase_at > l.changed_at) > 0 AS bought_after
  FROM losses AS l
  JOIN purchases AS p ON p.customer_id = l.customer_id
  WHERE p.purchase_at > DATE_ADD('month', -12, l.changed_at)
  GROUP BY l.customer_id, l.channel, l.changed_at
),
campaigns_before AS (
  SELECT
    bucket,
    axis_value,
    campaign,
    ROW_NUMBER() OVER (PARTITION BY bucket, axis_value ORDER BY COUNT(*) DESC, campaign) AS place
  FROM placed
  WHERE campaign IS NOT NULL
  GROUP BY bucket, axis_value, campaign
),
losses_by_cell AS (
  SELECT
    p.bucket,
    p.axis_value,
    COUNT(DISTINCT CASE WHEN p.reason <> 'bounce' THEN p.customer_id END) AS unsubscribed,
    COUNT(DISTINCT CASE WHEN p.reason = 'message' THEN p.customer_id END) AS by_message,
    COUNT(DISTINCT CASE WHEN p.reason = 'preference' THEN p.customer_id END) AS by_preference,
    COUNT(DISTINCT CASE WHEN p.reason = 'complaint' THEN p.customer_id END) AS by_complaint,
    COUNT(DISTINCT CASE WHEN p.reason = 'bounce' THEN p.customer_id END) AS bounced,
    QUANTILE_OF(p.tenure, 0.5) AS tenure_median
  FROM placed AS p
  GROUP BY p.bucket, p.axis_value
),
-- Who lost several channels is one person, as she was at the last of them.
people AS (
  SELECT
    p.bucket,
    p.axis_value,
    p.customer_id,
    MAX_BY(COALESCE(w.amount, 0), ROW(p.changed_at, p.channel)) AS amount,
    MAX_BY(COALESCE(w.bought_after, FALSE), ROW(p.changed_at, p.channel)) AS bought_after
  FROM placed AS p
  LEFT JOIN worth AS w ON w.customer_id = p.customer_id AND w.channel = p.channel AND w.changed_at = p.changed_at
  GROUP BY p.bucket, p.axis_value, p.customer_id
),
worth_by_cell AS (
  SELECT
    bucket,
    axis_value,
    AVG(CAST(amount AS DOUBLE)) AS value_12m,
    RATIO(COUNT_IF(bought_after), COUNT(*)) AS still_buying
  FROM people
  GROUP BY bucket, axis_value
),
delivered_by_cell AS (
  SELECT a.bucket, COALESCE(k.axis_name, :other) AS axis_value, SUM(a.delivered) AS delivered
  FROM arrived AS a
  LEFT JOIN kept AS k ON k.axis_name = a.axis_name
  GROUP BY a.bucket, COALESCE(k.axis_name, :other)
),
listed AS (
  SELECT bucket, axis_value FROM losses_by_cell
  UNION
  SELECT bucket, axis_value FROM delivered_by_cell
)
SELECT
  c.bucket,
  c.axis_value,
  COALESCE(d.delivered, 0) AS delivered,
  COALESCE(l.unsubscribed, 0) AS unsubscribed,
  COALESCE(l.by_message, 0) AS by_message,
  COALESCE(l.by_preference, 0) AS by_preference,
  COALESCE(l.by_complaint, 0) AS by_complaint,
  COALESCE(l.bounced, 0) AS bounced,
  RATIO(COALESCE(l.unsubscribed, 0), d.delivered) AS rate,
  b.campaign AS last_campaign,
  l.tenure_median,
  CAST(w.value_12m AS DECIMAL(18, 2)) AS value_12m,
  w.still_buying,
  COALESCE(d.delivered, 0) < :min_cell AS low_n
FROM listed AS c
LEFT JOIN delivered_by_cell AS d ON d.bucket = c.bucket AND d.axis_value = c.axis_value
LEFT JOIN losses_by_cell AS l ON l.bucket = c.bucket AND l.axis_value = c.axis_value
LEFT JOIN worth_by_cell AS w ON w.bucket = c.bucket AND w.axis_value = c.axis_value
LEFT JOIN campaigns_before AS b ON b.bucket = c.bucket AND b.axis_value = c.axis_value AND b.place = 1
ORDER BY
  c.bucket,
  CASE c.axis_value WHEN :unknown THEN 2 WHEN :other THEN 1 ELSE 0 END,
  COALESCE(d.delivered, 0) DESC,
  c.axis_value
