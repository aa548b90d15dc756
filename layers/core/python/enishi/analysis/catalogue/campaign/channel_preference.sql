/*
id: channel_preference
name: {ja: チャネル嗜好・反応分析, en: Channel preference}
category: campaign
origin: extension
tier: core
question:
  ja: メール・LINE・アプリ・SMSなど、一人ひとりはどのチャネルで反応し、買うか。
  en: "Through mail, LINE, app, SMS, web or catalog, where does each customer react and buy?"
method:
  ja: "顧客・チャネルごとの反応率を、母集団でのそのチャネルの反応率を事前分布（ベータ分布）として求め、許諾のあるチャネルのうち下限が最も高いものを第一嗜好とする。費用を考慮することもできる。あわせてチャネル間の重なりを見る。"
  en: "Reaction rate per customer and channel with Beta prior from the channel's rate in the population; preferred = highest lower bound among permitted channels; cost-adjusted variant; overlap of channels."
parameter_groups: [period, base, pur, msg, stat]
parameters:
- {name: reaction, type: "enum(click,purchase)", default: click, label_ja: 反応とみなす行動, note: ""}
- {name: min_messages, type: int, default: 5, label_ja: 判断に要る受信数, note: ""}
- {name: cost_adjust, type: bool, default: true, label_ja: 費用を考慮する, note: ""}
columns:
- {name: channel, type: enum, unit: none, label_ja: チャネル}
- {name: permitted, type: int, unit: people, label_ja: 許諾者数}
- {name: delivered, type: int, unit: messages, label_ja: 到達数}
- {name: reacted, type: int, unit: people, label_ja: 反応者数}
- {name: reaction_rate, type: ratio, unit: ratio, label_ja: 反応率}
- {name: preferred, type: int, unit: people, label_ja: 第一嗜好者数}
- {name: amount_per_message, type: double, unit: JPY/message, label_ja: 1通あたり売上}
- {name: cost_per_reaction, type: money, unit: JPY, label_ja: 1反応費用}
- {name: only_here, type: int, unit: people, label_ja: 当該のみ反応}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: channel, y: reaction_rate}
- {kind: bar, x: channel, y: preferred}
- {kind: table}
cells:
- {name: preferred, keys: [preferred_channel], types: {preferred_channel: enum}, customers: preferences, becomes: {ja: "このチャネルを第一嗜好とする顧客", en: "customers who prefer this channel"}}
- {name: reacted, keys: [channel, is_reacted], types: {is_reacted: bool}, customers: received, becomes: {ja: "そのチャネルの受信者（反応したかどうか別）", en: "receivers of a channel, by whether they reacted"}}
- {name: permitted, keys: [channel, is_permitted], types: {is_permitted: bool}, customers: permissions, becomes: {ja: "そのチャネルで配信を許諾している顧客", en: "customers who may be written to there"}}
- {name: nowhere, keys: [reacts_nowhere], types: {reacts_nowhere: bool}, customers: summed, becomes: {ja: "どのチャネルでも反応しない受信者（カタログへの切り替え、または配信休止の対象）", en: "receivers who react nowhere, for the catalog or a pause"}}
rules: [TZ, DEDUP, MPP, MERGE, ATTR, SMALL, DIV0, SET]
notes:
- ja: "許諾は基準日までの最新の許諾状態による。"
  en: "permission is the last state of consents by as_of"
- ja: "反応率は到達した配信に対する反応の割合。開封はチャネルにより報告のされ方が違うため用いない。"
  en: "reaction_rate is reactions over delivered messages; opens are not used, since channels report them unequally"
- ja: "顧客のチャネル別の反応率は、チャネル全体の反応率に寄せる。事前分布の重みは「判断に要る受信数」通分。比べるのは区間の下限（ベータ分布の正規近似）。"
  en: "a customer's rate on a channel is shrunk to the channel's own: the prior weighs min_messages messages; compared is the lower end of the interval (normal approximation of the Beta distribution)"
- ja: "「費用を考慮する」では、下限に1反応あたりの平均割り当て売上を掛け、そのチャネルの1通の費用を引いて比べる。"
  en: "with cost_adjust the lower end is taken times the mean credited amount of a reaction, less the channel's cost a message"
- ja: "全チャネル合計で「判断に要る受信数」以上の配信が到達した顧客だけに嗜好を定め、許諾のあるチャネルから選ぶ。"
  en: "only customers with min_messages delivered messages on all channels together have a preference, among the channels that they permit"
*/
WITH states AS (
  SELECT
    COALESCE(i.person_id, s.customer_id) AS customer_id,
    s.channel,
    MAX_BY(s.state, ROW(s.changed_at, CASE WHEN s.state = 'opt_in' THEN 0 ELSE 1 END, s.state)) AS state
  FROM consents AS s
  LEFT JOIN v_identity AS i ON i.customer_id = s.customer_id
  WHERE s.changed_date <= :as_of
  GROUP BY COALESCE(i.person_id, s.customer_id), s.channel
),
permissions AS (
  SELECT s.customer_id, s.channel, s.state = 'opt_in' AS is_permitted
  FROM states AS s
  JOIN population AS c ON c.customer_id = s.customer_id
  WHERE s.channel IN (:msg_channels)
),
credited AS (
  SELECT message_id, SUM(amount) AS amount
  FROM attributed_orders
  GROUP BY message_id
),
delivered AS (
  SELECT
    t.customer_id,
    t.channel,
    t.unit_cost,
    COALESCE(a.amount, 0) AS amount,
    CASE :reaction WHEN 'purchase' THEN a.message_id IS NOT NULL ELSE t.clicked_at IS NOT NULL END AS is_reaction
  FROM touches AS t
  JOIN population AS c ON c.customer_id = t.customer_id
  LEFT JOIN credited AS a ON a.message_id = t.message_id
  WHERE t.sent_date BETWEEN :period_start AND :period_end AND t.delivered_at IS NOT NULL
),
received AS (
  SELECT
    channel,
    customer_id,
    COUNT(*) AS messages,
    COUNT_IF(is_reaction) AS reactions,
    COUNT_IF(is_reaction) > 0 AS is_reacted
  FROM delivered
  GROUP BY channel, customer_id
),
summed AS (
  SELECT
    customer_id,
    SUM(messages) AS messages,
    COUNT_IF(is_reacted) AS channels,
    COUNT_IF(is_reacted) = 0 AS reacts_nowhere
  FROM received
  GROUP BY customer_id
),
by_channel AS (
  SELECT
    channel,
    COUNT(*) AS messages,
    COUNT_IF(is_reaction) AS reactions,
    RATIO(COUNT_IF(is_reaction), COUNT(*)) AS rate,
    SUM(amount) AS amount,
    SUM(unit_cost) AS cost,
    COALESCE(AVG(CAST(unit_cost AS DOUBLE)), 0) AS avg_cost
  FROM delivered
  GROUP BY channel
),
reaction_value AS (
  SELECT COALESCE(RATIO(SUM(amount), SUM(reactions)), 0) AS amount FROM by_channel
),
posteriors AS (
  SELECT
    p.customer_id,
    p.channel,
    b.avg_cost,
    RATIO(COALESCE(r.reactions, 0) + :min_messages * b.rate, COALESCE(r.messages, 0) + :min_messages) AS rate,
    COALESCE(r.messages, 0) + :min_messages AS weight
  FROM permissions AS p
  JOIN by_channel AS b ON b.channel = p.channel
  JOIN summed AS s ON s.customer_id = p.customer_id
  LEFT JOIN received AS r ON r.customer_id = p.customer_id AND r.channel = p.channel
  WHERE p.is_permitted AND s.messages >= :min_messages
),
lower_ends AS (
  SELECT customer_id, channel, avg_cost, rate - :z * SQRT(rate * (1 - rate) / (weight + 1)) AS low
  FROM posteriors
),
placed AS (
  SELECT
    e.customer_id,
    e.channel,
    ROW_NUMBER() OVER (
      PARTITION BY e.customer_id
      ORDER BY CASE WHEN :cost_adjust THEN e.low * v.amount - e.avg_cost ELSE e.low END DESC, e.low DESC, e.channel
    ) AS place
  FROM lower_ends AS e
  CROSS JOIN reaction_value AS v
),
preferences AS (
  SELECT customer_id, channel AS preferred_channel FROM placed WHERE place = 1
),
people AS (
  SELECT
    r.channel,
    COUNT_IF(r.is_reacted) AS reacted,
    COUNT_IF(r.is_reacted AND s.channels = 1) AS only_here
  FROM received AS r
  JOIN summed AS s ON s.customer_id = r.customer_id
  GROUP BY r.channel
),
listed AS (
  SELECT channel FROM by_channel
  UNION
  SELECT channel FROM permissions
)
SELECT
  l.channel,
  COALESCE(p.permitted, 0) AS permitted,
  COALESCE(b.messages, 0) AS delivered,
  COALESCE(r.reacted, 0) AS reacted,
  b.rate AS reaction_rate,
  COALESCE(f.preferred, 0) AS preferred,
  RATIO(b.amount, b.messages) AS amount_per_message,
  CAST(RATIO(b.cost, b.reactions) AS DECIMAL(18, 2)) AS cost_per_reaction,
  COALESCE(r.only_here, 0) AS only_here,
  COALESCE(b.messages, 0) < :min_cell AS low_n
FROM listed AS l
LEFT JOIN by_channel AS b ON b.channel = l.channel
LEFT JOIN people AS r ON r.channel = l.channel
LEFT JOIN (SELECT channel, COUNT_IF(is_permitted) AS permitted FROM permissions GROUP BY channel) AS p
  ON p.channel = l.channel
LEFT JOIN (SELECT preferred_channel, COUNT(*) AS preferred FROM preferences GROUP BY preferred_channel) AS f
  ON f.preferred_channel = l.channel
ORDER BY COALESCE(b.messages, 0) DESC, l.channel
