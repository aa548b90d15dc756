/*
id: hour_weekday_sales
name: {ja: 時間帯・曜日別売上分析, en: Sales by hour and weekday}
category: overview
origin: extension
tier: standard
question:
  ja: チャネルや店舗ごとに、どの曜日のどの時間によく売れるか。
  en: "At which hours and weekdays do we sell, per channel and store?"
method:
  ja: "曜日7×時刻24の表に、売上、件数、購買者数を、その曜日1日あたりの平均で示す（合計ではないので、月曜が5回ある月でも見誤らない）。"
  en: "7 x 24 grid of average sales, orders and customers per day of that kind (not the sum, so months with five Mondays do not mislead)."
parameter_groups: [period, base, pur]
parameters:
- {name: per, type: "enum(average_day,sum)", default: average_day, label_ja: 集計の単位, note: "average_day = per day of that kind in the period"}
- {name: holiday_row, type: bool, default: true, label_ja: 祝日を分ける, note: "holidays of the calendar table are row 8"}
- {name: day_start_hour, type: int, default: 0, minimum: 0, maximum: 12, label_ja: 一日の始まり(時), note: "receipts before it belong to the day before"}
columns:
- {name: dow, type: int, unit: none, label_ja: 曜日}
- {name: hour, type: int, unit: hours, label_ja: 時}
- {name: amount, type: money, unit: JPY/day, label_ja: 平均売上}
- {name: orders, type: double, unit: orders, label_ja: 平均件数}
- {name: buyers, type: double, unit: people, label_ja: 平均購買者数}
- {name: avg_order, type: money, unit: JPY/order, label_ja: 客単価}
- {name: traffic_conversion, type: ratio, unit: ratio, label_ja: 買上率}
charts:
- {kind: heatmap, x: hour, y: dow, color: amount, options: {words: {dow: [月, 火, 水, 木, 金, 土, 日, 祝]}}}
cells:
- {name: block, keys: [dow, hour], customers: sold, becomes: {ja: "その時間帯に買った顧客。dow=6..7、hour=18..21 のように、まとめて開ける", en: "customers who bought in it; dow=6..7, hour=18..21 opens a block"}}
rules: [TZ, PUR, RET, GUEST, DIV0, SET]
notes:
- ja: "買上率＝来店客数を数えている店舗のレシート数÷その来店客数。来店客数のデータ（store_traffic）がなければ値なし。"
  en: "traffic_conversion is null without store_traffic; it is the receipts of stores that count their visitors over these visitors"
- ja: "深夜まで営業する店舗の0時以降のレシートは「一日の始まり(時)」に従う。"
  en: "receipts after midnight of a late store follow day_start_hour"
- ja: "曜日は1＝月曜から7＝日曜まで、8＝祝日。売上のない時間の行はない。"
  en: "dow 1 = Monday to 7 = Sunday, 8 = holiday; an hour without sales has no row"
- ja: "購買者数は、ある1日のある1時間の中で重複を除いた人数で、非会員を含まない。"
  en: "buyers are different people within one hour of one day, guests not among them"
*/
WITH days AS (
  SELECT
    d.day,
    CASE WHEN :holiday_row AND COALESCE(c.is_holiday, FALSE) THEN 8 ELSE DAY_OF_WEEK(d.day) END AS dow
  FROM UNNEST(SEQUENCE(:period_start, LEAST(:period_end, :as_of), INTERVAL '1' DAY)) AS d(day)
  LEFT JOIN calendar AS c ON c.calendar_date = d.day
),
kinds AS (
  SELECT dow, CASE :per WHEN 'sum' THEN 1 ELSE COUNT(*) END AS days
  FROM days
  GROUP BY dow
),
timed AS (
  SELECT
    CAST(DATE_ADD('hour', -:day_start_hour, LOCAL_TIME(l.ordered_at)) AS DATE) AS day,
    HOUR(LOCAL_TIME(l.ordered_at)) AS hour,
    CASE WHEN NOT l.is_return THEN l.order_id END AS order_id,
    CASE WHEN NOT l.is_guest AND NOT l.is_return THEN l.customer_id END AS customer_id,
    l.store_id,
    l.amount
  FROM sales_lines AS l
  WHERE l.sale_date BETWEEN DATE_ADD('day', -1, :period_start) AND DATE_ADD('day', 1, :period_end)
),
sold AS (
  SELECT d.dow, t.*
  FROM timed AS t
  JOIN days AS d ON d.day = t.day
),
hourly AS (
  SELECT
    dow,
    day,
    hour,
    SUM(amount) AS amount,
    COUNT(DISTINCT order_id) AS orders,
    COUNT(DISTINCT customer_id) AS buyers
  FROM sold
  GROUP BY dow, day, hour
),
visited AS (
  SELECT d.dow, t.hour, t.store_id, SUM(t.visitors) AS visitors
  FROM store_traffic AS t
  JOIN days AS d ON d.day = DATE_ADD('day', CASE WHEN t.hour < :day_start_hour THEN -1 ELSE 0 END, t.traffic_date)
  WHERE t.store_id IN (:stores)
  GROUP BY d.dow, t.hour, t.store_id
),
receipts AS (
  SELECT dow, hour, store_id, COUNT(DISTINCT order_id) AS orders
  FROM sold
  GROUP BY dow, hour, store_id
),
conversions AS (
  SELECT v.dow, v.hour, SUM(v.visitors) AS visitors, SUM(COALESCE(r.orders, 0)) AS orders
  FROM visited AS v
  LEFT JOIN receipts AS r ON r.dow = v.dow AND r.hour = v.hour AND r.store_id = v.store_id
  GROUP BY v.dow, v.hour
),
grid AS (
  SELECT dow, hour, SUM(amount) AS amount, SUM(orders) AS orders, SUM(buyers) AS buyers
  FROM hourly
  GROUP BY dow, hour
)
SELECT
  g.dow,
  g.hour,
  CAST(RATIO(g.amount, k.days) AS DECIMAL(18, 2)) AS amount,
  RATIO(g.orders, k.days) AS orders,
  RATIO(g.buyers, k.days) AS buyers,
  CAST(RATIO(g.amount, g.orders) AS DECIMAL(18, 2)) AS avg_order,
  RATIO(c.orders, c.visitors) AS traffic_conversion
FROM grid AS g
JOIN kinds AS k ON k.dow = g.dow
LEFT JOIN conversions AS c ON c.dow = g.dow AND c.hour = g.hour
ORDER BY g.dow, g.hour
