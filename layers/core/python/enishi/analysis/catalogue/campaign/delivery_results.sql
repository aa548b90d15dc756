/*
id: delivery_results
name: {ja: 配信結果レポート, en: Delivery results}
category: campaign
origin: extension
tier: core
question:
  ja: 配信ごとに何人を選び、何通を送り、届き、開かれ、クリックされ、エラーになり、解除されたか。
  en: "For each mailing: how many were targeted, sent, delivered, opened, clicked, bounced and unsubscribed?"
method:
  ja: "施策・ステップ・バリアント・チャネル別の件数と、それぞれ決まった分母による率。配信成功率＝到達数/配信数、開封率＝開封数/到達数、クリック率＝クリック数/到達数、反応率＝クリック数/開封数、解除率＝解除数/到達数。"
  en: "Counts per campaign, step, variant and channel with rates on one fixed base each: delivery = delivered/sent, open = opened/delivered, click = clicked/delivered, CTOR = clicked/opened, unsubscribe = unsubscribed/delivered."
parameter_groups: [period, msg]
parameters:
- {name: by, type: "enum(campaign,step,variant,channel,day)", default: campaign, label_ja: 集計の単位, note: ""}
- {name: event_days, type: int, default: 14, label_ja: 反応を数える日数, note: "events later than this after the send are ignored"}
columns:
- {name: campaign, type: string, unit: none, label_ja: 施策}
- {name: targeted, type: int, unit: people, label_ja: 対象者数}
- {name: suppressed, type: int, unit: messages, label_ja: 除外数}
- {name: sent, type: int, unit: messages, label_ja: 配信数}
- {name: delivered, type: int, unit: messages, label_ja: 到達数}
- {name: delivery_rate, type: ratio, unit: ratio, label_ja: 配信成功率}
- {name: opened, type: int, unit: messages, label_ja: 開封数}
- {name: open_rate, type: ratio, unit: ratio, label_ja: 開封率}
- {name: open_rate_raw, type: ratio, unit: ratio, label_ja: 開封率(機械含む)}
- {name: clicked, type: int, unit: messages, label_ja: クリック数}
- {name: click_rate, type: ratio, unit: ratio, label_ja: クリック率}
- {name: ctor, type: ratio, unit: ratio, label_ja: 反応率}
- {name: bounced, type: int, unit: messages, label_ja: エラー数}
- {name: unsubscribed, type: int, unit: messages, label_ja: 解除数}
charts:
- {kind: bar, x: campaign, y: click_rate}
- {kind: bar, x: campaign, y: sent}
- {kind: table}
cells:
- {name: messages, keys: [campaign, is_suppressed, is_sent, is_delivered, is_opened, is_clicked, is_bounced, is_unsubscribed, is_control], types: {is_suppressed: bool, is_sent: bool, is_delivered: bool, is_opened: bool, is_clicked: bool, is_bounced: bool, is_unsubscribed: bool, is_control: bool}, customers: placed, becomes: {ja: "これらの配信の顧客（配信の結果別。開封したがクリックしていない顧客はis_opened=true, is_clicked=false）", en: "customers of these messages, by what became of them (opened but not clicked: is_opened=true, is_clicked=false)"}}
rules: [TZ, DEDUP, MPP, HOLD, MERGE, DIV0, LATE, SET]
notes:
- ja: "開封のわからないチャネル（SMS）は0でなく空欄。"
  en: "channels without an open signal (SMS) show null and not 0"
- ja: "開封の記録がないクリックは、開封したとみなす。"
  en: "a click without an open counts as opened"
- ja: "「施策」の列には選んだ単位が入る。施策、施策とステップ、施策とバリアント、チャネル、配信日のいずれか。マスターに行のない施策はシナリオ名で示す。"
  en: "campaign holds the chosen unit - the campaign, campaign and step, campaign and variant, channel, or the day of sending; a campaign without a master row goes by its scenario"
- ja: "対象者数は選ばれた全員を1回ずつ数え、対照群と除外された人も含む。対照群はほかの列には入らない。"
  en: "targeted counts everyone selected once, the control group and the suppressed too; control rows are in no other column"
- ja: "除外数は、送る予定だったが意図して送らなかった配信。失敗・結果不明・隔離の配信は対象者数だけに入る。"
  en: "suppressed are the intended messages that were not sent on purpose; failed, unknown and quarantined ones are in targeted alone"
- ja: "開封の数値は、開封のわかるチャネルで到達した配信についてのもの。"
  en: "open figures are over the delivered messages of channels that can tell an open"
standard: "Open and unique-open rates over delivered, as in Twilio SendGrid glossary; machine opens kept apart as Segment Engage does."
*/
WITH placed AS (
  SELECT
    CASE :by
      WHEN 'campaign' THEN m.campaign
      WHEN 'step' THEN m.campaign || ' / ' || COALESCE(m.step_id, :unknown)
      WHEN 'variant' THEN m.campaign || ' / ' || COALESCE(m.variant, :unknown)
      WHEN 'channel' THEN COALESCE(m.channel, :unknown)
      ELSE CAST(m.sent_date AS VARCHAR)
    END AS campaign,
    m.customer_id,
    m.message_id,
    m.is_control,
    m.status = 'suppressed' AS is_suppressed,
    t.message_id IS NOT NULL AS is_sent,
    COALESCE(t.has_open_signal, FALSE) AS has_open_signal,
    COALESCE(t.delivered_at <= DATE_ADD('day', :event_days, m.sent_at), FALSE) AS is_delivered,
    COALESCE(LEAST(t.opened_at, COALESCE(t.clicked_at, t.opened_at)) <= DATE_ADD('day', :event_days, m.sent_at), FALSE)
      AND t.has_open_signal AS is_opened,
    COALESCE(
      LEAST(t.opened_raw_at, COALESCE(t.clicked_at, t.opened_raw_at)) <= DATE_ADD('day', :event_days, m.sent_at), FALSE
    ) AND t.has_open_signal AS is_opened_raw,
    COALESCE(t.clicked_at <= DATE_ADD('day', :event_days, m.sent_at), FALSE) AS is_clicked,
    COALESCE(t.bounced_at <= DATE_ADD('day', :event_days, m.sent_at), FALSE) AS is_bounced,
    COALESCE(t.left_at <= DATE_ADD('day', :event_days, m.sent_at), FALSE) AS is_unsubscribed
  FROM targets AS m
  LEFT JOIN touches AS t ON t.message_id = m.message_id
  WHERE m.sent_date BETWEEN :period_start AND :period_end
),
counted AS (
  SELECT
    campaign,
    COUNT(DISTINCT customer_id) AS targeted,
    COUNT_IF(is_suppressed) AS suppressed,
    COUNT_IF(is_sent) AS sent,
    COUNT_IF(is_delivered) AS delivered,
    COUNT_IF(has_open_signal) > 0 AS has_open_signal,
    COUNT_IF(is_delivered AND has_open_signal) AS delivered_openable,
    COUNT_IF(is_opened) AS opened,
    COUNT_IF(is_opened_raw) AS opened_raw,
    COUNT_IF(is_clicked) AS clicked,
    COUNT_IF(is_clicked AND has_open_signal) AS clicked_openable,
    COUNT_IF(is_bounced) AS bounced,
    COUNT_IF(is_unsubscribed) AS unsubscribed
  FROM placed
  GROUP BY campaign
)
SELECT
  campaign,
  targeted,
  suppressed,
  sent,
  delivered,
  RATIO(delivered, sent) AS delivery_rate,
  CASE WHEN has_open_signal THEN opened END AS opened,
  CASE WHEN has_open_signal THEN RATIO(opened, delivered_openable) END AS open_rate,
  CASE WHEN has_open_signal THEN RATIO(opened_raw, delivered_openable) END AS open_rate_raw,
  clicked,
  RATIO(clicked, delivered) AS click_rate,
  CASE WHEN has_open_signal THEN RATIO(clicked_openable, opened) END AS ctor,
  bounced,
  unsubscribed
FROM counted
ORDER BY CASE WHEN campaign = :unknown THEN 1 ELSE 0 END, campaign
