/*
id: time_to_conversion
name: {ja: 配信後反応時間分析, en: Time from message to reaction}
category: campaign
origin: extension
tier: standard
question:
  ja: 配信から何時間後にクリックと購入が来るか。再送までの間隔はどれだけがよいか。
  en: "How long after the send do opens, clicks and orders come, so which window and reminder delay fit?"
method:
  ja: "配信からの経過時間別に、クリックと割り当てた購入の累積の割合をチャネル別に示す。クリックの80%と95%が出そろう時間もあわせて示す。"
  en: "Cumulative share of clicks and attributed orders by hours since send, by channel and offer; hour by which 80 and 95 percent have come."
parameter_groups: [period, base, pur, msg]
parameters:
- {name: max_hours, type: int, default: 336, minimum: 1, maximum: 2160, label_ja: 見る時間の上限, note: "later reactions are left out, and messages younger than this"}
- {name: hour_points, type: list(int), default: "1,2,3,6,12,24,36,48,72,96,120,168,240,336", label_ja: 経過時間の目盛, note: "hours, up to max_hours"}
columns:
- {name: channel, type: enum, unit: none, label_ja: チャネル}
- {name: hours, type: int, unit: hours, label_ja: 経過時間}
- {name: clicks, type: int, unit: messages, label_ja: 累積クリック数}
- {name: cum_click, type: ratio, unit: ratio, label_ja: 累積クリック率}
- {name: orders, type: int, unit: orders, label_ja: 累積購入件数}
- {name: cum_order, type: ratio, unit: ratio, label_ja: 累積購入率}
- {name: h80, type: double, unit: hours, label_ja: 80%到達}
- {name: h95, type: double, unit: hours, label_ja: 95%到達}
charts:
- {kind: line, x: hours, y: cum_click, color: channel}
- {kind: line, x: hours, y: cum_order, color: channel}
- {kind: table}
cells:
- {name: silent, keys: [channel, past_h80, reacted], types: {past_h80: bool, reacted: bool}, customers: receivers, becomes: {ja: "受信者（最後の配信から80%到達の時間を過ぎたか、反応したかどうか別）。過ぎたが反応していない顧客（past_h80=true, reacted=false）は再送ステップの対象", en: "receivers by whether the last message's h80 has passed and whether they reacted; past_h80=true, reacted=false are for the reminder step"}}
rules: [TZ, DEDUP, MPP, CENSOR, MERGE, SET]
notes:
- ja: "累積クリック率は、クリックされた配信（「見る時間の上限」以内の最初のクリック）のうち、その時間までにクリックされた割合。累積購入率は、「見る時間の上限」以内に割り当てた購入についての割合。"
  en: "cum_click is the share of the clicked messages (first click within max_hours) that had been clicked by then; cum_order the share of credited orders within max_hours"
- ja: "80%到達・95%到達は、クリックの80%・95%が出そろうまでの時間。"
  en: "h80 and h95 are the hours by which 80 and 95 percent of the clicks had come"
- ja: "基準日の終わりに「見る時間の上限」に満たない配信は、数値からは除くが、掘り下げた顧客には含む。"
  en: "messages younger than max_hours at the end of as_of are left out of the figures, not of the cells"
*/
WITH mailed AS (
  SELECT
    t.message_id,
    t.customer_id,
    t.channel,
    t.sent_at,
    t.clicked_at,
    CAST(DATE_DIFF('second', t.sent_at, t.clicked_at) AS DOUBLE) / 3600 AS click_hours,
    DATE_ADD('hour', :max_hours, LOCAL_TIME(t.sent_at)) <= CAST(DATE_ADD('day', 1, :as_of) AS TIMESTAMP) AS is_observed
  FROM touches AS t
  JOIN population AS c ON c.customer_id = t.customer_id
  WHERE t.sent_date BETWEEN :period_start AND :period_end
),
clicked AS (
  SELECT channel, click_hours AS hours
  FROM mailed
  WHERE is_observed AND click_hours <= :max_hours
),
ordered AS (
  SELECT m.channel, CAST(DATE_DIFF('second', m.sent_at, a.purchase_at) AS DOUBLE) / 3600 AS hours
  FROM attributed_orders AS a
  JOIN mailed AS m ON m.message_id = a.message_id
  WHERE m.is_observed AND a.purchase_at <= DATE_ADD('hour', :max_hours, m.sent_at)
),
totals AS (
  SELECT channel, COUNT(*) AS clicks, QUANTILE_OF(hours, 0.8) AS h80, QUANTILE_OF(hours, 0.95) AS h95
  FROM clicked
  GROUP BY channel
),
order_totals AS (
  SELECT channel, COUNT(*) AS orders
  FROM ordered
  GROUP BY channel
),
points AS (
  SELECT m.channel, p.hours
  FROM (SELECT DISTINCT channel FROM mailed WHERE is_observed) AS m
  CROSS JOIN UNNEST(:hour_points) AS p(hours)
  WHERE p.hours <= :max_hours
),
clicks_by_point AS (
  SELECT p.channel, p.hours, COUNT(*) AS clicks
  FROM points AS p
  JOIN clicked AS c ON c.channel = p.channel AND c.hours <= p.hours
  GROUP BY p.channel, p.hours
),
orders_by_point AS (
  SELECT p.channel, p.hours, COUNT(*) AS orders
  FROM points AS p
  JOIN ordered AS o ON o.channel = p.channel AND o.hours <= p.hours
  GROUP BY p.channel, p.hours
),
last_messages AS (
  SELECT channel, customer_id, MAX(sent_at) AS sent_at, MAX_BY(clicked_at, ROW(sent_at, message_id)) AS clicked_at
  FROM mailed
  GROUP BY channel, customer_id
),
receivers AS (
  SELECT
    l.channel,
    l.customer_id,
    l.clicked_at IS NOT NULL AS reacted,
    COALESCE(
      DATE_ADD('hour', CAST(CEIL(t.h80) AS BIGINT), LOCAL_TIME(l.sent_at))
        <= CAST(DATE_ADD('day', 1, :as_of) AS TIMESTAMP),
      FALSE
    ) AS past_h80
  FROM last_messages AS l
  LEFT JOIN totals AS t ON t.channel = l.channel
)
SELECT
  p.channel,
  p.hours,
  COALESCE(c.clicks, 0) AS clicks,
  RATIO(COALESCE(c.clicks, 0), t.clicks) AS cum_click,
  COALESCE(o.orders, 0) AS orders,
  RATIO(COALESCE(o.orders, 0), n.orders) AS cum_order,
  t.h80,
  t.h95
FROM points AS p
LEFT JOIN totals AS t ON t.channel = p.channel
LEFT JOIN order_totals AS n ON n.channel = p.channel
LEFT JOIN clicks_by_point AS c ON c.channel = p.channel AND c.hours = p.hours
LEFT JOIN orders_by_point AS o ON o.channel = p.channel AND o.hours = p.hours
ORDER BY p.channel, p.hours
