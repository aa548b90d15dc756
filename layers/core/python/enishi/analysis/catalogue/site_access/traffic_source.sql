/*
id: traffic_source
name: {ja: 流入元分析, en: Traffic sources}
category: site_access
origin: extension
tier: standard
question:
  ja: 訪問はどこから来て、流入元ごとに新規と既存の質はどうか。
  en: From where do visits come and how good is each source for new and known customers?
method:
  ja: "セッションを、媒体、utm、または参照元でまとめる。決める順は固定（配信、utm、参照元、直接）。"
  en: "Group sessions by medium, utm or referrer with a fixed rule order (message, utm, referrer, direct)."
parameter_groups: [period, base, web, grain]
parameters:
- {name: level, type: "enum(medium_type,medium,campaign,referrer)", default: medium_type, label_ja: 流入元のまとめ方, note: ""}
- {name: goal_events, type: list, default: "purchase,signup,favourite_add", hidden: true, label_ja: 目標とする行動, note: ""}
columns:
- {name: source, type: string, unit: none, label_ja: 流入元}
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: sessions, type: int, unit: sessions, label_ja: セッション数}
- {name: new_visitors, type: int, unit: people, label_ja: 新規訪問者}
- {name: engaged_rate, type: ratio, unit: ratio, label_ja: エンゲージ率}
- {name: orders, type: int, unit: orders, label_ja: 購入件数}
- {name: cvr, type: ratio, unit: ratio, label_ja: CVR}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: signups, type: int, unit: people, label_ja: 会員登録}
charts:
- {kind: stacked_bar, x: bucket, y: sessions, color: source}
- {kind: line, x: bucket, y: cvr, color: source}
- {kind: table}
cells:
- {name: source, keys: [source, bucket], customers: placed, becomes: {ja: "そこから来た識別顧客", en: "known customers who came through it"}}
rules: [TZ, BOT, DEDUP, MERGE, UNK, DIV0, RECON, SET]
notes:
- ja: "決める順は、配信、リンク（utm）、参照元、直接。訪問の中で最初に流入元のわかる行動で決める。"
  en: "the order of the rule is message, link (utm), referrer, direct; the first event of the visit with a source decides"
- ja: "新規訪問者は初回の訪問の訪問者。キャンペーンは、配信からの訪問ではその施策、ほかはutm_campaign。会員登録はその訪問で登録した訪問者。施策や参照元のない訪問は、それぞれのまとめ方で「不明」とする。"
  en: "new_visitors are visitors on their first visit; a visit from a message is of the message's campaign, any other of its utm_campaign; signups are visitors who sign up in it; visits without a campaign or a referrer are 不明 at these levels"
- ja: "全流入元のセッション数と購入件数の合計は、「セッション分析」と一致する。"
  en: "the sessions and orders of all sources add up to those of the session analysis"
*/
WITH placed AS (
  SELECT
    CASE :level
      WHEN 'medium' THEN COALESCE(m.medium, CHANNEL_WORD(s.channel))
      WHEN 'campaign' THEN COALESCE(l.campaign, g.campaign_id, g.scenario_id, s.utm_campaign, :unknown)
      WHEN 'referrer' THEN COALESCE(s.referrer_host, :unknown)
      ELSE CHANNEL_WORD(s.channel)
    END AS source,
    GRAIN_OF(s.session_date) AS bucket,
    s.customer_id,
    s.visitor_id,
    s.is_first,
    s.engaged,
    s.converted,
    s.orders,
    s.amount,
    s.signups
  FROM engaged_sessions AS s
  LEFT JOIN media_labels AS m ON m.medium_id = s.medium_id
  LEFT JOIN messages AS g ON g.message_id = s.message_id
  LEFT JOIN campaign_labels AS l ON l.campaign_id = g.campaign_id
  WHERE s.session_date BETWEEN :period_start AND :period_end
)
SELECT
  p.source,
  p.bucket,
  COUNT(*) AS sessions,
  COUNT(DISTINCT CASE WHEN p.is_first THEN p.visitor_id END) AS new_visitors,
  RATIO(COUNT_IF(p.engaged), COUNT(*)) AS engaged_rate,
  SUM(p.orders) AS orders,
  RATIO(COUNT_IF(p.converted), COUNT(*)) AS cvr,
  SUM(p.amount) AS amount,
  COUNT(DISTINCT CASE WHEN p.signups > 0 THEN p.visitor_id END) AS signups
FROM placed AS p
GROUP BY p.source, p.bucket
ORDER BY p.bucket, CASE WHEN p.source = :unknown THEN 1 ELSE 0 END, COUNT(*) DESC, p.source
