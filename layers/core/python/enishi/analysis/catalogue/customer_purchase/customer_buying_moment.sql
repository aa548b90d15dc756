/*
id: customer_buying_moment
name: {ja: 顧客別購入曜日・時間帯分析, en: "Customers' buying weekday and hour"}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: 顧客はふだんいつ(平日か休日か、何時ごろ)買っているか。いつ声をかけるとよいか。
  en: "When does each customer usually buy, so when should we speak?"
method:
  ja: "顧客ごとに、購入の曜日（平日・休日）×時間帯の割合を求め、全体（または同じ主チャネルの顧客）の型で平滑化する（重みは「平滑化の重み」の件数の仮の購入）。最も割合の高い時間帯区分を、その顧客の時間帯とする。"
  en: "Share of purchases by weekday x hour per customer, smoothed with the segment's pattern (weight k pseudo-purchases); label by the strongest block."
parameter_groups: [period, base, pur]
parameters:
- {name: blocks, type: list, default: "weekday_morning,weekday_daytime,weekday_evening,weekday_night,weekend_morning,weekend_daytime,weekend_evening,weekend_night", label_ja: 時間帯区分, note: "morning from 5, daytime from 11, evening from 17, night from 21 o'clock; purchases outside the blocks are left out"}
- {name: k, type: double, default: 3, minimum: 0, label_ja: 平滑化の重み, note: "pseudo-purchases with the pattern of all"}
- {name: channel_split, type: bool, default: true, label_ja: チャネル別の型で平滑化, note: "true = the pattern is that of the customers with the same main channel"}
- {name: include_staff_orders, type: bool, default: false, label_ja: 電話・カタログ受付を含める, note: "staff entered them: the time is the entry's"}
columns:
- {name: block, type: string, unit: none, label_ja: 時間帯区分}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: orders, type: int, unit: orders, label_ja: 購入回数}
- {name: amount, type: money, unit: JPY, label_ja: 購入金額}
- {name: strength, type: ratio, unit: ratio, label_ja: 集中度}
- {name: dow, type: int, unit: none, label_ja: 曜日}
- {name: hour, type: int, unit: hours, label_ja: 時}
charts:
- {kind: heatmap, x: hour, y: dow, color: orders, where: {dow: {min: 1}}, options: {words: {dow: [月, 火, 水, 木, 金, 土, 日]}}}
- {kind: bar, x: block, y: customers, where: {dow: null}}
- {kind: table}
cells:
- {name: block, keys: [block], customers: moments, products: moments_products, becomes: {ja: "それをふだんの時間帯とする顧客", en: "customers whose usual moment it is"}}
rules: [TZ, PUR, RET, GUEST, MERGE, TIE, SET]
notes:
- ja: "祝日は休日に数える。"
  en: "public holidays count as weekend"
- ja: "担当者が受けた受注（電話、カタログの受付）は入力時刻によるため、初期設定では除く。"
  en: "orders taken by staff (phone, catalog entry) use the entry time and are off by default"
- ja: "時間帯区分のある行は、それをふだんの時間帯とする顧客と、その区分の購入を数える。曜日（1＝月曜）と時のある行は、購入と、購入した顧客を数える。"
  en: "rows with a block count the customers whose usual moment it is and the purchases in it; rows with dow (1 = Monday) and hour count the purchases, and who made them"
- ja: "集中度は、その区分の顧客の購入に占める、その区分の割合の平均（「平滑化の重み」で平滑化）。"
  en: "strength is the average share of that block in the purchases of its customers, smoothed with k"
- ja: "0時を過ぎた夜の購入は、その日付の曜日に数える。"
  en: "a night after midnight belongs to the calendar day on which it falls"
- ja: "割合が等しい時間帯区分は、金額の大きいもの、購入回数の多いもの、先に並ぶものの順で選ぶ。"
  en: "equal blocks: the larger amount, then more purchases, then the block that stands first"
*/
WITH bought AS (
  SELECT p.customer_id, p.channel, p.amount, LOCAL_TIME(p.purchase_at) AS at
  FROM purchases AS p
  WHERE
    p.purchase_date BETWEEN :period_start AND :period_end
    AND (:include_staff_orders OR (COALESCE(p.channel, '') <> 'phone' AND COALESCE(p.channel, '') <> 'catalog'))
),
timed AS (
  SELECT
    b.customer_id,
    b.channel,
    b.amount,
    DAY_OF_WEEK(b.at) AS dow,
    HOUR(b.at) AS hour,
    CASE WHEN DAY_OF_WEEK(b.at) >= 6 OR COALESCE(d.is_holiday, FALSE) THEN 'weekend' ELSE 'weekday' END
      || CASE
        WHEN HOUR(b.at) BETWEEN 5 AND 10 THEN '_morning'
        WHEN HOUR(b.at) BETWEEN 11 AND 16 THEN '_daytime'
        WHEN HOUR(b.at) BETWEEN 17 AND 20 THEN '_evening'
        ELSE '_night'
      END AS code
  FROM bought AS b
  LEFT JOIN calendar AS d ON d.calendar_date = CAST(b.at AS DATE)
),
blocks AS (
  SELECT b.code, b.place, n.block
  FROM UNNEST(:blocks) WITH ORDINALITY AS b(code, place)
  JOIN (
    VALUES
      ('weekday_morning', '平日 朝'),
      ('weekday_daytime', '平日 昼'),
      ('weekday_evening', '平日 夕方'),
      ('weekday_night', '平日 夜'),
      ('weekend_morning', '休日 朝'),
      ('weekend_daytime', '休日 昼'),
      ('weekend_evening', '休日 夕方'),
      ('weekend_night', '休日 夜')
  ) AS n(code, block) ON n.code = b.code
),
placed AS (
  SELECT t.*, b.block, b.place
  FROM timed AS t
  JOIN blocks AS b ON b.code = t.code
),
channels_used AS (
  SELECT
    customer_id,
    channel,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY COUNT(*) DESC, SUM(amount) DESC, channel) AS place
  FROM placed
  GROUP BY customer_id, channel
),
kinds AS (
  SELECT customer_id, CASE WHEN :channel_split THEN COALESCE(channel, :unknown) ELSE :total END AS kind
  FROM channels_used
  WHERE place = 1
),
patterns AS (
  SELECT k.kind, p.block, RATIO(COUNT(*), SUM(COUNT(*)) OVER (PARTITION BY k.kind)) AS share
  FROM placed AS p
  JOIN kinds AS k ON k.customer_id = p.customer_id
  GROUP BY k.kind, p.block
),
habits AS (
  SELECT customer_id, block, COUNT(*) AS orders, SUM(amount) AS amount
  FROM placed
  GROUP BY customer_id, block
),
totals AS (
  SELECT customer_id, SUM(orders) AS orders
  FROM habits
  GROUP BY customer_id
),
smoothed AS (
  SELECT
    k.customer_id,
    b.block,
    b.place,
    COALESCE(h.orders, 0) AS orders,
    COALESCE(h.amount, 0) AS amount,
    (CAST(COALESCE(h.orders, 0) AS DOUBLE) + :k * COALESCE(s.share, 0e0)) / (CAST(t.orders AS DOUBLE) + :k) AS share
  FROM kinds AS k
  JOIN totals AS t ON t.customer_id = k.customer_id
  CROSS JOIN blocks AS b
  LEFT JOIN habits AS h ON h.customer_id = k.customer_id AND h.block = b.block
  LEFT JOIN patterns AS s ON s.kind = k.kind AND s.block = b.block
),
ranked AS (
  SELECT
    s.*,
    ROW_NUMBER() OVER (
      PARTITION BY s.customer_id ORDER BY ROUND(s.share, 9) DESC, s.amount DESC, s.orders DESC, s.place
    ) AS strongest
  FROM smoothed AS s
),
moments AS (
  SELECT block, customer_id, share
  FROM ranked
  WHERE strongest = 1
),
moments_products AS (
  SELECT m.block, l.product_id
  FROM moments AS m
  JOIN purchase_lines AS l ON l.customer_id = m.customer_id
  WHERE l.purchase_date BETWEEN :period_start AND :period_end
),
usual AS (
  SELECT block, COUNT(*) AS customers, AVG(share) AS strength
  FROM moments
  GROUP BY block
),
sold AS (
  SELECT block, SUM(orders) AS orders, SUM(amount) AS amount
  FROM habits
  GROUP BY block
),
answered AS (
  SELECT
    b.place,
    b.block,
    COALESCE(u.customers, 0) AS customers,
    COALESCE(s.orders, 0) AS orders,
    COALESCE(s.amount, 0) AS amount,
    u.strength,
    NULL AS dow,
    NULL AS hour
  FROM blocks AS b
  LEFT JOIN usual AS u ON u.block = b.block
  LEFT JOIN sold AS s ON s.block = b.block
  UNION ALL
  SELECT NULL, NULL, COUNT(DISTINCT customer_id), COUNT(*), SUM(amount), NULL, dow, hour
  FROM placed
  GROUP BY dow, hour
)
SELECT
  a.block,
  a.customers,
  a.orders,
  a.amount,
  a.strength,
  a.dow,
  a.hour
FROM answered AS a
ORDER BY a.place NULLS LAST, a.dow, a.hour
