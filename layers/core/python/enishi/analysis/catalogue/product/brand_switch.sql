/*
id: brand_switch
name: {ja: ブランドスイッチ分析, en: Brand switching}
category: product
origin: extension
tier: standard
question:
  ja: あるカテゴリの中で、顧客はどのブランドからどのブランドへ移っているか。各ブランドの顧客はどれだけ固定しているか。
  en: "From which brand to which do customers move inside a category, and how loyal is each brand's base?"
method:
  ja: "カテゴリ内の連続する購入による前ブランド→次ブランドの表、同ブランド率、純増、ブランドごとのカテゴリ内占有率。"
  en: "Consecutive purchases in the category: from-to matrix, repeat share, net gain, share of category requirements per brand."
parameter_groups: [period, base, pur]
parameters:
- {name: category, type: product_set, default: required, label_ja: カテゴリ, note: "a category, a path such as 家電/テレビ, or a filter as JSON"}
- {name: min_pairs, type: int, default: 20, minimum: 1, label_ja: 最少件数, note: "rows with fewer are left out; rates and gains count them"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "moves from from_brand, those that stay included, under which low_n is set"}
columns:
- {name: from_brand, type: string, unit: none, label_ja: 前ブランド}
- {name: to_brand, type: string, unit: none, label_ja: 次ブランド}
- {name: switches, type: int, unit: count, label_ja: 件数}
- {name: rate, type: ratio, unit: ratio, label_ja: 遷移率}
- {name: net_gain, type: int, unit: count, label_ja: 純増}
- {name: repeat_share, type: ratio, unit: ratio, label_ja: 同ブランド率}
- {name: category_share, type: ratio, unit: ratio, label_ja: カテゴリ内占有率}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: heatmap, x: to_brand, y: from_brand, color: rate}
- {kind: sankey, source: from_brand, target: to_brand, size: switches}
- {kind: table}
cells:
- {name: cell, keys: [from_brand, to_brand], customers: switched, products: switched_products, becomes: {ja: "そのように移った顧客。商品は移った先の商品", en: "customers who made the switch; products = those to which they went"}}
rules: [TZ, PUR, RET, GUEST, MERGE, MULTI, UNK, SMALL, SET]
example: {category: インクカートリッジ}
notes:
- ja: "移動は、集計期間にカテゴリの購入があった日から次の購入日まで。1日に複数のブランドを買うと、複数の移動になる（規則MULTI）。"
  en: "a move is from one day with purchases in the category to the next one in the period; several brands on one day make several moves (MULTI)"
- ja: "純増＝他のブランドから前ブランドへの移動−前ブランドから他への移動。同ブランド率＝前ブランドからの移動のうち、同じブランドに留まるものの割合。いずれも、前ブランドが同じ行では同じ値。"
  en: "net_gain = moves to from_brand from others less moves away from it; repeat_share = its moves that stay; both are the same in all rows of from_brand"
- ja: "カテゴリ内占有率（share of category requirements）＝ブランドの購買者がそのブランドに使った額÷その人たちがカテゴリに使った額。"
  en: "category_share (share of category requirements) = what its buyers spent on it, over what they spent in the category"
- ja: "サービスは除く。"
  en: "services are out"
standard: Brand-switching matrix; share of category requirements (Ehrenberg).
*/
WITH bought AS (
  SELECT
    l.customer_id,
    COALESCE(l.brand, :unknown) AS brand,
    l.product_id,
    l.purchase_date,
    l.amount,
    DENSE_RANK() OVER (PARTITION BY l.customer_id ORDER BY l.purchase_date) AS day_no
  FROM purchase_lines AS l
  WHERE
    l.product_id IN (:category)
    AND l.quantity > 0
    AND NOT l.is_service
    AND l.purchase_date BETWEEN :period_start AND :period_end
),
brand_days AS (
  SELECT DISTINCT customer_id, brand, day_no FROM bought
),
switched AS (
  SELECT a.customer_id, a.day_no, a.brand AS from_brand, b.brand AS to_brand
  FROM brand_days AS a
  JOIN brand_days AS b ON b.customer_id = a.customer_id AND b.day_no = a.day_no + 1
),
switched_products AS (
  SELECT DISTINCT s.from_brand, s.to_brand, b.product_id
  FROM switched AS s
  JOIN bought AS b ON b.customer_id = s.customer_id AND b.day_no = s.day_no + 1 AND b.brand = s.to_brand
),
moves AS (
  SELECT from_brand, to_brand, COUNT(*) AS switches
  FROM switched
  GROUP BY from_brand, to_brand
),
departures AS (
  SELECT
    from_brand AS brand,
    SUM(switches) AS moves,
    SUM(CASE WHEN to_brand = from_brand THEN switches ELSE 0 END) AS stays
  FROM moves
  GROUP BY from_brand
),
arrivals AS (
  SELECT to_brand AS brand, SUM(CASE WHEN to_brand <> from_brand THEN switches ELSE 0 END) AS gains
  FROM moves
  GROUP BY to_brand
),
spent AS (
  SELECT
    customer_id,
    brand,
    SUM(amount) AS amount,
    SUM(SUM(amount)) OVER (PARTITION BY customer_id) AS category_amount
  FROM bought
  GROUP BY customer_id, brand
),
requirements AS (
  SELECT brand, RATIO(SUM(amount), SUM(category_amount)) AS category_share
  FROM spent
  GROUP BY brand
)
SELECT
  m.from_brand,
  m.to_brand,
  m.switches,
  RATIO(m.switches, d.moves) AS rate,
  COALESCE(a.gains, 0) - (d.moves - d.stays) AS net_gain,
  RATIO(d.stays, d.moves) AS repeat_share,
  r.category_share,
  d.moves < :min_cell AS low_n
FROM moves AS m
JOIN departures AS d ON d.brand = m.from_brand
LEFT JOIN arrivals AS a ON a.brand = m.from_brand
JOIN requirements AS r ON r.brand = m.from_brand
WHERE m.switches >= :min_pairs
ORDER BY
  CASE WHEN m.from_brand = :unknown THEN 1 ELSE 0 END,
  d.moves DESC,
  m.from_brand,
  CASE WHEN m.to_brand = :unknown THEN 1 ELSE 0 END,
  m.switches DESC,
  m.to_brand
