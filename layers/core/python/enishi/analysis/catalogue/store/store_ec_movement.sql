/*
id: store_ec_movement
name: {ja: 店舗⇔EC移動分析, en: Movement between store and EC}
category: store
origin: extension
tier: core
question:
  ja: 顧客は店舗からECへ、またはECから店舗へ移っているか。それは売上の上乗せか、置き換えか。
  en: "Do customers move from store to EC or back, and does it add or shift sales?"
method:
  ja: "顧客と期間ごとのチャネルの状態（店舗のみ、ECのみ、両方、なし）の遷移の表。移った人の前後の金額を、前期の金額が同じ残留者と比べる。"
  en: "Channel state per customer and period (store only, EC only, both, none); transition matrix; amount before and after for movers against stayers with the same earlier amount."
parameter_groups: [base, pur]
parameters:
- {name: from_start, type: date, default: as_of - 24 months, label_ja: 前期開始日, note: ""}
- {name: split_date, type: date, default: as_of - 12 months, label_ja: 当期開始日, note: the earlier period ends the day before}
- {name: to_end, type: date, default: as_of, label_ja: 当期終了日, note: inclusive}
- {name: detailed, type: bool, default: false, label_ja: 電話・カタログも分ける, note: phone and catalog become own states}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "customers of the earlier state under which low_n is set"}
columns:
- {name: from_state, type: enum, unit: none, label_ja: 前期チャネル}
- {name: to_state, type: enum, unit: none, label_ja: 当期チャネル}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: rate, type: ratio, unit: ratio, label_ja: 遷移率}
- {name: amount_before, type: money, unit: JPY/person, label_ja: 前期1人あたり}
- {name: amount_after, type: money, unit: JPY/person, label_ja: 当期1人あたり}
- {name: stayer_change, type: ratio, unit: ratio, label_ja: 残留者変化率}
- {name: net_effect, type: money, unit: JPY/person, label_ja: 差}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: sankey, source: from_state, target: to_state, y: customers}
- {kind: heatmap, x: to_state, y: from_state, color: rate}
- {kind: table}
cells:
- {name: cell, keys: [from_state, to_state], customers: moved, becomes: {ja: "前期チャネルから当期チャネルへ移った顧客", en: "customers who were in the one state and came to the other"}}
rules: [TZ, PUR, RET, GUEST, MERGE, DIV0, SMALL, SET]
notes:
- ja: "アプリとモールの注文はECに数える。電話またはカタログだけで買う人は「その他」、「電話・カタログも分ける」ときはそれぞれの名前。"
  en: "app and marketplace orders count as EC; who buys by phone or catalog alone is その他, or by its own names in the detailed view"
- ja: "残留者変化率：前期チャネルに残った人の変化を、移った人の前期の金額（10の累乗の4分の1刻みの帯）の構成に揃えたもの。その帯に残留者がいなければ値なし。"
  en: "stayer_change: what those who stayed in from_state did, at the movers' mix of earlier amounts (bands of a quarter of a power of ten); null without stayers in these bands"
- ja: "差：移った人の当期1人あたり金額−残留者と同じ変化だったら使ったはずの額。同じ帯に残留者のいる人について求める。"
  en: "net_effect: the movers' later amount a person less what they would have spent with the stayers' change, over movers who have stayers in their band"
- ja: "移る人と残る人の違いは金額だけではない。この数字は実態を示すもので、因果を証明しない。"
  en: "who moves differs from who stays in more than the amount: the figure describes, it proves no cause"
*/
WITH bought AS (
  SELECT
    p.customer_id,
    p.purchase_date >= :split_date AS is_later,
    CASE
      WHEN p.channel = 'store' THEN '店舗'
      WHEN p.channel IN ('ec', 'app', 'marketplace') THEN 'EC'
      WHEN p.channel = 'phone' THEN '電話'
      WHEN p.channel = 'catalog' THEN 'カタログ'
      ELSE :unknown
    END AS way,
    p.amount
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :from_start AND :to_end
),
periods AS (
  SELECT
    customer_id,
    is_later,
    SUM(amount) AS amount,
    CASE
      WHEN :detailed THEN ARRAY_JOIN(ARRAY_AGG(DISTINCT way ORDER BY way DESC), ' + ')
      WHEN COUNT_IF(way = '店舗') > 0 AND COUNT_IF(way = 'EC') > 0 THEN '両方'
      WHEN COUNT_IF(way = '店舗') > 0 THEN '店舗のみ'
      WHEN COUNT_IF(way = 'EC') > 0 THEN 'ECのみ'
      ELSE :other
    END AS state
  FROM bought
  GROUP BY customer_id, is_later
),
moved AS (
  SELECT
    c.customer_id,
    COALESCE(f.state, 'なし') AS from_state,
    COALESCE(t.state, 'なし') AS to_state,
    COALESCE(f.amount, 0) AS amount_before,
    COALESCE(t.amount, 0) AS amount_after,
    AMOUNT_BAND_OF(f.amount) AS band
  FROM population AS c
  LEFT JOIN periods AS f ON f.customer_id = c.customer_id AND NOT f.is_later
  LEFT JOIN periods AS t ON t.customer_id = c.customer_id AND t.is_later
),
stayers AS (
  SELECT from_state, band, RATIO(SUM(amount_after), SUM(amount_before)) AS kept
  FROM moved
  WHERE from_state = to_state AND band IS NOT NULL
  GROUP BY from_state, band
),
cells AS (
  SELECT
    m.from_state,
    m.to_state,
    COUNT(*) AS customers,
    SUM(m.amount_before) AS amount_before,
    SUM(m.amount_after) AS amount_after,
    COUNT(s.kept) AS matched,
    SUM(CASE WHEN s.kept IS NOT NULL THEN CAST(m.amount_before AS DOUBLE) END) AS matched_before,
    SUM(CASE WHEN s.kept IS NOT NULL THEN CAST(m.amount_after AS DOUBLE) END) AS matched_after,
    SUM(CAST(m.amount_before AS DOUBLE) * s.kept) AS expected_after
  FROM moved AS m
  LEFT JOIN stayers AS s ON s.from_state = m.from_state AND s.band = m.band AND m.to_state <> m.from_state
  GROUP BY m.from_state, m.to_state
),
state_order AS (
  SELECT state, place
  FROM UNNEST(ARRAY['店舗のみ', 'ECのみ', '両方', 'その他', 'なし']) WITH ORDINALITY AS t(state, place)
)
SELECT
  c.from_state,
  c.to_state,
  c.customers,
  RATIO(c.customers, SUM(c.customers) OVER (PARTITION BY c.from_state)) AS rate,
  CAST(RATIO(c.amount_before, c.customers) AS DECIMAL(18, 2)) AS amount_before,
  CAST(RATIO(c.amount_after, c.customers) AS DECIMAL(18, 2)) AS amount_after,
  c.expected_after / NULLIF(c.matched_before, 0) - 1 AS stayer_change,
  CAST((c.matched_after - c.expected_after) / NULLIF(c.matched, 0) AS DECIMAL(18, 2)) AS net_effect,
  SUM(c.customers) OVER (PARTITION BY c.from_state) < :min_cell AS low_n
FROM cells AS c
LEFT JOIN state_order AS f ON f.state = c.from_state
LEFT JOIN state_order AS t ON t.state = c.to_state
ORDER BY COALESCE(f.place, 4), c.from_state, COALESCE(t.place, 4), c.to_state
