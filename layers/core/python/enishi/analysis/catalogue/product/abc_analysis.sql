/*
id: abc_analysis
name: {ja: ABC分析, en: ABC analysis}
category: product
origin: extension
tier: core
question:
  ja: 売上(または粗利)の大半を占める少数の商品はどれか。ほとんど売れていない商品はどれか。
  en: "Which few products make most of the sales (or margin), and which make almost none?"
method:
  ja: "「指標」の大きい順に並べた累積構成比で分ける。Aは「Aの上限」（初期値70%）まで、Bは「Bの上限」（初期値90%）まで、Cは残り、Zは在庫があるのに集計期間に販売のないもの。"
  en: "Sort by measure, cumulative share: A up to 70%, B up to 90%, C the rest, Z = no sale in the period though in stock."
parameter_groups: [period, base, pur, top]
parameters:
- {name: entity, type: "enum(product,parent,category_l3,brand,store)", default: parent, label_ja: 集計の単位, note: "parent = the style that groups SKUs"}
- {name: measure, type: "enum(amount,margin,quantity,buyers)", default: amount, label_ja: 指標, note: ""}
- {name: a_border, type: ratio, default: 0.70, minimum: 0, maximum: 1, label_ja: Aの上限, note: ""}
- {name: b_border, type: ratio, default: 0.90, minimum: 0, maximum: 1, label_ja: Bの上限, note: ""}
columns:
- {name: key, type: string, unit: none, label_ja: 対象}
- {name: measure_value, type: double, unit: none, label_ja: 値, by: {measure: {amount: {type: money, unit: JPY}, margin: {type: money, unit: JPY}, quantity: {type: double, unit: items}, buyers: {type: double, unit: people}}}}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: cum_share, type: ratio, unit: ratio, label_ja: 累積構成比}
- {name: rank, type: int, unit: none, label_ja: 順位}
- {name: class, type: enum, unit: none, label_ja: ランク}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: stock_value, type: money, unit: JPY, label_ja: 在庫金額}
charts:
- {kind: pareto, x: rank, y: [measure_value, cum_share], where: {rank: {min: 1, max: 50}}}
- {kind: table}
cells:
- {name: class, keys: [class, key], customers: class_buyers, products: class_products, becomes: {ja: "その商品。顧客はその購買者", en: "its products; their buyers as customer set"}}
rules: [TZ, RET, NEG, GUEST, TIE, RECON, UNK, SET]
notes:
- ja: "境界をまたぐものは上のランクに入るので、Aが空になることはない。同じ値のものは同じランクに入る。"
  en: "the item that crosses a border belongs to the upper class, so A is never empty; equal values stand in one class"
- ja: "サービスは除く。その売上と、注文が明細以外に請求する額は表の下に示し、全体が売上推移に一致する。"
  en: "services are out; their sales and what orders charge beyond their lines stand below the table, so that all adds up to 売上推移"
- ja: "「表示件数」より後の行は、ランクごとに1行の「その他」にまとめる。Zは在庫金額の順。"
  en: "rows after top_n are summed as その他, one row a class; Z is ordered by the value of its stock"
- ja: "指標の分からないもの（原価のない粗利、商品マスタにない商品）は「不明」の行に入り、ランクはない。"
  en: "an item whose measure is unknown (margin without a cost, a product that the master lacks) is in the row 不明, without class"
- ja: "在庫は、選んだ店舗の、基準日までの最後の在庫記録によるもので、商品の現在の原価で評価する。非会員の売上は数えるが、非会員は購買者に数えない。まとめた行では、複数の対象を買った人も1人と数える。"
  en: "stock is that of the chosen stores in the last snapshot up to as_of, at the product's current cost; sales of guests count, guests are no buyers; in a summed row who bought several items is one buyer"
footnotes:
- {label_ja: サービス・送料・調整の売上, cte: left_out}
standard: "70/90 borders as in istat.jp/archives/3084 and nrec ABC sheet; others use 50/80 or 80/90, hence parameters."
*/
WITH period_lines AS (
  SELECT
    CASE :entity WHEN 'store' THEN COALESCE(t.store, l.store_id, :unknown) ELSE COALESCE(i.item, :unknown) END AS key,
    l.is_adjustment OR COALESCE(d.is_service, FALSE) AS is_left_out,
    l.customer_id,
    l.is_guest,
    l.product_id,
    l.quantity,
    l.amount,
    l.cost
  FROM sales_lines AS l
  LEFT JOIN products AS d ON d.product_id = l.product_id
  LEFT JOIN item_levels AS i ON i.product_id = l.product_id AND i.level = :entity
  LEFT JOIN store_labels AS t ON t.store_id = l.store_id
  WHERE l.sale_date BETWEEN :period_start AND :period_end
),
sold_lines AS (
  SELECT * FROM period_lines WHERE NOT is_left_out
),
left_out AS (
  SELECT COALESCE(SUM(amount), 0) AS amount FROM period_lines WHERE is_left_out
),
totals AS (
  SELECT
    key,
    SUM(amount) AS amount,
    CASE WHEN COUNT(cost) = COUNT(*) THEN SUM(amount - cost) END AS margin,
    SUM(quantity) AS quantity
  FROM sold_lines
  GROUP BY key
),
key_buyers AS (
  SELECT key, customer_id
  FROM sold_lines
  WHERE NOT is_guest
  GROUP BY key, customer_id
  HAVING SUM(quantity) > 0
),
buyer_counts AS (
  SELECT key, COUNT(*) AS buyers FROM key_buyers GROUP BY key
),
stock_lines AS (
  SELECT
    CASE :entity WHEN 'store' THEN COALESCE(t.store, s.store_id) ELSE COALESCE(i.item, :unknown) END AS key,
    s.product_id,
    s.stock_value
  FROM latest_stock AS s
  LEFT JOIN products AS d ON d.product_id = s.product_id
  LEFT JOIN item_levels AS i ON i.product_id = s.product_id AND i.level = :entity
  LEFT JOIN store_labels AS t ON t.store_id = s.store_id
  WHERE
    s.on_hand_qty > 0
    AND NOT COALESCE(d.is_service, FALSE)
    AND s.product_id IN (:product_filter)
    AND s.store_id IN (:stores)
),
stock AS (
  SELECT key, SUM(stock_value) AS stock_value FROM stock_lines GROUP BY key
),
measured AS (
  SELECT
    COALESCE(t.key, s.key) AS key,
    t.key IS NOT NULL AS is_sold,
    CASE
      WHEN t.key IS NULL THEN CAST(0 AS DOUBLE)
      WHEN :measure = 'margin' THEN CAST(t.margin AS DOUBLE)
      WHEN :measure = 'quantity' THEN CAST(t.quantity AS DOUBLE)
      WHEN :measure = 'buyers' THEN CAST(COALESCE(b.buyers, 0) AS DOUBLE)
      ELSE CAST(t.amount AS DOUBLE)
    END AS measure_value,
    COALESCE(b.buyers, 0) AS buyers,
    s.stock_value
  FROM totals AS t
  FULL JOIN stock AS s ON s.key = t.key
  LEFT JOIN buyer_counts AS b ON b.key = t.key
),
ranked AS (
  SELECT
    m.*,
    ROW_NUMBER() OVER (ORDER BY m.measure_value DESC, m.buyers DESC, m.key) AS rank,
    RATIO(m.measure_value, SUM(m.measure_value) OVER ()) AS share,
    RATIO(
      SUM(m.measure_value) OVER (ORDER BY m.measure_value DESC, m.buyers DESC, m.key),
      SUM(m.measure_value) OVER ()
    ) AS cum_share,
    RATIO(
      SUM(m.measure_value) OVER (ORDER BY m.measure_value DESC RANGE UNBOUNDED PRECEDING)
        - SUM(m.measure_value) OVER (PARTITION BY m.measure_value),
      SUM(m.measure_value) OVER ()
    ) AS share_above
  FROM measured AS m
  WHERE m.is_sold AND m.measure_value > 0 AND m.key <> :unknown
),
classed AS (
  SELECT
    key,
    measure_value,
    share,
    cum_share,
    rank,
    ABC_CLASS_OF(share_above) AS class,
    buyers,
    stock_value,
    rank AS place
  FROM ranked
  UNION ALL
  SELECT
    key,
    measure_value,
    NULL,
    NULL,
    NULL,
    'Z',
    buyers,
    stock_value,
    (SELECT COUNT(*) FROM ranked) + ROW_NUMBER() OVER (ORDER BY stock_value DESC NULLS LAST, key)
  FROM measured
  WHERE NOT is_sold AND key <> :unknown
),
class_buyers AS (
  SELECT c.class, c.key, b.customer_id
  FROM classed AS c
  JOIN key_buyers AS b ON b.key = c.key
),
class_products AS (
  SELECT c.class, c.key, p.product_id
  FROM classed AS c
  JOIN (SELECT key, product_id FROM sold_lines UNION SELECT key, product_id FROM stock_lines) AS p ON p.key = c.key
),
-- Each key with the row in which it is shown: its own, その他 of its class, 0以下 or 不明.
shown_keys AS (
  SELECT
    key, measure_value, share, cum_share, class, buyers, stock_value,
    CASE WHEN place <= :top_n THEN key ELSE :other END AS shown,
    CASE WHEN place <= :top_n THEN rank END AS shown_rank,
    CASE WHEN place <= :top_n THEN 1 ELSE 2 END AS part
  FROM classed
  UNION ALL
  SELECT key, measure_value, NULL, NULL, NULL, buyers, stock_value, :not_positive, NULL, 3
  FROM measured
  WHERE is_sold AND measure_value <= 0 AND key <> :unknown
  UNION ALL
  SELECT key, measure_value, NULL, NULL, NULL, buyers, stock_value, :unknown, NULL, 4
  FROM measured
  WHERE measure_value IS NULL OR key = :unknown
),
-- Who bought several keys of one row is one buyer of it.
shared_buyers AS (
  SELECT s.part, COALESCE(s.class, '') AS class, COUNT(DISTINCT b.customer_id) AS buyers
  FROM shown_keys AS s
  JOIN key_buyers AS b ON b.key = s.key
  WHERE s.part > 1
  GROUP BY s.part, COALESCE(s.class, '')
),
listed AS (
  SELECT
    s.shown AS key,
    SUM(s.measure_value) AS measure_value,
    SUM(s.share) AS share,
    MAX(s.cum_share) AS cum_share,
    MAX(s.shown_rank) AS rank,
    s.class,
    CASE WHEN s.part = 1 THEN MAX(s.buyers) ELSE COALESCE(MAX(b.buyers), 0) END AS buyers,
    SUM(s.stock_value) AS stock_value,
    s.part
  FROM shown_keys AS s
  LEFT JOIN shared_buyers AS b ON b.part = s.part AND b.class = COALESCE(s.class, '')
  GROUP BY s.shown, s.class, s.part
)
SELECT key, measure_value, share, cum_share, rank, class, buyers, stock_value
FROM listed
ORDER BY part, class, rank NULLS LAST, stock_value DESC NULLS LAST, key
