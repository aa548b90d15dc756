/*
id: area_penetration
name: {ja: 地域別会員・売上分析, en: Area penetration}
category: overview
origin: extension
tier: standard
question:
  ja: 会員と売上はどの地域から来ているか。人口に比べて弱い地域はどこか。
  en: "Where do members and sales come from, and where are we weak for the population?"
method:
  ja: "地域（「地域の単位」：都道府県、郵便番号の先頭3桁、郵便番号7桁）ごとの会員数、稼働会員、売上、EC比率。「地域の人口」を与えたときは人口千人あたり会員。"
  en: "By area (prefecture, first three or all seven digits of the postal code): members, active members, sales, share of EC; members per 1,000 inhabitants where inhabitants are given."
parameter_groups: [period, base, pur, top]
parameters:
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: ""}
- {name: level, type: "enum(prefecture,postal3,postal7)", default: prefecture, label_ja: 地域の単位, note: ""}
- {name: inhabitants, type: list, default: none, label_ja: 地域の人口, note: "area=inhabitants, for example 東京都=14170000,大阪府=8760000"}
- {name: prefecture, type: axis, default: prefecture, over: [customers], hidden: true, label_ja: 都道府県}
columns:
- {name: area, type: string, unit: none, label_ja: 地域}
- {name: members, type: int, unit: people, label_ja: 会員数}
- {name: active, type: int, unit: people, label_ja: 稼働会員}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: ec_share, type: ratio, unit: ratio, label_ja: EC比率}
- {name: per_1000, type: double, unit: people, label_ja: 人口千人あたり会員}
- {name: amount_per_active, type: money, unit: JPY/person, label_ja: 1人あたり, of: active}
charts:
- {kind: map, x: area, y: amount}
- {kind: bar, x: area, y: members}
- {kind: table}
cells:
- {name: area, keys: [area], customers: shown, becomes: {ja: "その地域の会員", en: "its members"}}
rules: [TZ, PUR, RET, GUEST, MERGE, WD, UNK, SMALL, SET]
notes:
- ja: "住所は現在のもので、購入時点のものではない。"
  en: "an address is current, not as of the purchase"
- ja: "稼働会員＝集計期間の購入が返品されずに残っている会員。EC比率＝売上のうちECとアプリを通じた割合。"
  en: "active = kept a purchase of the period; ec_share is the part of the sales that came through EC and app"
- ja: "「地域の人口」を与えていない地域の人口千人あたり会員は値なし。"
  en: "per_1000 is null for an area whose inhabitants are not given"
- ja: "地域は会員数の多い順。「表示件数」を超える地域は「その他」。"
  en: "areas are ordered by members; those beyond top_n are その他"
*/
WITH bought AS (
  SELECT DISTINCT customer_id
  FROM purchases
  WHERE purchase_date BETWEEN :period_start AND :period_end
),
-- Sales as 売上推移 adds them up: less every return on its day (rule RET).
booked AS (
  SELECT
    CASE WHEN NOT is_guest THEN customer_id END AS customer_id,
    SUM(amount) AS amount,
    SUM(CASE WHEN channel = 'ec' OR channel = 'app' THEN amount ELSE 0 END) AS ec_amount
  FROM sales
  WHERE sale_date BETWEEN :period_start AND :period_end
  GROUP BY CASE WHEN NOT is_guest THEN customer_id END
),
members AS (
  SELECT
    customers.customer_id,
    CASE :level
      WHEN 'prefecture' THEN :prefecture
      WHEN 'postal3' THEN COALESCE(NULLIF(SUBSTRING(customers.postal_code, 1, 3), ''), :unknown)
      ELSE COALESCE(NULLIF(customers.postal_code, ''), :unknown)
    END AS own_area,
    b.customer_id IS NOT NULL AS is_active,
    COALESCE(s.amount, 0) AS amount,
    COALESCE(s.ec_amount, 0) AS ec_amount
  FROM population AS customers
  LEFT JOIN bought AS b ON b.customer_id = customers.customer_id
  LEFT JOIN booked AS s ON s.customer_id = customers.customer_id
),
ranked AS (
  SELECT
    own_area,
    ROW_NUMBER() OVER (
      PARTITION BY own_area = :unknown
      ORDER BY COUNT(*) DESC, SUM(amount) DESC, own_area
    ) AS place
  FROM members
  GROUP BY own_area
),
shown AS (
  SELECT
    CASE WHEN m.own_area = :unknown OR r.place <= :top_n THEN m.own_area ELSE :other END AS area,
    m.customer_id,
    m.is_active,
    m.amount,
    m.ec_amount
  FROM members AS m
  JOIN ranked AS r ON r.own_area = m.own_area
),
given AS (
  SELECT SPLIT_PART(g.pair, '=', 1) AS area, CAST(SPLIT_PART(g.pair, '=', 2) AS DOUBLE) AS inhabitants
  FROM UNNEST(COALESCE(:inhabitants, CAST(ARRAY[] AS ARRAY(VARCHAR)))) AS g(pair)
),
measured AS (
  SELECT
    area,
    COUNT(*) AS members,
    COUNT_IF(is_active) AS active,
    SUM(amount) AS amount,
    SUM(ec_amount) AS ec_amount
  FROM shown
  GROUP BY area
  UNION ALL
  SELECT :guest, NULL, NULL, amount, ec_amount
  FROM booked
  WHERE customer_id IS NULL
)
SELECT
  m.area,
  m.members,
  m.active,
  m.amount,
  RATIO(m.ec_amount, m.amount) AS ec_share,
  1000 * RATIO(m.members, g.inhabitants) AS per_1000,
  CAST(RATIO(m.amount, m.active) AS DECIMAL(18, 2)) AS amount_per_active
FROM measured AS m
LEFT JOIN given AS g ON g.area = m.area
ORDER BY
  CASE m.area WHEN :other THEN 1 WHEN :guest THEN 2 WHEN :unknown THEN 3 ELSE 0 END,
  m.members DESC,
  m.amount DESC,
  m.area
