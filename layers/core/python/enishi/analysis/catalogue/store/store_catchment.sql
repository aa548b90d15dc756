/*
id: store_catchment
name: {ja: 商圏分析, en: Catchment}
category: store
origin: extension
tier: core
question:
  ja: 店舗の顧客はどれだけ遠くから来ていて、近くに住むのに来ない会員はどこにいるか。
  en: "From how far do a store's customers come, and where are members nearby who do not visit?"
method:
  ja: "自宅の地域から店舗までの大円距離を距離帯に分ける。距離帯ごとの顧客、売上、来店頻度。80%が収まる半径、そこに住んでその店舗の購入がない会員、店舗どうしの重なり。"
  en: "Great-circle distance from home area to store, in rings; customers, sales and visit frequency per ring; radius holding 80 percent; members living in the ring without purchase there; overlap between stores."
parameter_groups: [period, base, pur]
parameters:
- {name: rings_km, type: list(double), default: "1,3,5,10,20,50", label_ja: 距離帯の上限(km), note: "upper ends; less than 1 km counts as 1"}
- {name: store_id, type: list, default: all, label_ja: 見る店舗, note: store ids}
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: who lives there now (rule WD)}
columns:
- {name: store, type: string, unit: none, label_ja: 店舗}
- {name: ring, type: string, unit: km, label_ja: 距離帯}
- {name: members, type: int, unit: people, label_ja: 居住会員}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: visit_rate, type: ratio, unit: ratio, label_ja: 来店購入率, of: members}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: orders_per_buyer, type: double, unit: count/person, label_ja: 平均回数}
- {name: radius_80, type: double, unit: km, label_ja: "80%商圏"}
- {name: overlap_store, type: string, unit: none, label_ja: 重複店舗}
charts:
- {kind: heatmap, x: ring, y: store, color: visit_rate}
- {kind: bar, x: store, y: radius_80}
- {kind: table}
cells:
- {name: quiet, keys: [store, ring], customers: quiet, becomes: {ja: "そこに住み、その店舗で買わなかった会員", en: "members living there who did not buy in the store"}}
rules: [TZ, PUR, GUEST, MERGE, WD, UNK, SMALL, SET]
notes:
- ja: "郵便番号の中心点の精度は約1km。最初の距離帯は、それより小さくならない。"
  en: "postal-code centroids give about 1 km accuracy; the first ring is never smaller than that"
- ja: "最後の距離帯より遠い購買者と、自宅の位置のない購買者（「不明」）は別の行とし、店舗の売上が合計に合うようにする。そこに住むほかの会員は数えない。"
  en: "buyers beyond the last ring, and buyers without a home point (不明), have rows of their own, so that a store's amounts add up; who else lives there is not counted"
- ja: "80%商圏は、自宅の分かる購買者の80%が住む距離。重複店舗は、その店舗の購買者と最も多く重なる店舗。"
  en: "radius_80 is the distance within which 80 % of the store's buyers with a known home live; overlap_store shares most of its buyers"
- ja: "対象は、座標があり、集計期間に営業していた店舗とアウトレット。距離は大円距離。"
  en: "shops and outlets with coordinates that were open in the period; distances are great circles"
standard: Haversine distance.
*/
WITH shops AS (
  SELECT l.*
  FROM store_labels AS l
  WHERE
    l.is_shop
    AND l.latitude IS NOT NULL
    AND l.longitude IS NOT NULL
    AND COALESCE(l.open_date <= :period_end, TRUE)
    AND COALESCE(l.close_date >= :period_start, TRUE)
),
visits AS (
  SELECT p.store_id, p.customer_id, SUM(p.amount) AS amount, COUNT(*) AS orders
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY p.store_id, p.customer_id
),
rings AS (
  SELECT
    upper_km,
    LAG(upper_km, 1, -1e0) OVER (ORDER BY upper_km) AS lower_km,
    CASE
      WHEN LAG(upper_km) OVER (ORDER BY upper_km) IS NULL THEN ''
      ELSE REGEXP_REPLACE(CAST(CAST(LAG(upper_km) OVER (ORDER BY upper_km) AS DECIMAL(9, 1)) AS VARCHAR), '\.0$', '')
    END || '〜' || REGEXP_REPLACE(CAST(CAST(upper_km AS DECIMAL(9, 1)) AS VARCHAR), '\.0$', '') AS ring
  FROM (SELECT DISTINCT GREATEST(km, 1e0) AS upper_km FROM UNNEST(:rings_km) AS t(km)) AS r
),
reach AS (
  SELECT
    MAX(upper_km) AS km,
    REGEXP_REPLACE(CAST(CAST(MAX(upper_km) AS DECIMAL(9, 1)) AS VARCHAR), '\.0$', '') || '〜' AS beyond
  FROM rings
),
-- Members share home points (postal codes): a distance is worked out once a point.
homes AS (
  SELECT latitude, longitude
  FROM population
  WHERE latitude IS NOT NULL AND longitude IS NOT NULL
  GROUP BY latitude, longitude
),
near AS (
  SELECT
    s.store_id,
    h.latitude,
    h.longitude,
    GREAT_CIRCLE_DISTANCE(h.latitude, h.longitude, s.latitude, s.longitude) AS km
  FROM shops AS s
  CROSS JOIN reach AS r
  JOIN homes AS h ON ABS(h.latitude - s.latitude) <= r.km / 110
),
residents AS (
  SELECT n.store_id, c.customer_id, g.ring, g.upper_km
  FROM near AS n
  JOIN rings AS g ON n.km > g.lower_km AND n.km <= g.upper_km
  JOIN population AS c ON c.latitude = n.latitude AND c.longitude = n.longitude
),
placed AS (
  SELECT r.store_id, r.customer_id, r.ring, r.upper_km, TRUE AS is_resident, v.orders, v.amount
  FROM residents AS r
  LEFT JOIN visits AS v ON v.store_id = r.store_id AND v.customer_id = r.customer_id
  UNION ALL
  SELECT
    v.store_id,
    v.customer_id,
    CASE WHEN c.latitude IS NULL OR c.longitude IS NULL THEN :unknown ELSE x.beyond END,
    CASE WHEN c.latitude IS NULL OR c.longitude IS NULL THEN 2e9 ELSE 1e9 END,
    FALSE,
    v.orders,
    v.amount
  FROM visits AS v
  JOIN shops AS s ON s.store_id = v.store_id
  JOIN population AS c ON c.customer_id = v.customer_id
  CROSS JOIN reach AS x
  LEFT JOIN residents AS r ON r.store_id = v.store_id AND r.customer_id = v.customer_id
  WHERE r.customer_id IS NULL
),
labelled AS (
  SELECT s.store, p.*
  FROM placed AS p
  JOIN shops AS s ON s.store_id = p.store_id
  WHERE p.store_id IN (:store_id)
),
quiet AS (
  SELECT store, ring, customer_id
  FROM labelled
  WHERE orders IS NULL
),
radii AS (
  SELECT
    v.store_id,
    QUANTILE_OF(GREAT_CIRCLE_DISTANCE(c.latitude, c.longitude, s.latitude, s.longitude), 0.8) AS radius_80
  FROM visits AS v
  JOIN shops AS s ON s.store_id = v.store_id
  JOIN population AS c ON c.customer_id = v.customer_id AND c.latitude IS NOT NULL AND c.longitude IS NOT NULL
  GROUP BY v.store_id
),
shared AS (
  SELECT
    v.store_id,
    o.store_id AS other_id,
    ROW_NUMBER() OVER (PARTITION BY v.store_id ORDER BY COUNT(*) DESC, o.store_id) AS place
  FROM visits AS v
  JOIN visits AS o ON o.customer_id = v.customer_id AND o.store_id <> v.store_id
  JOIN shops AS s ON s.store_id = o.store_id
  GROUP BY v.store_id, o.store_id
)
SELECT
  l.store,
  l.ring,
  NULLIF(COUNT_IF(l.is_resident), 0) AS members,
  COUNT(l.orders) AS buyers,
  RATIO(COUNT_IF(l.is_resident AND l.orders IS NOT NULL), COUNT_IF(l.is_resident)) AS visit_rate,
  COALESCE(SUM(l.amount), 0) AS amount,
  RATIO(SUM(l.orders), COUNT(l.orders)) AS orders_per_buyer,
  MAX(d.radius_80) AS radius_80,
  MAX(o.store) AS overlap_store
FROM labelled AS l
LEFT JOIN radii AS d ON d.store_id = l.store_id
LEFT JOIN shared AS x ON x.store_id = l.store_id AND x.place = 1
LEFT JOIN store_labels AS o ON o.store_id = x.other_id
GROUP BY l.store_id, l.store, l.ring, l.upper_km
ORDER BY l.store_id, l.upper_km
