/*
id: yoy_calendar_adjusted
name: {ja: 前年同期比較(曜日・祝日調整), en: "Year-on-year, calendar adjusted"}
category: overview
origin: extension
tier: standard
question:
  ja: 前年比の増減は実力か、それとも曜日や祝日の並びのせいか。
  en: Is the year-on-year change real or only a matter of weekdays and holidays?
method:
  ja: "各日を364日前の同じ曜日と比べ、名前のある祝日は名前で対応させる。前年比（同じ日付との比）、調整後前年比（「比較日の選び方」による比較日との比）、既存店前年比を出す。"
  en: "Compare each day with the same weekday 364 days earlier; named holidays are matched by name. Give plain growth (over the same date), adjusted growth (over the day matched by match) and growth of existing stores."
parameter_groups: [period, base, pur]
parameters:
- {name: match, type: "enum(date,same_dow,holiday_name)", default: holiday_name, label_ja: 比較日の選び方, note: "date = same date; same_dow = 364 days earlier; holiday_name = that, and holidays by their name"}
columns:
- {name: calendar_date, type: date, unit: date, label_ja: 日付}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: matched_date, type: date, unit: date, label_ja: 比較日}
- {name: matched_amount, type: money, unit: JPY, label_ja: 比較売上}
- {name: growth, type: ratio, unit: ratio, label_ja: 前年比}
- {name: growth_adjusted, type: ratio, unit: ratio, label_ja: 調整後前年比}
- {name: existing_store_growth, type: ratio, unit: ratio, label_ja: 既存店前年比}
charts:
- {kind: calendar_heatmap, x: calendar_date, color: growth_adjusted}
- {kind: line, x: calendar_date, y: [amount, matched_amount]}
- {kind: table}
cells:
- {name: calendar_date, keys: [calendar_date], customers: sold, products: sold_lines, becomes: {ja: "その日の顧客と商品。日付の範囲は..で指定", en: "its customers and products; a range of days with .."}}
rules: [TZ, PUR, RET, GUEST, DIV0, SET]
notes:
- ja: "既存店＝当日と比較日の両方に営業し、開店から13か月以上の店舗。開店日のない店舗は既存店とみなす。"
  en: "existing store = open on both matched days and for at least 13 months; a store without an opening day counts as existing"
- ja: "「比較日の選び方」がdateのとき、2月29日は2月28日と比べる。"
  en: "29 February is matched to 28 February under match=date"
- ja: "前年比は前年の同じ日付、調整後前年比は比較日に対する比。1（100%）＝同じ。"
  en: "growth is over the same date a year before, growth_adjusted over the matched day; 1 = equal"
- ja: "祝日は、364日前に最も近い同じ名前の祝日と比べる。比べる相手が祝日になる通常の日は、その前の週または次の週の、祝日でない同じ曜日と比べる。"
  en: "a holiday is matched to the holiday of its name that lies nearest to 364 days earlier; an ordinary day whose match was a holiday takes the ordinary same weekday of the week before or after"
- ja: "祝日はカレンダーの表による。表がなければ、どの日も曜日で対応させる。"
  en: "holidays are those of the calendar table; without it every day is matched by weekday"
*/
WITH days AS (
  SELECT d.calendar_date
  FROM UNNEST(SEQUENCE(:period_start, LEAST(:period_end, :as_of), INTERVAL '1' DAY)) AS d(calendar_date)
),
holidays AS (
  SELECT calendar_date, holiday_name
  FROM calendar
  WHERE is_holiday AND holiday_name IS NOT NULL
),
earlier_holidays AS (
  SELECT
    h.calendar_date,
    e.calendar_date AS matched_date,
    ROW_NUMBER() OVER (
      PARTITION BY h.calendar_date
      ORDER BY ABS(DATE_DIFF('day', e.calendar_date, DATE_ADD('day', -364, h.calendar_date))), e.calendar_date
    ) AS place
  FROM holidays AS h
  JOIN holidays AS e
    ON e.holiday_name = h.holiday_name
    AND e.calendar_date BETWEEN DATE_ADD('day', -424, h.calendar_date) AND DATE_ADD('day', -304, h.calendar_date)
),
matched AS (
  SELECT
    d.calendar_date,
    DATE_ADD('year', -1, d.calendar_date) AS same_date,
    CASE
      WHEN :match = 'date' THEN DATE_ADD('year', -1, d.calendar_date)
      WHEN :match = 'same_dow' THEN DATE_ADD('day', -364, d.calendar_date)
      WHEN e.matched_date IS NOT NULL THEN e.matched_date
      WHEN h.calendar_date IS NOT NULL OR usual.calendar_date IS NULL THEN DATE_ADD('day', -364, d.calendar_date)
      WHEN before.calendar_date IS NULL THEN DATE_ADD('day', -371, d.calendar_date)
      ELSE DATE_ADD('day', -357, d.calendar_date)
    END AS matched_date
  FROM days AS d
  LEFT JOIN holidays AS h ON h.calendar_date = d.calendar_date
  LEFT JOIN earlier_holidays AS e ON e.calendar_date = d.calendar_date AND e.place = 1
  LEFT JOIN holidays AS usual ON usual.calendar_date = DATE_ADD('day', -364, d.calendar_date)
  LEFT JOIN holidays AS before ON before.calendar_date = DATE_ADD('day', -371, d.calendar_date)
),
booked AS (
  SELECT l.sale_date, l.store_id, SUM(l.amount) AS amount
  FROM sales_lines AS l
  WHERE l.sale_date BETWEEN DATE_ADD('day', -424, :period_start) AND :period_end
  GROUP BY l.sale_date, l.store_id
),
sold AS (
  SELECT s.sale_date AS calendar_date, s.customer_id
  FROM sales AS s
  WHERE s.sale_date BETWEEN :period_start AND :period_end AND NOT s.is_guest AND NOT s.is_return
),
sold_lines AS (
  SELECT l.sale_date AS calendar_date, l.product_id
  FROM sales_lines AS l
  WHERE l.sale_date BETWEEN :period_start AND :period_end AND NOT l.is_return
),
daily AS (
  SELECT sale_date, SUM(amount) AS amount FROM booked GROUP BY sale_date
),
existing AS (
  SELECT
    m.calendar_date,
    SUM(CASE WHEN b.sale_date = m.calendar_date THEN b.amount ELSE 0 END) AS amount,
    SUM(CASE WHEN b.sale_date = m.matched_date THEN b.amount ELSE 0 END) AS matched_amount
  FROM matched AS m
  JOIN booked AS b ON b.sale_date = m.calendar_date OR b.sale_date = m.matched_date
  JOIN stores AS s ON s.store_id = b.store_id
  WHERE
    COALESCE(s.open_date <= LEAST(m.matched_date, DATE_ADD('month', -13, m.calendar_date)), TRUE)
    AND COALESCE(s.close_date > m.calendar_date, TRUE)
  GROUP BY m.calendar_date
)
SELECT
  m.calendar_date,
  COALESCE(d.amount, 0) AS amount,
  m.matched_date,
  COALESCE(a.amount, 0) AS matched_amount,
  RATIO(COALESCE(d.amount, 0), p.amount) AS growth,
  RATIO(COALESCE(d.amount, 0), a.amount) AS growth_adjusted,
  RATIO(e.amount, e.matched_amount) AS existing_store_growth
FROM matched AS m
LEFT JOIN daily AS d ON d.sale_date = m.calendar_date
LEFT JOIN daily AS p ON p.sale_date = m.same_date
LEFT JOIN daily AS a ON a.sale_date = m.matched_date
LEFT JOIN existing AS e ON e.calendar_date = m.calendar_date
ORDER BY m.calendar_date
