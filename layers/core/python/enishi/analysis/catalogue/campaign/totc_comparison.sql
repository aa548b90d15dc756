/*
id: totc_comparison
name: {ja: 4要素(TOTC)比較分析, en: Target-offer-timing-channel comparison}
category: campaign
origin: extension
tier: advanced
question:
  ja: 施策の結果の差は、ターゲット・オファー・タイミング・チャネルのどれによるものか。
  en: "Which of target, offer, timing and channel explains the difference between campaigns?"
method:
  ja: "クリック（または購入）の対数オッズを4要素のラベルに回帰する（配信数で重み付け）。各水準について、ほかのラベルはそのままに全配信がその水準だった場合の率を出す。実施した組合せと未実施の組合せを表にする。"
  en: "Regress click (or purchase) log-odds on the four labels, weighted by messages; marginal rate for each level = mean prediction if all messages had it and kept their other labels; table of tried and untried combinations."
parameter_groups: [period, base, msg, stat]
parameters:
- {name: metric, type: "enum(click_rate,cvr,amount_per_message)", default: cvr, label_ja: 見る指標, note: ""}
- {name: max_untried, type: int, default: 20, minimum: 0, label_ja: 未実施の組合せの表示件数, note: "those with the best prediction"}
# attributed_orders reads purchases
- {name: date_basis, type: "enum(ordered,shipped,delivered)", default: ordered, label_ja: 使用日付, note: ""}
- {name: purchase_unit, type: "enum(order,day)", default: order, label_ja: 購入の数え方, note: ""}
- {name: amount_basis, type: "enum(net_incl_tax,net_excl_tax,gross)", default: net_incl_tax, label_ja: 金額の基準, note: ""}
- {name: return_mode, type: "enum(origin,event)", default: origin, label_ja: 返品の計上, note: ""}
- {name: channels, type: list, default: all, label_ja: チャネル, note: channels of the purchases}
- {name: stores, type: list, default: all, label_ja: 店舗, note: ""}
- {name: product_filter, type: product_set, default: all, label_ja: 商品の絞り込み, note: ""}
- {name: include_samples, type: bool, default: false, label_ja: サンプルを含む, note: ""}
columns:
- {name: element, type: enum, unit: none, label_ja: 要素}
- {name: level, type: string, unit: none, label_ja: 水準}
- {name: messages, type: int, unit: messages, label_ja: 配信数}
- {name: raw_rate, type: ratio, unit: ratio, label_ja: 単純率, of: messages, by: {metric: {amount_per_message: {type: money, unit: JPY/message}}}}
- {name: adjusted_rate, type: ratio, unit: ratio, label_ja: 調整率, of: messages, by: {metric: {amount_per_message: {type: money, unit: JPY/message}}}}
- {name: ci_low, type: ratio, unit: ratio, label_ja: 下限, by: {metric: {amount_per_message: {type: money, unit: JPY/message}}}}
- {name: ci_high, type: ratio, unit: ratio, label_ja: 上限, by: {metric: {amount_per_message: {type: money, unit: JPY/message}}}}
- {name: combination, type: string, unit: none, label_ja: 組合せ}
- {name: tried, type: bool, unit: none, label_ja: 実施有無}
charts:
- {kind: forest, x: level, y: adjusted_rate, low: ci_low, high: ci_high, where: {combination: null}, options: {within: element}}
- {kind: table}
cells:
- {name: level, keys: [element, level], customers: reacted, becomes: {ja: "その水準の配信を受けて反応した顧客", en: "customers who met it and reacted"}}
rules: [TZ, DEDUP, HOLD, MERGE, SMALL, UNK, SET]
notes:
- ja: "ラベルは、施策マスターのターゲット・オファー・タイミングのコード（target_code、offer_code、timing_code）と、配信のチャネル。施策にオファーがなければ、配信自身のオファーを使う。"
  en: "labels come from campaigns.target_code, offer_code, timing_code and messages.channel; a message without an offer of its campaign has its own offer_code"
- ja: "配信は1通ずつ同じ重みのため、施策の重みは配信数になる。水準の調整率は、全配信がその水準で、ほかのラベルはそのままとした場合の予測の平均。"
  en: "every message weighs the same, so a campaign weighs as many as it sent; the adjusted rate of a level is the mean prediction if all messages had it and kept their other labels"
- ja: "ある水準がほかの要素の水準と常に一緒に現れて見分けられないときは、調整率とその区間は空欄。"
  en: "adjusted_rate and its interval are null where a level always comes together with levels of other elements, so that nobody can tell them apart"
- ja: "クリック率とCVRはロジスティック回帰、1通あたり売上（円）は最小二乗法による。コンバージョンは、配信に割り当てた購入。"
  en: "click_rate and cvr by logistic regression, amount_per_message (JPY) by least squares; a conversion is an order credited to the message"
- ja: "組合せのある行は、その組合せの実際の率と予測。「実施有無」は集計期間に配信したかどうか。"
  en: "rows with a combination hold its own rate and the prediction; 実施有無 says whether it was sent in the period"
standard: "Logistic regression with marginal standardisation; the four elements are Target, Offer, Timing, Channel."
step: totc
*/
WITH sent AS (
  SELECT
    t.message_id,
    t.customer_id,
    t.clicked_at IS NOT NULL AS is_clicked,
    COALESCE(c.target_code, :unknown) AS target,
    COALESCE(c.offer_code, t.offer_code, :unknown) AS offer,
    COALESCE(c.timing_code, :unknown) AS timing,
    CHANNEL_WORD(t.channel) AS channel
  FROM touches AS t
  JOIN population AS p ON p.customer_id = t.customer_id
  LEFT JOIN campaigns AS c ON c.campaign_id = t.campaign_id
  WHERE t.sent_date BETWEEN :period_start AND :period_end
),
credited AS (
  SELECT message_id, SUM(amount) AS amount
  FROM attributed_orders
  GROUP BY message_id
),
judged AS (
  SELECT
    s.*,
    CASE :metric WHEN 'click_rate' THEN s.is_clicked ELSE o.message_id IS NOT NULL END AS is_success,
    CAST(COALESCE(o.amount, 0) AS DOUBLE) AS amount
  FROM sent AS s
  LEFT JOIN credited AS o ON o.message_id = s.message_id
),
reacted AS (
  SELECT v.element, v.level, j.customer_id
  FROM judged AS j
  CROSS JOIN UNNEST(
    ARRAY['ターゲット', 'オファー', 'タイミング', 'チャネル'],
    ARRAY[j.target, j.offer, j.timing, j.channel]
  ) AS v(element, level)
  WHERE j.is_success
)
SELECT
  target,
  offer,
  timing,
  channel,
  COUNT(*) AS messages,
  COUNT_IF(is_success) AS successes,
  SUM(amount) AS amount,
  SUM(amount * amount) AS squares
FROM judged
GROUP BY target, offer, timing, channel
ORDER BY target, offer, timing, channel
