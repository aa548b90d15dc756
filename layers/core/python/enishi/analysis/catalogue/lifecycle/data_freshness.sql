/*
id: data_freshness
name: {ja: データ鮮度・品質モニタ, en: Data freshness and quality}
category: lifecycle
origin: extension
tier: core
question:
  ja: 今日、全テーブルは取り込まれ、揃い、もっともらしいか。ほかの数字を信じてよいか。
  en: "Is every table loaded, complete and plausible today, so can the other figures be trusted?"
method:
  ja: "テーブルごとに、最終取込、最新データ時刻、ふだんの同じ曜日と比べた件数、エラー率、主要な列の欠損件数、参照先のない行、受注ヘッダと明細の突合を示す。"
  en: "Per table: last load, watermark, rows against the usual same weekday, reject share, missing values of key columns, orphan keys, reconciliation of order headers with lines."
parameter_groups: [asof]
parameters:
- {name: row_tolerance, type: ratio, default: 0.3, minimum: 0, label_ja: 件数の許容差, note: "above or below the median of the same weekday"}
- {name: late_hours, type: int, default: 6, minimum: 0, label_ja: 遅延とする時間, note: "beyond the usual pause between loads"}
- {name: reject_tolerance, type: ratio, default: 0.01, minimum: 0, label_ja: エラー率の許容値, note: ""}
- {name: check_days, type: int, default: 35, minimum: 1, label_ja: 行を検査する日数, note: "orders, lines, events and messages of the last days; masters as a whole"}
columns:
- {name: table_name, type: string, unit: none, label_ja: テーブル}
- {name: last_load, type: timestamp, unit: date, label_ja: 最終取込}
- {name: watermark, type: timestamp, unit: date, label_ja: 最新データ時刻}
- {name: rows, type: int, unit: rows, label_ja: 件数}
- {name: expected_rows, type: int, unit: rows, label_ja: 想定件数}
- {name: reject_rate, type: ratio, unit: ratio, label_ja: エラー率}
- {name: check, type: string, unit: none, label_ja: 検査項目}
- {name: failed, type: int, unit: rows, label_ja: 不一致件数}
- {name: status, type: enum, unit: none, label_ja: 状態}
charts:
- {kind: table}
- {kind: calendar_heatmap, x: table_name, y: check, color: failed}
cells: []
rules: [TZ, LATE, EMPTY, DIV0]
notes:
- ja: "状態：異常＝到着の遅れ、参照先のない行、主要な列の欠損、受注と日付の違う明細。注意＝許容差を外れた件数、エラー行、明細の合計と一致しないヘッダ、入会日のない顧客。正常＝それ以外。"
  en: "status: 異常 = late, orphan keys, missing keys or lines dated differently from their order; 注意 = rows outside the tolerance, rejected rows, headers that are not the sum of their lines, customers without a registration day; 正常 = the rest"
- ja: "件数は、基準日に受け取った行。想定件数は、前の8週の同じ曜日の中央値で、その曜日の取込がなければ空欄。"
  en: "rows are those received on the day; expected_rows the median of the same weekday in the 8 weeks before, null where there was no load on such a day"
- ja: "到着の遅れ：最終取込からの時間が、そのテーブルのふだんの間隔（中央値）を「遅延とする時間」より多く超えた。取込が1回だけのテーブルは遅れにならない。"
  en: "late: since the last load more than late_hours have passed beyond the usual (median) pause of that table; a table that was loaded once is never late"
- ja: "明細の受注日は受注の日付の写し。日付の違う明細は、その受注の明細として数えられない。"
  en: "a line's order_date is a copy of its order's: a line of another day is counted as none of that order's"
- ja: "顧客の抽出には使わない。"
  en: "it opens no customer set"
*/
WITH loads AS (
  SELECT table_name, loaded_at, load_date, watermark, rows_in, rows_rejected
  FROM load_log
  WHERE table_name <> '' AND COALESCE(status, 'loaded') <> 'stopped'
),
load_days AS (
  SELECT
    table_name,
    load_date,
    MAX(loaded_at) AS loaded_at,
    SUM(rows_in) AS rows_in
  FROM loads
  GROUP BY table_name, load_date
),
pauses AS (
  SELECT
    table_name,
    DATE_DIFF(
      'hour',
      LAG(loaded_at) OVER (PARTITION BY table_name ORDER BY load_date),
      loaded_at
    ) AS hours
  FROM load_days
),
usual_pauses AS (
  SELECT table_name, QUANTILE_OF(hours, 0.5) AS hours
  FROM pauses
  WHERE hours IS NOT NULL
  GROUP BY table_name
),
usual_rows AS (
  SELECT table_name, QUANTILE_OF(rows_in, 0.5) AS expected_rows
  FROM load_days
  WHERE
    load_date >= DATE_ADD('day', -56, :as_of)
    AND load_date < :as_of
    AND DAY_OF_WEEK(load_date) = DAY_OF_WEEK(:as_of)
  GROUP BY table_name
),
latest AS (
  SELECT
    table_name,
    MAX(loaded_at) AS loaded_at,
    MAX(watermark) AS watermark,
    SUM(CASE WHEN load_date = :as_of THEN rows_in ELSE 0 END) AS rows_today,
    SUM(rows_in) AS received,
    SUM(COALESCE(rows_rejected, 0)) AS rejected
  FROM loads
  GROUP BY table_name
),
tables AS (
  SELECT
    l.*,
    u.expected_rows,
    DATE_DIFF(
      'hour',
      LOCAL_TIME(l.loaded_at),
      CAST(DATE_ADD('day', 1, :as_of) AS TIMESTAMP)
    ) > p.hours + :late_hours AS is_late
  FROM latest AS l
  LEFT JOIN usual_rows AS u ON u.table_name = l.table_name
  LEFT JOIN usual_pauses AS p ON p.table_name = l.table_name
),
recent_orders AS (
  SELECT order_id, order_date, customer_id, net_amount
  FROM orders
  WHERE order_date IS NULL OR order_date > DATE_ADD('day', -:check_days, :as_of)
),
recent_lines AS (
  SELECT order_id, order_date, product_id, line_amount
  FROM order_lines
  WHERE order_date > DATE_ADD('day', -:check_days, :as_of)
),
headers AS (
  SELECT o.order_id
  FROM recent_orders AS o
  LEFT JOIN (SELECT order_id, SUM(line_amount) AS amount FROM recent_lines GROUP BY order_id) AS l
    ON l.order_id = o.order_id
  WHERE l.amount IS NULL OR l.amount <> o.net_amount
),
checks AS (
  SELECT table_name, 1 AS place, '到着' AS name, CASE WHEN is_late THEN 1 ELSE 0 END AS failed, '異常' AS if_failed
  FROM tables
  UNION ALL
  SELECT
    table_name,
    2,
    '件数',
    CASE
      WHEN ABS(CAST(rows_today AS DOUBLE) - expected_rows) > :row_tolerance * expected_rows
        THEN CAST(ABS(CAST(rows_today AS DOUBLE) - expected_rows) AS BIGINT)
      ELSE 0
    END,
    '注意'
  FROM tables
  UNION ALL
  SELECT table_name, 3, 'エラー行', CASE WHEN rejected > :reject_tolerance * received THEN rejected ELSE 0 END, '注意'
  FROM tables
  UNION ALL
  SELECT 'orders', 4, '受注日なし', COUNT_IF(order_date IS NULL), '異常' FROM recent_orders
  UNION ALL
  SELECT 'order_lines', 4, '商品なし', COUNT_IF(product_id IS NULL), '異常' FROM recent_lines
  UNION ALL
  SELECT 'customers', 4, '入会日なし', COUNT_IF(registered_date IS NULL AND COALESCE(status, '') <> 'merged'), '注意'
  FROM customers
  UNION ALL
  SELECT 'web_events', 4, '訪問者なし', COUNT_IF(visitor_id IS NULL), '異常'
  FROM web_events
  WHERE event_date > DATE_ADD('day', -:check_days, :as_of)
  UNION ALL
  SELECT 'messages', 4, '宛先なし', COUNT_IF(customer_id IS NULL), '異常'
  FROM messages
  WHERE sent_date > DATE_ADD('day', -:check_days, :as_of)
  UNION ALL
  SELECT 'orders', 5, '顧客マスタにない顧客', COUNT_IF(o.customer_id IS NOT NULL AND c.customer_id IS NULL), '異常'
  FROM recent_orders AS o
  LEFT JOIN customers AS c ON c.customer_id = o.customer_id
  UNION ALL
  SELECT 'order_lines', 5, '受注にない明細', COUNT_IF(o.order_id IS NULL), '異常'
  FROM recent_lines AS l
  LEFT JOIN orders AS o ON o.order_id = l.order_id
  UNION ALL
  SELECT 'order_lines', 6, '商品マスタにない商品', COUNT_IF(l.product_id IS NOT NULL AND p.product_id IS NULL), '異常'
  FROM recent_lines AS l
  LEFT JOIN products AS p ON p.product_id = l.product_id
  UNION ALL
  SELECT 'order_lines', 7, '受注と日付の違う明細', COUNT_IF(o.order_date <> l.order_date), '異常'
  FROM recent_lines AS l
  LEFT JOIN orders AS o ON o.order_id = l.order_id
  UNION ALL
  SELECT 'orders', 7, '明細合計との差', COUNT(*), '注意' FROM headers
)
SELECT
  c.table_name,
  LOCAL_TIME(t.loaded_at) AS last_load,
  LOCAL_TIME(t.watermark) AS watermark,
  t.rows_today AS rows,
  CAST(ROUND(t.expected_rows) AS BIGINT) AS expected_rows,
  RATIO(t.rejected, t.received) AS reject_rate,
  c.name AS "check",
  c.failed,
  CASE WHEN c.failed = 0 THEN '正常' ELSE c.if_failed END AS status
FROM checks AS c
LEFT JOIN tables AS t ON t.table_name = c.table_name
ORDER BY
  CASE WHEN c.failed = 0 THEN 3 WHEN c.if_failed = '注意' THEN 2 ELSE 1 END,
  c.table_name,
  c.place
