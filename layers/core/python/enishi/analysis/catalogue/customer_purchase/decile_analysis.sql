/*
id: decile_analysis
name: {ja: デシル分析, en: Decile analysis}
category: customer_purchase
origin: brief
brief_names: [デシル分析]
tier: core
question:
  ja: 購入金額の順に顧客を10等分すると、上位の層が売上の何割を占めるか。
  en: When customers are ordered by what they bought and cut into ten equal groups, how much of the sales does each group carry?
method:
  ja: "期間内の「並べる指標」の順に顧客を並べ、同じ人数ずつに分け、グループごとの合計と累積構成比を示す。値が等しい顧客は、上位のグループに入れる。"
  en: "Order customers by the measure in the period, cut them into equal head-counts, and add up each group with its running share. Equal values stay in the better group."
parameter_groups: [period, base, pur]
parameters:
- {name: tiles, type: int, default: 10, minimum: 2, maximum: 100, label_ja: 等分数, note: ""}
- {name: measure, type: "enum(amount,margin,orders)", default: amount, label_ja: 並べる指標, note: margin leaves out customers with a line without cost}
- {name: ties, type: "enum(together,split)", default: together, label_ja: 同値の扱い, note: "split cuts at the exact head-count, equal values by customer id"}
columns:
- {name: decile, type: int, unit: none, label_ja: デシル}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: amount, type: money, unit: JPY, label_ja: 購入金額}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: cum_share, type: ratio, unit: ratio, label_ja: 累積構成比}
- {name: amount_per_customer, type: money, unit: JPY/person, label_ja: 1人あたり}
- {name: orders_per_customer, type: double, unit: count/person, label_ja: 平均回数}
- {name: border_amount, type: money, unit: JPY, label_ja: 境界金額}
charts:
- {kind: pareto, x: decile, y: [amount, cum_share]}
- {kind: table}
cells:
- {name: decile, keys: [decile], customers: tiled, products: tiled_products, becomes: {ja: "そのデシルの顧客と、買った商品", en: "its customers and the products they bought"}}
rules: [TZ, PUR, RET, NEG, GUEST, MERGE, TIE, RECON, SET]
notes:
- ja: "デシル1が最上位（日本での慣例による）。"
  en: "decile 1 is the best tenth, as in Japanese usage"
- ja: "人数が割り切れない場合は、同値をまとめる前に、上位から1人ずつ多くする。"
  en: "when the head-count is not divisible the upper tenths take the extra customer, before tie moves"
- ja: "境界金額は、そのグループの最低の購入金額。"
  en: "border_amount is the lowest amount of the group"
- ja: "合計が0以下の顧客は等分の対象とせず、人数を表の下に示す。"
  en: "customers whose total is zero or below are not cut; they are counted below the table"
footnotes:
- {label_ja: 0以下の顧客数, cte: not_positive_customers}
standard: "Common Japanese definition (for example makitani.net, seraku.co.jp): order by amount, ten equal groups."
*/
WITH bought AS (
  SELECT p.customer_id, SUM(p.amount) AS amount, COUNT(*) AS orders
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY p.customer_id
),
bought_lines AS (
  SELECT l.customer_id, l.product_id, l.cost, l.margin
  FROM purchase_lines AS l
  WHERE l.purchase_date BETWEEN :period_start AND :period_end
),
margins AS (
  SELECT customer_id, CASE WHEN COUNT(cost) = COUNT(*) THEN SUM(margin) END AS margin
  FROM bought_lines
  WHERE :measure = 'margin'
  GROUP BY customer_id
),
measured AS (
  SELECT
    b.customer_id,
    b.amount,
    b.orders,
    CASE :measure WHEN 'margin' THEN m.margin WHEN 'orders' THEN CAST(b.orders AS DECIMAL(18, 2)) ELSE b.amount END AS measure
  FROM bought AS b
  LEFT JOIN margins AS m ON m.customer_id = b.customer_id
),
not_positive_customers AS (
  SELECT COUNT(*) AS customers FROM measured WHERE measure <= 0
),
-- Equal values are in the group of their best place. Bands of near values are placed first, and the values themselves in
-- the few bands in which a group ends: values are nearly as many as customers.
bands AS (
  SELECT
    v.band,
    v.customers,
    CAST(SUM(v.customers) OVER () AS BIGINT) AS total,
    CAST(SUM(v.customers) OVER (ORDER BY v.band DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT)
      - v.customers + 1 AS place
  FROM (
    SELECT NARROW_BAND_OF(measure) AS band, COUNT(*) AS customers
    FROM measured
    WHERE measure > 0
    GROUP BY NARROW_BAND_OF(measure)
  ) AS v
),
band_deciles AS (
  SELECT
    b.band,
    b.total,
    b.place,
    TILE_OF(b.place, b.total, :tiles) AS best_decile,
    TILE_OF(b.place + b.customers - 1, b.total, :tiles) AS worst_decile
  FROM bands AS b
),
placed_values AS (
  SELECT
    v.measure,
    v.total,
    CAST(SUM(v.customers) OVER (
      PARTITION BY v.band ORDER BY v.measure DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) - v.customers + v.place AS place
  FROM (
    SELECT m.measure, b.band, b.total, b.place, COUNT(*) AS customers
    FROM measured AS m
    JOIN (SELECT * FROM band_deciles WHERE best_decile <> worst_decile) AS b ON b.band = NARROW_BAND_OF(m.measure)
    WHERE m.measure > 0
    GROUP BY m.measure, b.band, b.total, b.place
  ) AS v
),
placed AS (
  SELECT
    m.*,
    ROW_NUMBER() OVER (ORDER BY m.measure DESC, m.customer_id) AS place,
    COUNT(*) OVER () AS total
  FROM measured AS m
  WHERE m.measure > 0 AND :ties = 'split'
),
tiled AS (
  SELECT
    COALESCE(TILE_OF(v.place, v.total, :tiles), b.best_decile) AS decile,
    m.customer_id,
    m.amount,
    m.orders
  FROM measured AS m
  JOIN band_deciles AS b ON b.band = NARROW_BAND_OF(m.measure)
  LEFT JOIN placed_values AS v ON v.measure = m.measure
  WHERE :ties = 'together' AND m.measure > 0
  UNION ALL
  SELECT TILE_OF(p.place, p.total, :tiles), p.customer_id, p.amount, p.orders
  FROM placed AS p
),
tiled_products AS (
  SELECT t.decile, l.product_id
  FROM tiled AS t
  JOIN bought_lines AS l ON l.customer_id = t.customer_id
),
summed AS (
  SELECT
    decile,
    COUNT(*) AS customers,
    SUM(amount) AS amount,
    SUM(orders) AS orders,
    MIN(amount) AS border_amount
  FROM tiled
  GROUP BY decile
)
SELECT
  s.decile,
  s.customers,
  s.amount,
  RATIO(s.amount, SUM(s.amount) OVER ()) AS share,
  RATIO(SUM(s.amount) OVER (ORDER BY s.decile), SUM(s.amount) OVER ()) AS cum_share,
  CAST(RATIO(s.amount, s.customers) AS DECIMAL(18, 2)) AS amount_per_customer,
  RATIO(s.orders, s.customers) AS orders_per_customer,
  s.border_amount
FROM summed AS s
ORDER BY s.decile
