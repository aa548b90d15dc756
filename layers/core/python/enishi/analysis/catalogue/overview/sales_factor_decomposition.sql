/*
id: sales_factor_decomposition
name: {ja: 売上要因分解, en: Sales factor decomposition}
category: overview
origin: extension
tier: core
question:
  ja: 売上の増減は、顧客数・購入頻度・買上点数・単価のどれによるものか。
  en: "Did sales change through customers, frequency, items per order or price?"
method:
  ja: "売上＝購買者数×購入頻度×買上点数×商品単価。2つの期間の差を対数平均（LMDI）で各要因に分け、残差を残さない。カテゴリなどの区分ごとにも分けられる。"
  en: "sales = buyers x orders per buyer x items per order x price per item. Split the difference between two periods with the logarithmic mean (LMDI), which leaves no rest; also branch by branch, by category for example (split)."
parameter_groups: [period, base, pur]
parameters:
- {name: compare_start, type: date, default: period_start - 1 year, label_ja: 比較期間の開始日, note: ""}
- {name: compare_end, type: date, default: period_end - 1 year, label_ja: 比較期間の終了日, note: ""}
- {name: split, type: axis, default: null, over: [products, sales, stores, customers, lines], shown_as: split_value, label_ja: 区分, note: "null = members as one branch; category_l1, channel … for a branch a value"}
columns:
- {name: split_value, type: string, unit: none, label_ja: 区分}
- {name: factor, type: enum, unit: none, label_ja: 要因}
- {name: base_value, type: double, unit: none, label_ja: 比較期}
- {name: value, type: double, unit: none, label_ja: 当期}
- {name: change_rate, type: ratio, unit: ratio, label_ja: 変化率}
- {name: effect, type: money, unit: JPY, label_ja: 売上影響額}
- {name: effect_share, type: ratio, unit: ratio, label_ja: 影響構成比}
charts:
- {kind: waterfall, x: factor, y: effect, where: {split_value: 合計}, options: {totals: [売上]}}
- {kind: table}
- {kind: bar, x: factor, y: effect, color: split_value}
cells:
- {name: factor, keys: [split_value, factor], customers: moved, becomes: {ja: "要因が購買者数なら、離れた顧客と増えた顧客。要因が購入頻度なら、買い続けているが回数の減った顧客", en: "factor 購買者数: lost and gained customers; factor 購入頻度: kept customers who bought less often"}}
rules: [TZ, PUR, RET, NEG, GUEST, DIV0, RECON, SET]
notes:
- ja: "両期間とも正の値が要る。0以下を含む区分は極限を用いる（変化の全額を最初の要因である購買者数、非会員では件数の影響とする）。"
  en: "needs positive values in both periods; a branch with zero or less uses the limit (its whole change becomes the effect of its first factor, 購買者数, for guests 件数)"
- ja: "非会員は件数×買上点数×商品単価の区分とし、件数が購買者数と購入頻度に代わる。"
  en: "guests form a branch of receipts x items x price, in which 件数 stands for buyers and frequency"
- ja: "一部でも手元に残った注文を1件と数える。全区分の影響額の合計は、売上推移の増減に一致する。"
  en: "an order counts where something of it was kept; effects of all branches add up to the change of 売上推移"
- ja: "変化率＝当期÷比較期−1。「合計」の行は、各区分の影響額を足したもの。"
  en: "change_rate is the value over that of the compared period, less 1; the rows 合計 add up the effects of the branches"
standard: LMDI-I, Ang (2005).
*/
WITH eras AS (
  SELECT 'base' AS era, :compare_start AS first_day, :compare_end AS last_day
  UNION ALL
  SELECT 'current', :period_start, :period_end
),
placed AS (
  SELECT
    eras.era,
    CASE WHEN lines.is_guest THEN :guest WHEN :split_name IS NULL THEN '会員' ELSE :split END AS split_value,
    lines.sale_order_id,
    CASE WHEN NOT lines.is_guest THEN lines.customer_id END AS customer_id,
    lines.is_return,
    lines.quantity,
    lines.amount
  FROM sales_lines AS lines
  JOIN sales ON sales.order_id = lines.order_id
  JOIN eras ON lines.sale_date BETWEEN eras.first_day AND eras.last_day
  LEFT JOIN products ON products.product_id = lines.product_id
  LEFT JOIN stores ON stores.store_id = lines.store_id
  LEFT JOIN population AS customers ON customers.customer_id = lines.customer_id
),
kept_orders AS (
  SELECT
    era,
    split_value,
    sale_order_id,
    MAX(customer_id) AS customer_id,
    SUM(amount) AS amount,
    SUM(quantity) AS items,
    COUNT_IF(NOT is_return) > 0 AND SUM(amount) > 0 AS is_kept
  FROM placed
  GROUP BY era, split_value, sale_order_id
),
per_customer AS (
  SELECT
    split_value,
    customer_id,
    COUNT_IF(era = 'base') AS base_orders,
    COUNT_IF(era = 'current') AS orders
  FROM kept_orders
  WHERE is_kept AND customer_id IS NOT NULL
  GROUP BY split_value, customer_id
),
moved AS (
  SELECT
    t.split_value,
    CASE WHEN c.base_orders = 0 OR c.orders = 0 THEN '購買者数' ELSE '購入頻度' END AS factor,
    c.customer_id
  FROM per_customer AS c
  CROSS JOIN UNNEST(ARRAY[c.split_value, :total]) AS t(split_value)
  WHERE c.base_orders = 0 OR c.orders < c.base_orders
),
summed AS (
  SELECT
    era,
    split_value,
    SUM(amount) AS amount,
    COUNT(DISTINCT CASE WHEN is_kept THEN customer_id END) AS buyers,
    COUNT_IF(is_kept) AS orders,
    SUM(items) AS items
  FROM kept_orders
  GROUP BY era, split_value
),
branches AS (
  SELECT split_value FROM summed GROUP BY split_value
),
compared AS (
  SELECT
    r.split_value,
    COALESCE(b.amount, 0) AS amount_0,
    COALESCE(c.amount, 0) AS amount_1,
    COALESCE(b.buyers, 0) AS buyers_0,
    COALESCE(c.buyers, 0) AS buyers_1,
    COALESCE(b.orders, 0) AS orders_0,
    COALESCE(c.orders, 0) AS orders_1,
    COALESCE(b.items, 0) AS items_0,
    COALESCE(c.items, 0) AS items_1
  FROM branches AS r
  LEFT JOIN summed AS b ON b.split_value = r.split_value AND b.era = 'base'
  LEFT JOIN summed AS c ON c.split_value = r.split_value AND c.era = 'current'
),
weighed AS (
  SELECT
    c.*,
    CAST(c.amount_1 - c.amount_0 AS DOUBLE) AS change,
    CASE
      WHEN LEAST(c.amount_0, c.amount_1) <= 0 OR LEAST(c.orders_0, c.orders_1, c.items_0, c.items_1) <= 0 THEN NULL
      WHEN c.amount_0 = c.amount_1 THEN CAST(c.amount_1 AS DOUBLE)
      ELSE CAST(c.amount_1 - c.amount_0 AS DOUBLE) / LN(RATIO(c.amount_1, c.amount_0))
    END AS log_mean
  FROM compared AS c
),
factors AS (
  SELECT split_value, change, log_mean, 1 AS place, '購買者数' AS factor, TRUE AS is_first,
    CAST(buyers_0 AS DOUBLE) AS base_value, CAST(buyers_1 AS DOUBLE) AS value
  FROM weighed
  WHERE split_value <> :guest
  UNION ALL
  SELECT split_value, change, log_mean, 2, '購入頻度', FALSE, RATIO(orders_0, buyers_0), RATIO(orders_1, buyers_1)
  FROM weighed
  WHERE split_value <> :guest
  UNION ALL
  SELECT split_value, change, log_mean, 3, '件数', TRUE, CAST(orders_0 AS DOUBLE), CAST(orders_1 AS DOUBLE)
  FROM weighed
  WHERE split_value = :guest
  UNION ALL
  SELECT split_value, change, log_mean, 4, '買上点数', FALSE, RATIO(items_0, orders_0), RATIO(items_1, orders_1)
  FROM weighed
  UNION ALL
  SELECT split_value, change, log_mean, 5, '商品単価', FALSE, RATIO(amount_0, items_0), RATIO(amount_1, items_1)
  FROM weighed
),
effects AS (
  SELECT
    split_value,
    place,
    factor,
    base_value,
    value,
    CASE
      WHEN log_mean IS NOT NULL THEN log_mean * LN(value / base_value)
      WHEN is_first THEN change
      ELSE 0
    END AS effect
  FROM factors
  UNION ALL
  SELECT split_value, 6, '売上', CAST(amount_0 AS DOUBLE), CAST(amount_1 AS DOUBLE), change
  FROM weighed
),
with_total AS (
  SELECT split_value, place, factor, base_value, value, effect FROM effects
  UNION ALL
  SELECT
    :total,
    place,
    factor,
    CASE WHEN factor = '売上' THEN SUM(base_value) END,
    CASE WHEN factor = '売上' THEN SUM(value) END,
    SUM(effect)
  FROM effects
  GROUP BY place, factor
)
SELECT
  split_value,
  factor,
  base_value,
  value,
  RATIO(value - base_value, base_value) AS change_rate,
  CAST(effect AS DECIMAL(18, 2)) AS effect,
  RATIO(effect, SUM(CASE WHEN split_value = :total AND factor = '売上' THEN effect END) OVER ()) AS effect_share
FROM with_total
ORDER BY
  CASE split_value WHEN :guest THEN 1 WHEN :unknown THEN 2 WHEN :total THEN 3 ELSE 0 END,
  SUM(CASE WHEN factor = '売上' THEN value END) OVER (PARTITION BY split_value) DESC,
  split_value,
  place
