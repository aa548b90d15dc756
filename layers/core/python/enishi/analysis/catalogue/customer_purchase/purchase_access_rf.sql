/*
id: purchase_access_rf
name: {ja: 購入/サイトアクセスRF分析, en: Purchase versus site-access RF}
category: customer_purchase
origin: brief
brief_names: [購入/サイトアクセスRF分析]
tier: core
question:
  ja: サイトにはよく来るのに買わなくなった顧客は誰か。来ないのに買っている顧客は誰か。
  en: "Who visits the site often but has stopped buying, and who buys without visiting?"
method:
  ja: "既知の顧客ごとに、「集計日数」内の購入と訪問（セッション）からRFの組を2つ作る。それぞれを経過日数帯、回数帯に分け、購入の経過日数×訪問の経過日数、または購入回数×訪問回数を掛け合わせる。"
  en: "Two RF pairs per known customer: purchases and sessions in the lookback. Bin each (recency bands, frequency bands) and cross purchase recency with access recency, or purchase frequency with access frequency."
parameter_groups: [asof, base, pur, web]
parameters:
- {name: lookback_days, type: int, default: 365, minimum: 1, label_ja: 集計日数, note: days to as_of in which purchases and visits count}
- {name: view, type: "enum(recency,frequency)", default: recency, label_ja: 見る面, note: ""}
- {name: recency_bands, type: list(int), default: "7,30,60,90,180,365", minimum: 0, label_ja: 経過日数帯, note: the last day of each band}
- {name: frequency_bands, type: list(int), default: "0,1,2,5,10,20", minimum: 0, label_ja: 回数帯, note: the lowest count of each band}
- {name: active_days, type: int, default: 90, minimum: 0, label_ja: 活発とみなす日数, note: "recency: a band is active when it ends by this day"}
- {name: active_count, type: int, default: 2, minimum: 1, label_ja: 活発とみなす回数, note: "frequency: a band is active when it begins at this count or above"}
columns:
- {name: purchase_band, type: string, unit: none, label_ja: 購入帯}
- {name: access_band, type: string, unit: none, label_ja: アクセス帯}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: amount, type: money, unit: JPY, label_ja: 購入金額}
- {name: sessions, type: int, unit: sessions, label_ja: セッション数}
- {name: pageviews, type: int, unit: views, label_ja: PV}
- {name: reachable_mail, type: int, unit: people, label_ja: メール配信可}
- {name: type, type: enum, unit: none, label_ja: タイプ}
charts:
- {kind: heatmap, x: access_band, y: purchase_band, color: customers}
- {kind: table}
cells:
- {name: cell, keys: [purchase_band, access_band, type], customers: placed, products: placed_products, becomes: {ja: "そのセルの顧客。例：7日以内に訪問し、180日以上購入していない顧客。商品＝「集計日数」内に買った商品", en: "customers of the cell, for example access within 7 days and no purchase for 180 days or more; products = what they bought in the lookback"}}
- {name: days, keys: [days_since_purchase, days_since_access], types: {days_since_purchase: int, days_since_access: int}, customers: people, becomes: {ja: "最終購入からの日数と最終訪問からの日数（1日単位）で選ぶ顧客。空欄は「集計日数」内になし", en: "customers by exact days since the last purchase and the last visit; null = none in the lookback"}}
footnotes:
- {label_ja: 非会員売上, cte: guest_sales}
rules: [TZ, PUR, RET, MERGE, BOT, GUEST, N0, SET]
notes:
- ja: "購入なし、アクセスなしも、それぞれ1つの帯とする。"
  en: "no purchase and no access are bands of their own (購入なし, アクセスなし)"
- ja: "Cookieが紐づいていない店舗だけの顧客は、アクセス帯の未連携に入り、アクセスなしには入らない。訪問にかかわるタイプにもならない。"
  en: "store-only customers without any linked cookie sit in access band 未連携, not in 'no access'; nor can they be of a type that tells of visits"
- ja: "タイプ：購入・来訪とも活発／購入のみ活発／来訪のみ活発／どちらも不活発（「活発とみなす日数」または「活発とみなす回数」による）。未連携は来訪不明。"
  en: "type: 購入・来訪とも活発 / 購入のみ活発 / 来訪のみ活発 / どちらも不活発, by active_days or active_count; 来訪不明 for 未連携"
- ja: "購入は全チャネルの購入。"
  en: "purchases are those of every channel"
- ja: "メール配信可：最後の意思表示が許諾（opt_in）で、有効な宛先がわかっている。"
  en: "reachable_mail: last said opt_in, and a valid address is known"
*/
WITH bought AS (
  SELECT p.customer_id, COUNT(*) AS orders, SUM(p.amount) AS amount, MAX(p.purchase_date) AS last_date
  FROM purchases AS p
  WHERE p.purchase_date > DATE_ADD('day', -:lookback_days, :as_of)
  GROUP BY p.customer_id
),
visited AS (
  SELECT s.customer_id, COUNT(*) AS sessions, SUM(s.views) AS pageviews, MAX(s.session_date) AS last_date
  FROM sessions AS s
  WHERE s.customer_id IS NOT NULL AND s.session_date > DATE_ADD('day', -:lookback_days, :as_of)
  GROUP BY s.customer_id
),
reachable AS (
  SELECT DISTINCT r.customer_id
  FROM reach_spans AS r
  WHERE r.channel = 'mail' AND r.from_date <= :as_of AND r.until_date > :as_of
),
people AS (
  SELECT
    c.customer_id,
    DATE_DIFF('day', b.last_date, :as_of) AS days_since_purchase,
    DATE_DIFF('day', v.last_date, :as_of) AS days_since_access,
    COALESCE(b.orders, 0) AS orders,
    COALESCE(v.sessions, 0) AS sessions,
    COALESCE(b.amount, 0) AS amount,
    COALESCE(v.pageviews, 0) AS pageviews,
    k.customer_id IS NOT NULL AS is_linked,
    r.customer_id IS NOT NULL AS is_reachable
  FROM population AS c
  LEFT JOIN bought AS b ON b.customer_id = c.customer_id
  LEFT JOIN visited AS v ON v.customer_id = c.customer_id
  LEFT JOIN linked_customers AS k ON k.customer_id = c.customer_id
  LEFT JOIN reachable AS r ON r.customer_id = c.customer_id
),
recency_ends AS (
  SELECT COALESCE(LAG(day) OVER (ORDER BY day) + 1, 0) AS low, day AS high
  FROM (SELECT DISTINCT day FROM UNNEST(:recency_bands) AS t(day)) AS d
  UNION ALL
  SELECT MAX(day) + 1, NULL
  FROM UNNEST(:recency_bands) AS t(day)
),
frequency_ends AS (
  SELECT count AS low, LEAD(count) OVER (ORDER BY count) - 1 AS high
  FROM (SELECT DISTINCT count FROM UNNEST(:frequency_bands) AS t(count) UNION SELECT 0 UNION SELECT 1) AS c
),
-- The bands of the chosen view, by the number of borders below them.
bands AS (
  SELECT
    ROW_NUMBER() OVER (ORDER BY low) AS place,
    low,
    CAST(low AS VARCHAR) || CASE WHEN high IS NULL THEN '日以上' ELSE '〜' || CAST(high AS VARCHAR) || '日' END AS band,
    COALESCE(high <= :active_days, FALSE) AS is_active
  FROM recency_ends
  WHERE :view = 'recency'
  UNION ALL
  SELECT
    ROW_NUMBER() OVER (ORDER BY low),
    low,
    CASE
      WHEN high IS NULL THEN CAST(low AS VARCHAR) || '回以上'
      WHEN high = low THEN CAST(low AS VARCHAR) || '回'
      ELSE CAST(low AS VARCHAR) || '〜' || CAST(high AS VARCHAR) || '回'
    END,
    low >= :active_count
  FROM frequency_ends
  WHERE :view = 'frequency' AND low > 0
),
lows AS (
  SELECT ARRAY_AGG(low ORDER BY low) AS lows FROM bands
),
measured AS (
  SELECT
    p.*,
    CARDINALITY(
      FILTER(k.lows, b -> b <= CASE :view WHEN 'recency' THEN p.days_since_purchase ELSE p.orders END)
    ) AS purchase_place,
    CARDINALITY(
      FILTER(k.lows, b -> b <= CASE :view WHEN 'recency' THEN p.days_since_access ELSE p.sessions END)
    ) AS access_place
  FROM people AS p
  CROSS JOIN lows AS k
),
sided AS (
  SELECT
    COALESCE(b.band, '購入なし') AS purchase_band,
    COALESCE(b.place, 1000) AS purchase_place,
    COALESCE(b.is_active, FALSE) AS buys,
    COALESCE(a.band, CASE WHEN m.is_linked THEN 'アクセスなし' ELSE '未連携' END) AS access_band,
    COALESCE(a.place, CASE WHEN m.is_linked THEN 1000 ELSE 1001 END) AS access_place,
    COALESCE(a.is_active, FALSE) AS comes,
    m.customer_id,
    m.amount,
    m.sessions,
    m.pageviews,
    m.is_reachable
  FROM measured AS m
  LEFT JOIN bands AS b ON b.place = m.purchase_place
  LEFT JOIN bands AS a ON a.place = m.access_place
),
-- Every pair of bands that have somebody, also where nobody is in both.
grid AS (
  SELECT
    b.purchase_band,
    b.purchase_place,
    a.access_band,
    a.access_place,
    CASE
      WHEN a.access_band = '未連携' THEN '来訪不明'
      WHEN b.buys AND a.comes THEN '購入・来訪とも活発'
      WHEN b.buys THEN '購入のみ活発'
      WHEN a.comes THEN '来訪のみ活発'
      ELSE 'どちらも不活発'
    END AS type
  FROM (SELECT DISTINCT purchase_band, purchase_place, buys FROM sided) AS b
  CROSS JOIN (SELECT DISTINCT access_band, access_place, comes FROM sided) AS a
),
placed AS (
  SELECT
    g.purchase_band,
    g.access_band,
    g.type,
    s.purchase_place,
    s.access_place,
    s.customer_id,
    s.amount,
    s.sessions,
    s.pageviews,
    s.is_reachable
  FROM sided AS s
  JOIN grid AS g ON g.purchase_place = s.purchase_place AND g.access_place = s.access_place
),
placed_products AS (
  SELECT p.purchase_band, p.access_band, p.type, l.product_id
  FROM placed AS p
  JOIN purchase_lines AS l ON l.customer_id = p.customer_id
  WHERE l.purchase_date > DATE_ADD('day', -:lookback_days, :as_of)
),
guest_sales AS (
  SELECT COALESCE(SUM(s.amount), 0) AS amount
  FROM sales AS s
  WHERE s.is_guest AND s.sale_date > DATE_ADD('day', -:lookback_days, :as_of)
)
SELECT
  g.purchase_band,
  g.access_band,
  COUNT(p.customer_id) AS customers,
  RATIO(COUNT(p.customer_id), SUM(COUNT(p.customer_id)) OVER ()) AS share,
  COALESCE(SUM(p.amount), 0) AS amount,
  COALESCE(SUM(p.sessions), 0) AS sessions,
  COALESCE(SUM(p.pageviews), 0) AS pageviews,
  COUNT_IF(p.is_reachable) AS reachable_mail,
  g.type
FROM grid AS g
LEFT JOIN placed AS p ON p.purchase_place = g.purchase_place AND p.access_place = g.access_place
GROUP BY g.purchase_band, g.access_band, g.type, g.purchase_place, g.access_place
ORDER BY g.purchase_place, g.access_place
