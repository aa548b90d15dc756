/*
id: stock_turn_gmroi
name: {ja: 在庫回転・GMROI分析, en: Stock turn and GMROI}
category: product
origin: extension
tier: standard
question:
  ja: 在庫に寝ているお金に対して、最もよく稼いでいる商品はどれか。
  en: "Which items earn most on the money tied up in stock?"
method:
  ja: "在庫回転率＝売上原価÷平均在庫（原価）、在庫日数＝365÷在庫回転率、GMROI＝粗利÷平均在庫（原価）、交差比率＝粗利率×売価評価の在庫による回転率。"
  en: "turn = cost of sales / average stock at cost; days of supply = 365 / turn; GMROI = gross margin / average stock at cost; 交差比率 = margin rate x turn on stock at retail price."
parameter_groups: [period, base, pur, top]
parameters:
- {name: level, type: "enum(product,parent,category_l3,store)", default: category_l3, label_ja: 対象の単位, note: ""}
- {name: stock_basis, type: "enum(cost,retail)", default: cost, label_ja: 在庫の評価, note: "of avg_stock and turn; GMROI is always at cost, 交差比率 at retail"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "pieces sold under which low_n is set"}
columns:
- {name: item, type: string, unit: none, label_ja: 対象}
- {name: margin, type: money, unit: JPY, label_ja: 粗利}
- {name: avg_stock, type: money, unit: JPY, label_ja: 平均在庫金額}
- {name: turn, type: double, unit: times, label_ja: 在庫回転率}
- {name: days_of_supply, type: double, unit: days, label_ja: 在庫日数}
- {name: gmroi, type: double, unit: ratio, label_ja: GMROI}
- {name: cross_ratio, type: double, unit: ratio, label_ja: 交差比率}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: scatter, x: turn, y: gmroi, size: avg_stock}
- {kind: bar, x: item, y: gmroi}
- {kind: table}
cells:
- {name: item, keys: [item, gmroi], customers: past_buyers, products: item_products, becomes: {ja: "その商品と、過去の購買者（gmroi=0..1：在庫金額より粗利が少ないすべての対象）", en: "products; their past buyers (gmroi=0..1: of all items that earn less than their stock)"}}
rules: [TZ, RET, NEG, DIV0, SMALL, UNK, SET]
needs: [inventory]
notes:
- ja: "数字は1年分に換算する。"
  en: "figures are brought to one year"
- ja: "平均は日々の在庫記録の平均で、期首と期末の2点の平均ではない。"
  en: "average of daily snapshots, not of two ends"
- ja: "粗利は集計期間そのものの額で、返品を引き、原価のない明細があれば値なし。在庫回転率、GMROI、交差比率は1年分。"
  en: "margin is that of the period itself, net of returns, null where a line has no cost; turn, GMROI and 交差比率 are a year's"
- ja: "平均は、集計期間のうち在庫記録が何かある日についてのもの。在庫は商品の現在の原価（または定価）で評価し、それがない商品があれば値なし。"
  en: "the average is over the days of the period on which anything was counted; pieces at the product's current cost (or list price), null where a product has none"
- ja: "「在庫の評価」がretailのときの在庫回転率＝売上÷定価で評価した在庫。costのとき＝売上原価÷原価で評価した在庫。"
  en: "turn at retail = sales over stock at list prices; at cost = cost of sales over stock at cost"
- ja: "純売上のない対象は「0以下」の行に入る。GMROIの順で「表示件数」より後の対象は、1行の「その他」にまとめる。サービスは除く。"
  en: "an item without net sales is in the row 0以下; items after top_n by GMROI are one row その他; services are out"
standard: "GMROI = gross margin / average inventory at cost (service.ajis.jp, toyoda-mo.com)."
*/
WITH period_lines AS (
  SELECT
    CASE :level WHEN 'store' THEN COALESCE(t.store, l.store_id, :unknown) ELSE COALESCE(i.item, :unknown) END AS item,
    l.product_id,
    l.quantity,
    l.amount,
    l.cost
  FROM sales_lines AS l
  LEFT JOIN products AS d ON d.product_id = l.product_id
  LEFT JOIN item_levels AS i ON i.product_id = l.product_id AND i.level = :level
  LEFT JOIN store_labels AS t ON t.store_id = l.store_id
  WHERE
    NOT l.is_adjustment
    AND NOT COALESCE(d.is_service, FALSE)
    AND l.sale_date BETWEEN :period_start AND :period_end
),
sold AS (
  SELECT
    item,
    SUM(quantity) AS quantity,
    SUM(amount) AS amount,
    CASE WHEN COUNT(cost) = COUNT(*) THEN SUM(cost) END AS cost
  FROM period_lines
  GROUP BY item
),
counts AS (
  SELECT
    CASE :level WHEN 'store' THEN COALESCE(t.store, s.store_id) ELSE COALESCE(i.item, :unknown) END AS item,
    s.product_id,
    s.snapshot_date,
    s.on_hand_qty,
    d.unit_cost,
    d.list_price
  FROM inventory AS s
  LEFT JOIN products AS d ON d.product_id = s.product_id
  LEFT JOIN item_levels AS i ON i.product_id = s.product_id AND i.level = :level
  LEFT JOIN store_labels AS t ON t.store_id = s.store_id
  WHERE
    s.snapshot_date BETWEEN :period_start AND LEAST(:period_end, :as_of)
    AND s.on_hand_qty > 0
    AND NOT COALESCE(d.is_service, FALSE)
    AND s.store_id IN (:stores)
    AND s.product_id IN (:product_filter)
),
counted_days AS (
  SELECT COUNT(DISTINCT snapshot_date) AS days
  FROM inventory
  WHERE snapshot_date BETWEEN :period_start AND LEAST(:period_end, :as_of)
),
stock AS (
  SELECT
    c.item,
    CASE WHEN COUNT(c.unit_cost) = COUNT(*) THEN RATIO(SUM(c.on_hand_qty * c.unit_cost), MAX(d.days)) END AS at_cost,
    CASE WHEN COUNT(c.list_price) = COUNT(*) THEN RATIO(SUM(c.on_hand_qty * c.list_price), MAX(d.days)) END AS at_retail
  FROM counts AS c
  CROSS JOIN counted_days AS d
  GROUP BY c.item
),
-- What a figure of the period is multiplied with to be a year's.
years AS (
  SELECT RATIO(365, DATE_DIFF('day', :period_start, LEAST(:period_end, :as_of)) + 1) AS periods
),
measured AS (
  SELECT
    COALESCE(s.item, k.item) AS item,
    COALESCE(s.quantity, 0) AS quantity,
    COALESCE(s.amount, 0) AS amount,
    CASE WHEN s.item IS NULL THEN 0 ELSE s.cost END AS cost,
    k.at_cost,
    k.at_retail,
    k.item IS NOT NULL AS has_stock
  FROM sold AS s
  FULL JOIN stock AS k ON k.item = s.item
),
placed AS (
  SELECT
    item,
    ROW_NUMBER() OVER (
      ORDER BY ROUND(RATIO(amount - cost, at_cost), 9) DESC NULLS LAST, amount - cost DESC NULLS LAST, item
    ) AS place
  FROM measured
  WHERE amount > 0 AND item <> :unknown
),
shown_items AS (
  SELECT
    m.*,
    CASE
      WHEN m.item = :unknown THEN :unknown
      WHEN m.amount <= 0 THEN :not_positive
      WHEN p.place <= :top_n THEN m.item
      ELSE :other
    END AS shown,
    CASE WHEN p.place <= :top_n THEN p.place END AS place
  FROM measured AS m
  LEFT JOIN placed AS p ON p.item = m.item
),
summed AS (
  SELECT
    shown,
    MIN(place) AS place,
    SUM(quantity) AS quantity,
    SUM(amount) AS amount,
    CASE WHEN COUNT(cost) = COUNT(*) THEN SUM(cost) END AS cost,
    CASE WHEN COUNT_IF(has_stock) = COUNT(at_cost) THEN SUM(at_cost) END AS at_cost,
    CASE WHEN COUNT_IF(has_stock) = COUNT(at_retail) THEN SUM(at_retail) END AS at_retail
  FROM shown_items
  GROUP BY shown
),
figures AS (
  SELECT
    s.shown AS item,
    s.place,
    s.quantity,
    s.amount - s.cost AS margin,
    CASE :stock_basis WHEN 'cost' THEN s.at_cost ELSE s.at_retail END AS avg_stock,
    y.periods * CASE :stock_basis WHEN 'cost' THEN RATIO(s.cost, s.at_cost) ELSE RATIO(s.amount, s.at_retail) END AS turn,
    y.periods * RATIO(s.amount - s.cost, s.at_cost) AS gmroi,
    y.periods * RATIO(s.amount - s.cost, s.at_retail) AS cross_ratio
  FROM summed AS s
  CROSS JOIN years AS y
),
item_products AS (
  SELECT DISTINCT f.item, f.gmroi, p.product_id
  FROM (SELECT item, product_id FROM period_lines UNION SELECT item, product_id FROM counts) AS p
  JOIN shown_items AS n ON n.item = p.item
  JOIN figures AS f ON f.item = n.shown
),
past_buyers AS (
  SELECT DISTINCT p.item, p.gmroi, l.customer_id
  FROM item_products AS p
  JOIN purchase_lines AS l ON l.product_id = p.product_id
  WHERE l.quantity > 0
)
SELECT
  item,
  margin,
  CAST(avg_stock AS DECIMAL(18, 2)) AS avg_stock,
  turn,
  RATIO(365, turn) AS days_of_supply,
  gmroi,
  cross_ratio,
  COALESCE(turn, gmroi, cross_ratio) IS NOT NULL AND quantity < :min_cell AS low_n
FROM figures
ORDER BY CASE item WHEN :other THEN 1 WHEN :not_positive THEN 2 WHEN :unknown THEN 3 ELSE 0 END, place, item
