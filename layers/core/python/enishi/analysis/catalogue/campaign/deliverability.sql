/*
id: deliverability
name: {ja: エラー・到達性分析, en: Deliverability}
category: campaign
origin: extension
tier: standard
question:
  ja: 配信はどこで失敗しているか。原因は宛先か、送信側の評判か。
  en: "Where do messages fail, and are addresses or our reputation the cause?"
method:
  ja: "受信ドメインまたは通信事業者、チャネル、期間ごとの恒久エラー、一時エラー、苦情と到達までの時間。無効アドレスの経過日数と、恒久エラー率・苦情率の警告値による警告。"
  en: "Hard and soft bounces, complaints and delivery delay by receiving domain or carrier, channel and period; dead addresses and their age; alarm borders on bounce and complaint rates."
parameter_groups: [period, msg, grain]
parameters:
- {name: by, type: "enum(domain,carrier,channel)", default: domain, label_ja: 区分, note: ""}
- {name: bounce_alarm, type: ratio, default: 0.05, label_ja: 恒久エラー率の警告値, note: ""}
- {name: complaint_alarm, type: ratio, default: 0.001, label_ja: 苦情率の警告値, note: ""}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: domain, type: string, unit: none, label_ja: ドメイン}
- {name: sent, type: int, unit: messages, label_ja: 配信数}
- {name: delivery_rate, type: ratio, unit: ratio, label_ja: 到達率}
- {name: hard_rate, type: ratio, unit: ratio, label_ja: 恒久エラー率}
- {name: soft_rate, type: ratio, unit: ratio, label_ja: 一時エラー率}
- {name: complaint_rate, type: ratio, unit: ratio, label_ja: 苦情率}
- {name: delay_median, type: double, unit: minutes, label_ja: 到達までの分(中央値)}
- {name: dead_addresses, type: int, unit: people, label_ja: 無効アドレス数}
- {name: dead_age_median, type: double, unit: days, label_ja: 無効アドレスの経過日数(中央値)}
- {name: alarm, type: bool, unit: none, label_ja: 警告}
charts:
- {kind: line, x: bucket, y: hard_rate, color: domain}
- {kind: bar, title_ja: 期間を通した到達率, x: domain, y: delivery_rate, options: {weight: sent}}
- {kind: table}
cells:
- {name: outcome, keys: [bucket, domain, is_dead, is_complaint, reachable_elsewhere], types: {is_dead: bool, is_complaint: bool, reachable_elsewhere: bool}, customers: placed, becomes: {ja: "受信者。is_dead=trueは、許諾のあるほかのチャネル（reachable_elsewhere）で新しい連絡先を尋ねる相手", en: "receivers; is_dead=true are those to ask for a new address on another channel (reachable_elsewhere)"}}
rules: [TZ, DEDUP, MERGE, DIV0, SET]
notes:
- ja: "ドメインは取り込み時に取り出して列として持つ。アドレスそのものは持たない。"
  en: "the domain is derived at load and stored as a column, never the address"
- ja: "区分は、domain＝メールの受信ドメイン、carrier＝ほかのチャネルの通信事業者またはプッシュ配信サービス、channel＝チャネル。"
  en: "by: domain = the receiving domain of mail, carrier = the carrier or push service of the other channels, channel = the channel"
- ja: "無効アドレスは恒久エラーになったもの。経過日数は、そのチャネルでの顧客の最後の許諾から数える。"
  en: "a dead address is a hard bounce; its age is from the customer's last opt-in on that channel"
- ja: "苦情率は到達数に対する割合、ほかの率は配信数に対する割合。恒久エラー率または苦情率が警告値を超えたら警告。"
  en: "complaint_rate is over delivered messages, the others over sent ones; alarm when the hard or the complaint rate is above its border"
*/
WITH kinds AS (
  SELECT
    message_id,
    COUNT_IF(event_type = 'hard_bounce') > 0 AS is_dead,
    COUNT_IF(event_type = 'soft_bounce') > 0 AS is_soft
  FROM message_events
  WHERE event_type = 'hard_bounce' OR event_type = 'soft_bounce'
  GROUP BY message_id
),
permissions AS (
  SELECT
    COALESCE(i.person_id, s.customer_id) AS customer_id,
    s.channel,
    MAX_BY(s.state, ROW(s.changed_at, CASE WHEN s.state = 'opt_in' THEN 0 ELSE 1 END, s.state)) = 'opt_in'
      AS is_permitted
  FROM consents AS s
  LEFT JOIN v_identity AS i ON i.customer_id = s.customer_id
  WHERE s.changed_date <= :as_of
  GROUP BY COALESCE(i.person_id, s.customer_id), s.channel
),
-- How long before a message its dead address was last permitted; a permission of later is of another address.
dead_ages AS (
  SELECT t.message_id, DATE_DIFF('day', MAX(s.changed_date), t.sent_date) AS days
  FROM touches AS t
  JOIN kinds AS k ON k.message_id = t.message_id AND k.is_dead
  JOIN v_identity AS i ON i.person_id = t.customer_id
  JOIN consents AS s ON s.customer_id = i.customer_id AND s.channel = t.channel
  WHERE s.state = 'opt_in' AND s.changed_date <= t.sent_date
  GROUP BY t.message_id, t.sent_date
),
placed AS (
  SELECT
    GRAIN_OF(t.sent_date) AS bucket,
    COALESCE(CASE :by WHEN 'channel' THEN t.channel ELSE t.address_domain END, :unknown) AS domain,
    t.customer_id,
    t.delivered_at IS NOT NULL AS is_delivered,
    t.complained_at IS NOT NULL AS is_complaint,
    COALESCE(k.is_dead, FALSE) AS is_dead,
    COALESCE(k.is_soft, FALSE) AS is_soft,
    CAST(DATE_DIFF('second', t.sent_at, t.delivered_at) AS DOUBLE) / 60 AS delay,
    a.days AS dead_age,
    EXISTS (
      SELECT 1
      FROM permissions AS o
      WHERE o.customer_id = t.customer_id AND o.channel <> t.channel AND o.is_permitted
    ) AS reachable_elsewhere
  FROM touches AS t
  LEFT JOIN kinds AS k ON k.message_id = t.message_id
  LEFT JOIN dead_ages AS a ON a.message_id = t.message_id
  WHERE
    t.sent_date BETWEEN :period_start AND :period_end
    AND (:by = 'channel' OR (:by = 'domain') = (COALESCE(t.channel, '') = 'mail'))
),
counted AS (
  SELECT
    bucket,
    domain,
    COUNT(*) AS sent,
    RATIO(COUNT_IF(is_delivered), COUNT(*)) AS delivery_rate,
    RATIO(COUNT_IF(is_dead), COUNT(*)) AS hard_rate,
    RATIO(COUNT_IF(is_soft), COUNT(*)) AS soft_rate,
    RATIO(COUNT_IF(is_complaint), COUNT_IF(is_delivered)) AS complaint_rate,
    QUANTILE_OF(delay, 0.5) AS delay_median,
    COUNT(DISTINCT CASE WHEN is_dead THEN customer_id END) AS dead_addresses,
    QUANTILE_OF(dead_age, 0.5) AS dead_age_median
  FROM placed
  GROUP BY bucket, domain
)
SELECT
  bucket,
  domain,
  sent,
  delivery_rate,
  hard_rate,
  soft_rate,
  complaint_rate,
  delay_median,
  dead_addresses,
  dead_age_median,
  hard_rate > :bounce_alarm OR COALESCE(complaint_rate > :complaint_alarm, FALSE) AS alarm
FROM counted
ORDER BY bucket, CASE WHEN domain = :unknown THEN 1 ELSE 0 END, sent DESC, domain
