/*
id: device_cross
name: {ja: デバイス横断分析, en: Device and cross-device use}
category: site_access
origin: extension
tier: standard
question:
  ja: 顧客はどの端末で見て、どこで買うか。途中で切り替える人はどれだけか。
  en: "Which devices do customers use to look and to buy, and how many switch in between?"
method:
  ja: "顧客と購入ごとの、最初に閲覧した端末×購入した端末の行列。端末が1つの顧客と複数の顧客の購入金額も比べる。"
  en: "Matrix of first-view device x purchase device per customer and purchase, single versus multi-device customers with value."
parameter_groups: [period, base, web]
parameters:
- {name: lookback_days, type: int, default: 30, label_ja: さかのぼる日数, note: "", minimum: 1}
columns:
- {name: view_device, type: string, unit: none, label_ja: 閲覧デバイス}
- {name: buy_device, type: string, unit: none, label_ja: 購入デバイス}
- {name: purchases, type: int, unit: orders, label_ja: 購入件数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: amount_per_customer, type: money, unit: JPY/person, label_ja: 1人あたり}
charts:
- {kind: heatmap, x: buy_device, y: view_device, color: purchases}
- {kind: sankey, source: view_device, target: buy_device, size: purchases}
- {kind: table}
cells:
- {name: cell, keys: [view_device, buy_device], customers: placed, becomes: {ja: "この組合せの顧客", en: "customers with this pattern"}}
- {name: devices, keys: [devices_used], types: {devices_used: int}, customers: users, becomes: {ja: "顧客（集計期間に訪問した端末の数別）", en: "customers by the number of devices they visit with in the period"}}
rules: [TZ, BOT, MERGE, UNK, DIV0, SET]
notes:
- ja: "店舗も購入デバイスに含めるため、Webで見て店舗で買う動きもわかる。"
  en: "store is one of the buy devices, so the matrix also shows look-online-buy-offline"
- ja: "閲覧デバイスは、購入前の「さかのぼる日数」の間の最初の訪問の端末。なければ「閲覧なし」。購入デバイスは注文した訪問の端末、なければ販売チャネル。"
  en: "view_device is that of the first visit in the lookback_days before the purchase, 閲覧なし where there is none; buy_device that of the visit in which the order is placed, else the channel of sale"
- ja: "顧客は、サイトまたはアプリで識別できる人。それ以外の人の購入から端末はわからない。"
  en: "customers are those whom the site or the app can recognise; the others' purchases say nothing about devices"
footnotes:
- {label_ja: 複数端末の顧客数, cte: multi_device}
- {label_ja: 複数端末の顧客の1人あたり購入金額, cte: multi_device_value}
- {label_ja: 単一端末の顧客の1人あたり購入金額, cte: single_device_value}
*/
WITH bought AS (
  SELECT p.order_id, p.customer_id, p.purchase_at, p.channel, p.amount
  FROM v_purchases AS p
  JOIN linked_customers AS l ON l.customer_id = p.customer_id
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
),
looked AS (
  SELECT b.order_id, MIN_BY(DEVICE_WORD(s.device), ROW(s.started_at, s.session_id)) AS view_device
  FROM bought AS b
  JOIN sessions AS s ON s.customer_id = b.customer_id
  WHERE s.started_at <= b.purchase_at AND s.started_at > DATE_ADD('day', -:lookback_days, b.purchase_at)
  GROUP BY b.order_id
),
ordered AS (
  SELECT o.order_id, DEVICE_WORD(s.device) AS buy_device
  FROM session_orders AS o
  JOIN sessions AS s ON s.visitor_id = o.visitor_id AND s.visit = o.visit
),
placed AS (
  SELECT
    COALESCE(l.view_device, '閲覧なし') AS view_device,
    COALESCE(o.buy_device, CHANNEL_WORD(b.channel)) AS buy_device,
    b.customer_id,
    b.order_id,
    b.amount
  FROM bought AS b
  LEFT JOIN looked AS l ON l.order_id = b.order_id
  LEFT JOIN ordered AS o ON o.order_id = b.order_id
),
spent AS (
  SELECT customer_id, SUM(amount) AS amount FROM bought GROUP BY customer_id
),
users AS (
  SELECT s.customer_id, COUNT(DISTINCT s.device) AS devices_used, COALESCE(MAX(b.amount), 0) AS amount
  FROM sessions AS s
  LEFT JOIN spent AS b ON b.customer_id = s.customer_id
  WHERE s.customer_id IS NOT NULL AND s.session_date BETWEEN :period_start AND :period_end
  GROUP BY s.customer_id
),
multi_device AS (
  SELECT COUNT(*) AS customers FROM users WHERE devices_used > 1
),
multi_device_value AS (
  SELECT CAST(RATIO(SUM(amount), COUNT(*)) AS DECIMAL(18, 2)) AS amount FROM users WHERE devices_used > 1
),
single_device_value AS (
  SELECT CAST(RATIO(SUM(amount), COUNT(*)) AS DECIMAL(18, 2)) AS amount FROM users WHERE devices_used = 1
)
SELECT
  p.view_device,
  p.buy_device,
  COUNT(*) AS purchases,
  RATIO(COUNT(*), SUM(COUNT(*)) OVER ()) AS share,
  COUNT(DISTINCT p.customer_id) AS customers,
  CAST(RATIO(SUM(p.amount), COUNT(DISTINCT p.customer_id)) AS DECIMAL(18, 2)) AS amount_per_customer
FROM placed AS p
GROUP BY p.view_device, p.buy_device
ORDER BY
  CASE WHEN p.view_device = :unknown OR p.buy_device = :unknown THEN 1 ELSE 0 END,
  COUNT(*) DESC,
  p.view_device,
  p.buy_device
