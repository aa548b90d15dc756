/*
id: store_choice_huff
name: {ja: 店舗吸引率分析(ハフモデル), en: Store choice (Huff)}
category: store
origin: extension
tier: advanced
question:
  ja: ある地域の会員はどの店舗をどの確率で選ぶか。閉店・開店するとどう変わるか。
  en: "With which probability does a member of an area choose each of our stores, and what would a closing or opening change?"
method:
  ja: "P(店舗)＝規模^α×距離^−λ÷全店舗の合計。λ（距離の指数）は、選べばα（規模の指数）も、自社の購入に当てはめて推定する。地域ごとの実績シェアを期待と比べる。"
  en: "P(store) = size^alpha x distance^-lambda / sum over stores; lambda (the distance exponent), and alpha where asked, are fitted on our own purchases; observed against expected share per area."
parameter_groups: [period, base, pur]
parameters:
- {name: alpha, type: double, default: 1.0, minimum: 0, label_ja: 規模の指数, note: "of the floor area, where it is not fitted"}
- {name: alpha_fit, type: bool, default: false, label_ja: 規模の指数を推定, note: from the purchases of the period}
- {name: lambda_fit, type: bool, default: true, label_ja: 距離の指数を推定, note: from the purchases of the period}
- {name: lambda0, type: double, default: 2.0, minimum: 0, label_ja: 距離の指数, note: where it is not fitted}
- {name: max_km, type: double, default: 50, minimum: 1, label_ja: 最大距離(km), note: shops farther away are no choice}
- {name: rivals_table, type: string, default: null, label_ja: 競合の店舗種別, note: "the store_type under which rivals' shops are kept in stores; null = own shops alone"}
- {name: area_digits, type: int, default: 3, minimum: 1, maximum: 7, label_ja: 地域とする郵便番号の桁数, note: ""}
- {name: close_store, type: string, default: null, label_ja: 閉店を仮定する店舗, note: a store id}
- {name: open_latitude, type: double, default: null, minimum: -90, maximum: 90, label_ja: 開店を仮定する緯度, note: null = no opening}
- {name: open_longitude, type: double, default: null, minimum: -180, maximum: 180, label_ja: 開店を仮定する経度, note: null = no opening}
- {name: open_size, type: double, default: null, minimum: 1, label_ja: 開店を仮定する面積(m2), note: null = the mean of the other shops}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "purchases of the area's members in our own shops under which low_n is set"}
columns:
- {name: area, type: string, unit: none, label_ja: 地域}
- {name: store, type: string, unit: none, label_ja: 店舗}
- {name: expected_share, type: ratio, unit: ratio, label_ja: 期待吸引率}
- {name: observed_share, type: ratio, unit: ratio, label_ja: 実績シェア}
- {name: gap, type: double, unit: pp, label_ja: 差}
- {name: members, type: int, unit: people, label_ja: 会員数}
- {name: what_if_share, type: ratio, unit: ratio, label_ja: 仮定時吸引率}
- {name: distance_exponent, type: double, unit: none, label_ja: 距離の指数}
- {name: size_exponent, type: double, unit: none, label_ja: 規模の指数}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: heatmap, x: store, y: area, color: gap}
- {kind: heatmap, x: store, y: area, color: expected_share}
- {kind: table}
cells:
- {name: members, keys: [area, store], customers: residents, becomes: {ja: "そこに住む会員", en: "members there"}}
rules: [TZ, GUEST, MERGE, UNK, SMALL, SET]
notes:
- ja: "競合がなければ、吸引率は自社店舗の中だけのもの。"
  en: "without rivals the shares are among our own stores only"
- ja: "地域は郵便番号の先頭の桁（「地域とする郵便番号の桁数」）で、その位置は会員の自宅の位置の平均。どちらかがない会員は除く。1km未満の距離は1kmとする。"
  en: "an area is the first digits of the postal code, its place the mean of its members' home points; members without either are left out. Distances below 1 km count as 1 km"
- ja: "選択は、「最大距離(km)」以内の店舗またはアウトレットでの、集計期間の購入。面積のない店舗は平均の規模とする。"
  en: "a choice is a purchase of the period in a shop or outlet within max_km; a shop without a floor area has the mean size"
- ja: "推定する指数は、実際の購入が最も起こりやすくなる値（最尤法、0〜10）。推定しない指数は与えた値。列「距離の指数」「規模の指数」は、使った値。"
  en: "fitted exponents are those that make the purchases most probable (maximum likelihood, 0 to 10), the other as given; distance_exponent and size_exponent are those used"
- ja: "差（ポイント）：自社店舗の中での、実績−期待。期待吸引率と仮定時吸引率は競合も数える。"
  en: "gap (points): observed less expected among our own stores; expected_share and what_if_share count rivals too"
- ja: "仮定時吸引率：「閉店を仮定する店舗」を除いた場合、または「開店を仮定する緯度」「開店を仮定する経度」に店舗（仮定の新店）がある場合。"
  en: "what_if_share: without close_store, or with a shop at open_latitude and open_longitude (仮定の新店)"
standard: "Huff (1963); distance exponent 2 is the modified form used in Japan (ORWiki 商圏・立地モデル)."
step: huff
*/
WITH homes AS (
  SELECT SUBSTRING(c.postal_code, 1, :area_digits) AS area, c.customer_id, c.latitude, c.longitude
  FROM population AS c
  WHERE c.postal_code IS NOT NULL AND c.latitude IS NOT NULL AND c.longitude IS NOT NULL
),
areas AS (
  SELECT area, COUNT(*) AS members, AVG(latitude) AS latitude, AVG(longitude) AS longitude
  FROM homes
  GROUP BY area
),
shops AS (
  SELECT
    s.store_id,
    COALESCE(l.store, s.store_id) AS store,
    CASE WHEN s.store_type IN ('store', 'outlet') THEN 'own' ELSE 'rival' END AS kind,
    s.floor_area_m2 AS size,
    s.latitude,
    s.longitude
  FROM stores AS s
  LEFT JOIN store_labels AS l ON l.store_id = s.store_id
  WHERE
    (s.store_type IN ('store', 'outlet') OR s.store_type = :rivals_table)
    AND s.latitude IS NOT NULL
    AND s.longitude IS NOT NULL
    AND COALESCE(s.open_date <= :period_end, TRUE)
    AND COALESCE(s.close_date > :period_end, TRUE)
  UNION ALL
  SELECT
    '',
    '仮定の新店',
    'new',
    CAST(:open_size AS DOUBLE),
    CAST(:open_latitude AS DOUBLE),
    CAST(:open_longitude AS DOUBLE)
  WHERE NOT :open_latitude_is_open AND NOT :open_longitude_is_open
),
bought AS (
  SELECT h.area, p.store_id, COUNT(*) AS orders
  FROM purchases AS p
  JOIN homes AS h ON h.customer_id = p.customer_id
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY h.area, p.store_id
),
choices AS (
  SELECT
    a.area,
    a.members,
    s.store_id,
    s.store,
    s.kind,
    s.size,
    GREATEST(GREAT_CIRCLE_DISTANCE(a.latitude, a.longitude, s.latitude, s.longitude), 1e0) AS km
  FROM areas AS a
  JOIN shops AS s ON ABS(a.latitude - s.latitude) <= :max_km / 110
  WHERE GREAT_CIRCLE_DISTANCE(a.latitude, a.longitude, s.latitude, s.longitude) <= :max_km
),
residents AS (
  SELECT c.area, c.store, h.customer_id
  FROM choices AS c
  JOIN homes AS h ON h.area = c.area
)
SELECT
  c.area,
  c.members,
  c.store_id,
  c.store,
  c.kind,
  c.size,
  c.km,
  CASE WHEN c.kind = 'own' THEN COALESCE(b.orders, 0) END AS orders
FROM choices AS c
LEFT JOIN bought AS b ON b.area = c.area AND b.store_id = c.store_id
ORDER BY c.members DESC, c.area, c.kind = 'rival', c.km, c.store_id
