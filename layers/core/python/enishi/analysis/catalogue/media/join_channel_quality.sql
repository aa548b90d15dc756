/*
id: join_channel_quality
name: {ja: 入会チャネル別顧客品質分析, en: Customer quality by join channel}
category: media
origin: extension
tier: standard
question:
  ja: 店舗・EC・アプリ・LINE・カタログで入会した会員は、良い顧客になっているか。
  en: "Do members who joined in a store, on the EC, by app, LINE or catalog become good customers?"
method:
  ja: "入会チャネル別の、初回購入率と初回までの日数、F2転換率、観測期間内の購入金額、他チャネルの利用、メールの許諾、退会率。"
  en: "By join channel: first-purchase rate and days, F2, 12-month value, channels used later, permissions given, withdrawal rate."
parameter_groups: [period, base, pur]
parameters:
- {name: months, type: int, default: 12, label_ja: 観測期間(月), note: "", minimum: 1}
columns:
- {name: join_channel, type: enum, unit: none, label_ja: 入会チャネル}
- {name: joined, type: int, unit: people, label_ja: 入会者数}
- {name: first_buy_rate, type: ratio, unit: ratio, label_ja: 初回購入率}
- {name: days_to_first, type: double, unit: days, label_ja: 初回まで日数}
- {name: f2_rate, type: ratio, unit: ratio, label_ja: F2転換率}
- {name: value_12m, type: money, unit: JPY/person, label_ja: 1年価値}
- {name: cross_channel_rate, type: ratio, unit: ratio, label_ja: 他チャネル利用率}
- {name: mail_optin, type: ratio, unit: ratio, label_ja: メール許諾率}
- {name: withdrawal_rate, type: ratio, unit: ratio, label_ja: 退会率}
charts:
- {kind: bar, x: join_channel, y: value_12m}
- {kind: table}
cells:
- {name: cell, keys: [join_channel, bought], types: {bought: bool}, customers: placed, becomes: {ja: "該当する会員（例：アプリで入会し、まだ購入していない会員）", en: "those members (for example joined by app and not yet bought)"}}
rules: [TZ, PUR, RET, MERGE, N0, UNK, CENSOR, DIV0, SET]
notes:
- ja: "入会者数、メール許諾率、掘り下げは、集計期間に入会した全員についてのもの。ほかは「観測期間(月)」以上前に入会した会員の、入会から「観測期間(月)」以内についてのもの。"
  en: "joined, mail_optin and the cell are of everybody who joined in the period; the rest is over members who joined at least months ago, within months of joining"
- ja: "通常の12か月の集計期間では、12か月観測された会員はほとんどいない。より前の期間を選ぶか、観測期間を短くする。"
  en: "with the usual period of twelve months hardly anybody has been observed for twelve; choose an earlier period or fewer months"
- ja: "他チャネル利用率は、購入者のうち、入会したチャネル以外でも購入した割合。"
  en: "cross_channel_rate is the share of buyers who also bought in another channel than the one in which they joined"
*/
WITH members AS (
  SELECT
    c.customer_id,
    c.join_channel,
    c.registered_date,
    c.withdrawn_date,
    DATE_ADD('month', :months, c.registered_date) AS ends_on,
    DATE_ADD('month', :months, c.registered_date) <= DATE_ADD('day', 1, :as_of) AS observed
  FROM population AS c
  WHERE c.registered_date BETWEEN :period_start AND :period_end
),
bought AS (
  SELECT
    m.customer_id,
    MIN(p.purchase_date) AS first_date,
    COUNT(*) AS purchases,
    SUM(p.amount) AS amount,
    COUNT_IF(p.channel <> m.join_channel) > 0 AS is_cross
  FROM members AS m
  JOIN purchases AS p ON p.customer_id = m.customer_id
  WHERE p.purchase_date >= m.registered_date AND p.purchase_date < m.ends_on
  GROUP BY m.customer_id
),
mail_states AS (
  SELECT
    COALESCE(i.person_id, s.customer_id) AS customer_id,
    MAX_BY(s.state, ROW(s.changed_at, CASE WHEN s.state = 'opt_in' THEN 0 ELSE 1 END, s.state)) AS state
  FROM consents AS s
  LEFT JOIN v_identity AS i ON i.customer_id = s.customer_id
  WHERE s.channel = 'mail' AND s.changed_date <= :as_of
  GROUP BY COALESCE(i.person_id, s.customer_id)
),
placed AS (
  SELECT
    CHANNEL_WORD(m.join_channel) AS join_channel,
    m.customer_id,
    b.customer_id IS NOT NULL AS bought,
    m.observed,
    b.purchases,
    b.amount,
    b.is_cross,
    DATE_DIFF('day', m.registered_date, b.first_date) AS days,
    COALESCE(s.state = 'opt_in', FALSE) AS has_mail,
    COALESCE(m.withdrawn_date < m.ends_on AND m.withdrawn_date <= :as_of, FALSE) AS has_left
  FROM members AS m
  LEFT JOIN bought AS b ON b.customer_id = m.customer_id
  LEFT JOIN mail_states AS s ON s.customer_id = m.customer_id
)
SELECT
  p.join_channel,
  COUNT(*) AS joined,
  RATIO(COUNT_IF(p.observed AND p.bought), COUNT_IF(p.observed)) AS first_buy_rate,
  QUANTILE_OF(CASE WHEN p.observed THEN p.days END, 0.5) AS days_to_first,
  RATIO(COUNT_IF(p.observed AND p.purchases > 1), COUNT_IF(p.observed AND p.bought)) AS f2_rate,
  CAST(
    RATIO(SUM(CASE WHEN p.observed THEN COALESCE(p.amount, 0) END), COUNT_IF(p.observed)) AS DECIMAL(18, 2)
  ) AS value_12m,
  RATIO(COUNT_IF(p.observed AND p.is_cross), COUNT_IF(p.observed AND p.bought)) AS cross_channel_rate,
  RATIO(COUNT_IF(p.has_mail), COUNT(*)) AS mail_optin,
  RATIO(COUNT_IF(p.observed AND p.has_left), COUNT_IF(p.observed)) AS withdrawal_rate
FROM placed AS p
GROUP BY p.join_channel
ORDER BY CASE WHEN p.join_channel = :unknown THEN 1 ELSE 0 END, COUNT(*) DESC, p.join_channel
