/*
id: time_to_conversion
name: {ja: 配信後反応時間分析, en: Time from message to reaction}
category: campaign
origin: extension
tier: standard
question:
  ja: 配信から何時間後に開封・クリック・購入が来るか。成果の期間と、再送までの間隔はどれだけがよいか。
  en: "How long after the send do opens, clicks and orders come, so which window and reminder delay fit?"
method:
  ja: "配信からの経過時間別に、開封・クリック・割り当てた購入の累積の割合を、チャネル別と集計軸（オファーなど）別に示す。それぞれの80%と95%が出そろう時間もあわせて示す。"
  en: "Cumulative share of opens, clicks and attributed orders by hours since send, by channel and an axis such as the offer; hours by which 80 and 95 percent of each have come."
parameter_groups: [period, base, pur, msg, axis]
parameters:
- {name: axis, type: axis, default: null, label_ja: 集計軸, over: [messages], shown_as: axis_value, note: "a column of the message: offer_code, campaign, step_id, …; null = channels alone"}
- {name: max_hours, type: int, default: 336, minimum: 1, maximum: 2160, label_ja: 見る時間の上限, note: "later reactions are left out, and messages younger than this"}
- {name: hour_points, type: list(int), default: "1,2,3,6,12,24,36,48,72,96,120,168,240,336", label_ja: 経過時間の目盛, note: "hours, up to max_hours"}
columns:
- {name: channel, type: enum, unit: none, label_ja: チャネル}
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: hours, type: int, unit: hours, label_ja: 経過時間}
- {name: opens, type: int, unit: messages, label_ja: 開封数}
- {name: cum_open, type: ratio, unit: ratio, label_ja: 累積開封率}
- {name: cum_open_raw, type: ratio, unit: ratio, label_ja: 累積開封率(機械含む)}
- {name: clicks, type: int, unit: messages, label_ja: クリック数}
- {name: cum_click, type: ratio, unit: ratio, label_ja: 累積クリック率}
- {name: orders, type: int, unit: orders, label_ja: 購入件数}
- {name: cum_order, type: ratio, unit: ratio, label_ja: 累積購入率}
- {name: open_h80, type: double, unit: hours, label_ja: 開封80%到達}
- {name: open_h95, type: double, unit: hours, label_ja: 開封95%到達}
- {name: h80, type: double, unit: hours, label_ja: クリック80%到達}
- {name: h95, type: double, unit: hours, label_ja: クリック95%到達}
- {name: order_h80, type: double, unit: hours, label_ja: 購入80%到達}
- {name: order_h95, type: double, unit: hours, label_ja: 購入95%到達}
charts:
- {kind: line, x: hours, y: cum_click, color: channel, options: {weight: clicks}}
- {kind: line, x: hours, y: cum_order, color: channel, options: {weight: orders}}
- {kind: line, x: hours, y: cum_open, color: channel, options: {weight: opens}}
- {kind: table}
cells:
- {name: silent, keys: [channel, axis_value, past_h80, opened, reacted], types: {past_h80: bool, opened: bool, reacted: bool}, customers: receivers, becomes: {ja: "受信者（最後の配信からクリック80%到達の時間を過ぎたか、開封したか、反応したかどうか別）。過ぎたが反応していない顧客（past_h80=true, reacted=false）は再送ステップの対象", en: "receivers by whether the last message's h80 has passed, whether they opened it and whether they reacted; past_h80=true, reacted=false are for the reminder step"}}
rules: [TZ, DEDUP, MPP, CENSOR, MERGE, UNK, SET]
notes:
- ja: "累積開封率・累積クリック率は、開封・クリックされた配信（「見る時間の上限」以内の最初のもの）のうち、その時間までに開封・クリックされた割合。累積購入率は、「見る時間の上限」以内に割り当てた購入についての割合。開封数・クリック数・購入件数は、「見る時間の上限」までの合計で、どの行も同じ。"
  en: "cum_open and cum_click are shares of the opened and clicked messages (first time within max_hours) that had been by then; cum_order the share of credited orders within max_hours. opens, clicks and orders are all that came within max_hours, the same in each row"
- ja: "開封は最初の開封から測る。開封のないクリックは、クリックした時に開封したとみなす。機械による開封は「機械含む」だけに入る（「機械開封を除く」をやめると、どちらにも入る）。開封がわからないチャネル（SMS、カタログ）では空欄。判断にはクリックを使う。"
  en: "an open is the first one; a click without an open is an open at that moment. Machine opens are in cum_open_raw alone (without exclude_machine_opens in both). Null on channels that cannot tell an open (SMS, catalogs). Clicks are the figures to decide on"
- ja: "80%到達・95%到達は、開封・クリック・購入それぞれの80%・95%が出そろうまでの時間。"
  en: "h80 and h95 are the hours by which 80 and 95 percent of the clicks had come, open_… and order_… those of opens and orders"
- ja: "反応＝クリック、または配信に割り当てた購入。"
  en: "a reaction is a click, or an order credited to the message"
- ja: "集計軸では、配信の多い値から「軸の最大件数」まで残し、残りは「その他」とする。グラフは、集計軸の値を合わせたチャネル別の割合。"
  en: "max_axis_values keeps the axis values with most messages, the rest is その他; charts show channels, their axis values together"
- ja: "基準日の終わりに「見る時間の上限」に満たない配信は、数値からは除くが、掘り下げた顧客には含む。"
  en: "messages younger than max_hours at the end of as_of are left out of the figures, not of the cells"
*/
WITH sent AS (
  SELECT
    messages.message_id,
    messages.customer_id,
    messages.channel,
    :axis AS axis_name,
    messages.sent_at,
    messages.has_open_signal,
    CASE WHEN messages.has_open_signal THEN messages.opened_at END AS opened_at,
    CASE WHEN messages.has_open_signal THEN messages.opened_raw_at END AS opened_raw_at,
    messages.clicked_at,
    DATE_ADD('hour', :max_hours, LOCAL_TIME(messages.sent_at))
      <= CAST(DATE_ADD('day', 1, :as_of) AS TIMESTAMP) AS is_observed
  FROM touches AS messages
  JOIN population AS c ON c.customer_id = messages.customer_id
  WHERE messages.sent_date BETWEEN :period_start AND :period_end
),
ranked_values AS (
  SELECT axis_name, ROW_NUMBER() OVER (ORDER BY axis_name = :unknown, COUNT(*) DESC, axis_name) AS place
  FROM sent
  GROUP BY axis_name
),
mailed AS (
  SELECT
    s.*,
    CASE WHEN v.place <= :max_axis_values OR s.axis_name = :unknown THEN s.axis_name ELSE :other END AS axis_value
  FROM sent AS s
  JOIN ranked_values AS v ON v.axis_name = s.axis_name
),
reacted AS (
  SELECT
    m.channel,
    m.axis_value,
    k.kind,
    m.sent_at,
    CASE k.kind WHEN 'open' THEN m.opened_at WHEN 'open_raw' THEN m.opened_raw_at ELSE m.clicked_at END AS reacted_at
  FROM mailed AS m
  CROSS JOIN UNNEST(ARRAY['open', 'open_raw', 'click']) AS k(kind)
  WHERE m.is_observed
  UNION ALL
  SELECT m.channel, m.axis_value, 'order', m.sent_at, o.purchase_at
  FROM attributed_orders AS o
  JOIN mailed AS m ON m.message_id = o.message_id
  WHERE m.is_observed
),
reactions AS (
  SELECT channel, axis_value, kind, CAST(DATE_DIFF('second', sent_at, reacted_at) AS DOUBLE) / 3600 AS hours
  FROM reacted
  WHERE reacted_at <= DATE_ADD('hour', :max_hours, sent_at)
),
arrivals AS (
  SELECT
    channel,
    axis_value,
    kind,
    COUNT(*) AS reactions,
    QUANTILE_OF(hours, 0.8) AS h80,
    QUANTILE_OF(hours, 0.95) AS h95
  FROM reactions
  GROUP BY channel, axis_value, kind
),
totals AS (
  SELECT
    channel,
    axis_value,
    MAX(CASE WHEN kind = 'open' THEN reactions END) AS opens,
    MAX(CASE WHEN kind = 'open_raw' THEN reactions END) AS opens_raw,
    MAX(CASE WHEN kind = 'click' THEN reactions END) AS clicks,
    MAX(CASE WHEN kind = 'order' THEN reactions END) AS orders,
    MAX(CASE WHEN kind = 'open' THEN h80 END) AS open_h80,
    MAX(CASE WHEN kind = 'open' THEN h95 END) AS open_h95,
    MAX(CASE WHEN kind = 'click' THEN h80 END) AS click_h80,
    MAX(CASE WHEN kind = 'click' THEN h95 END) AS click_h95,
    MAX(CASE WHEN kind = 'order' THEN h80 END) AS order_h80,
    MAX(CASE WHEN kind = 'order' THEN h95 END) AS order_h95
  FROM arrivals
  GROUP BY channel, axis_value
),
points AS (
  SELECT m.channel, m.axis_value, m.has_open_signal, p.hours
  FROM (SELECT DISTINCT channel, axis_value, has_open_signal FROM mailed WHERE is_observed) AS m
  CROSS JOIN UNNEST(:hour_points) AS p(hours)
  WHERE p.hours <= :max_hours
),
by_point AS (
  SELECT
    p.channel,
    p.axis_value,
    p.has_open_signal,
    p.hours,
    COUNT_IF(r.kind = 'open') AS opens,
    COUNT_IF(r.kind = 'open_raw') AS opens_raw,
    COUNT_IF(r.kind = 'click') AS clicks,
    COUNT_IF(r.kind = 'order') AS orders
  FROM points AS p
  LEFT JOIN reactions AS r ON r.channel = p.channel AND r.axis_value = p.axis_value AND r.hours <= p.hours
  GROUP BY p.channel, p.axis_value, p.has_open_signal, p.hours
),
last_messages AS (
  SELECT MAX_BY(message_id, ROW(sent_at, message_id)) AS message_id
  FROM mailed
  GROUP BY channel, axis_value, customer_id
),
receivers AS (
  SELECT
    m.channel,
    m.axis_value,
    m.customer_id,
    m.opened_at IS NOT NULL AS opened,
    m.clicked_at IS NOT NULL OR o.message_id IS NOT NULL AS reacted,
    COALESCE(
      DATE_ADD('hour', CAST(CEIL(t.click_h80) AS BIGINT), LOCAL_TIME(m.sent_at))
        <= CAST(DATE_ADD('day', 1, :as_of) AS TIMESTAMP),
      FALSE
    ) AS past_h80
  FROM last_messages AS l
  JOIN mailed AS m ON m.message_id = l.message_id
  LEFT JOIN (SELECT DISTINCT message_id FROM attributed_orders) AS o ON o.message_id = l.message_id
  LEFT JOIN totals AS t ON t.channel = m.channel AND t.axis_value = m.axis_value
)
SELECT
  b.channel,
  b.axis_value,
  b.hours,
  CASE WHEN b.has_open_signal THEN COALESCE(t.opens, 0) END AS opens,
  RATIO(b.opens, t.opens) AS cum_open,
  RATIO(b.opens_raw, t.opens_raw) AS cum_open_raw,
  COALESCE(t.clicks, 0) AS clicks,
  RATIO(b.clicks, t.clicks) AS cum_click,
  COALESCE(t.orders, 0) AS orders,
  RATIO(b.orders, t.orders) AS cum_order,
  t.open_h80,
  t.open_h95,
  t.click_h80 AS h80,
  t.click_h95 AS h95,
  t.order_h80,
  t.order_h95
FROM by_point AS b
LEFT JOIN totals AS t ON t.channel = b.channel AND t.axis_value = b.axis_value
ORDER BY b.channel, CASE b.axis_value WHEN :unknown THEN 2 WHEN :other THEN 1 ELSE 0 END, b.axis_value, b.hours
