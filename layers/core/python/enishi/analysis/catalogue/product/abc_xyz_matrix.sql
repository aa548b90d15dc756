/*
id: abc_xyz_matrix
name: {ja: ABC×XYZ分析, en: ABC-XYZ matrix}
category: product
origin: extension
tier: standard
question:
  ja: たくさん、しかも安定して売れている商品はどれか。売れ方にむらがある商品はどれか。
  en: "Which products sell much and steadily, and which are lumpy?"
method:
  ja: "売上によるABCのランク×週ごとの数量の変動係数によるXYZのランク（Xは「Xの上限」（初期値0.5）まで、Yは「Yの上限」（初期値1.0）まで、Zはそれを超えるもの）。"
  en: "ABC class by amount x XYZ class by coefficient of variation of weekly quantity (X up to 0.5, Y up to 1.0, Z above)."
parameter_groups: [period, base, pur]
parameters:
- {name: x_border, type: double, default: 0.5, minimum: 0, label_ja: Xの上限, note: "coefficient of variation, the border itself is X"}
- {name: y_border, type: double, default: 1.0, minimum: 0, label_ja: Yの上限, note: ""}
- {name: min_weeks, type: int, default: 12, minimum: 2, label_ja: 最少週数, note: "with fewer weeks on sale the steadiness is 不明"}
- {name: a_border, type: ratio, default: 0.70, minimum: 0, maximum: 1, label_ja: Aの上限, note: ""}
- {name: b_border, type: ratio, default: 0.90, minimum: 0, maximum: 1, label_ja: Bの上限, note: ""}
columns:
- {name: class_abc, type: enum, unit: none, label_ja: ABC}
- {name: class_xyz, type: enum, unit: none, label_ja: XYZ}
- {name: products, type: int, unit: products, label_ja: 商品数}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: avg_cv, type: double, unit: ratio, label_ja: 変動係数}
- {name: stock_value, type: money, unit: JPY, label_ja: 在庫金額}
- {name: stockout_rate, type: ratio, unit: ratio, label_ja: 欠品率}
charts:
- {kind: heatmap, x: class_xyz, y: class_abc, color: products}
- {kind: heatmap, x: class_xyz, y: class_abc, color: amount}
- {kind: table}
cells:
- {name: cell, keys: [class_abc, class_xyz], customers: class_buyers, products: class_products, becomes: {ja: "その商品と、その購買者", en: "its products and their buyers"}}
rules: [TZ, RET, NEG, GUEST, TIE, UNK, SET]
notes:
- ja: "発売前の週、1週間を通して欠品だった週、販売終了後の週は変動に入れない。週は、集計期間に丸ごと入る月曜からの1週間。"
  en: "weeks before release or out of stock all week are left out of the variation, those after the end of sale too; weeks are whole weeks from Monday inside the period"
- ja: "商品は、集計期間に売上（非会員を含む）のある販売単位（SKU）。サービスは除く。純売上が0以下のものは「0以下」の行に入る。"
  en: "a product is a sellable item (SKU) with sales in the period, guests' too; services are out; a net amount of zero or below is in the row 0以下"
- ja: "変動係数＝標準偏差（対象の全週の母標準偏差）÷平均。販売のない週は0と数える。"
  en: "the coefficient of variation is the standard deviation (of all weeks) over the mean; weeks without a sale count as 0"
- ja: "在庫金額は最後の在庫記録のもの。欠品率＝集計期間の店舗ごとの在庫記録のうち、販売できる在庫がなかった割合。在庫記録がなければ値なし。"
  en: "stock_value is that of the last snapshot; stockout_rate = snapshots of the period, store by store, with nothing to sell, null where nobody counted"
standard: "Common inventory practice; the CV borders are conventions."
*/
WITH sold AS (
  SELECT l.product_id, l.customer_id, l.is_guest, l.sale_date, l.quantity, l.amount
  FROM sales_lines AS l
  LEFT JOIN products AS d ON d.product_id = l.product_id
  WHERE
    NOT l.is_adjustment
    AND NOT COALESCE(d.is_service, FALSE)
    AND l.sale_date BETWEEN :period_start AND :period_end
),
totals AS (
  SELECT product_id, SUM(amount) AS amount
  FROM sold
  GROUP BY product_id
),
weeks AS (
  SELECT week_start
  FROM UNNEST(SEQUENCE(DATE_TRUNC('week', :period_start), LEAST(:period_end, :as_of), INTERVAL '7' DAY)) AS t(week_start)
  WHERE week_start >= :period_start AND DATE_ADD('day', 6, week_start) <= LEAST(:period_end, :as_of)
),
weekly AS (
  SELECT product_id, DATE_TRUNC('week', sale_date) AS week_start, SUM(quantity) AS quantity
  FROM sold
  GROUP BY product_id, DATE_TRUNC('week', sale_date)
),
counted_stock AS (
  SELECT s.product_id, DATE_TRUNC('week', s.snapshot_date) AS week_start, s.available_qty <= 0 AS is_out
  FROM inventory AS s
  WHERE s.snapshot_date BETWEEN :period_start AND :period_end AND s.store_id IN (:stores)
),
empty_weeks AS (
  SELECT product_id, week_start
  FROM counted_stock
  GROUP BY product_id, week_start
  HAVING EVERY(is_out)
),
on_sale AS (
  SELECT t.product_id, COALESCE(q.quantity, 0) AS quantity
  FROM totals AS t
  CROSS JOIN weeks AS w
  LEFT JOIN products AS d ON d.product_id = t.product_id
  LEFT JOIN weekly AS q ON q.product_id = t.product_id AND q.week_start = w.week_start
  LEFT JOIN empty_weeks AS e ON e.product_id = t.product_id AND e.week_start = w.week_start
  WHERE
    COALESCE(d.release_date <= w.week_start, TRUE)
    AND COALESCE(d.discontinued_date > w.week_start, TRUE)
    AND (e.product_id IS NULL OR COALESCE(q.quantity, 0) <> 0)
),
variation AS (
  SELECT
    product_id,
    COUNT(*) AS weeks,
    CASE
      WHEN SUM(quantity) > 0 THEN STDDEV_POP(CAST(quantity AS DOUBLE)) / AVG(CAST(quantity AS DOUBLE))
    END AS cv
  FROM on_sale
  GROUP BY product_id
),
shares AS (
  SELECT
    product_id,
    RATIO(
      SUM(amount) OVER (ORDER BY amount DESC RANGE UNBOUNDED PRECEDING) - SUM(amount) OVER (PARTITION BY amount),
      SUM(amount) OVER ()
    ) AS share_above
  FROM totals
  WHERE amount > 0
),
stock AS (
  SELECT product_id, SUM(stock_value) AS stock_value
  FROM latest_stock
  WHERE store_id IN (:stores)
  GROUP BY product_id
),
stockouts AS (
  SELECT product_id, COUNT(*) AS snapshots, COUNT_IF(is_out) AS empty_ones
  FROM counted_stock
  GROUP BY product_id
),
steady AS (
  SELECT product_id, CASE WHEN weeks >= :min_weeks THEN ROUND(cv, 9) END AS cv
  FROM variation
),
classed AS (
  SELECT
    t.product_id,
    t.amount,
    CASE WHEN s.product_id IS NULL THEN :not_positive ELSE ABC_CLASS_OF(s.share_above) END AS class_abc,
    CASE
      WHEN s.product_id IS NULL THEN NULL
      WHEN v.cv IS NULL THEN :unknown
      WHEN v.cv <= :x_border THEN 'X'
      WHEN v.cv <= :y_border THEN 'Y'
      ELSE 'Z'
    END AS class_xyz,
    CASE WHEN s.product_id IS NOT NULL THEN v.cv END AS cv
  FROM totals AS t
  LEFT JOIN shares AS s ON s.product_id = t.product_id
  LEFT JOIN steady AS v ON v.product_id = t.product_id
),
class_products AS (
  SELECT class_abc, class_xyz, product_id FROM classed
),
product_buyers AS (
  SELECT product_id, customer_id
  FROM sold
  WHERE NOT is_guest
  GROUP BY product_id, customer_id
  HAVING SUM(quantity) > 0
),
class_buyers AS (
  SELECT c.class_abc, c.class_xyz, b.customer_id
  FROM classed AS c
  JOIN product_buyers AS b ON b.product_id = c.product_id
)
SELECT
  c.class_abc,
  c.class_xyz,
  COUNT(*) AS products,
  SUM(c.amount) AS amount,
  AVG(c.cv) AS avg_cv,
  SUM(k.stock_value) AS stock_value,
  RATIO(SUM(o.empty_ones), SUM(o.snapshots)) AS stockout_rate
FROM classed AS c
LEFT JOIN stock AS k ON k.product_id = c.product_id
LEFT JOIN stockouts AS o ON o.product_id = c.product_id
GROUP BY c.class_abc, c.class_xyz
ORDER BY
  CASE WHEN c.class_abc = :not_positive THEN 1 ELSE 0 END,
  c.class_abc,
  ARRAY_POSITION(ARRAY['X', 'Y', 'Z', :unknown], c.class_xyz)
