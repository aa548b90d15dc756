/*
id: cross_tab
name: {ja: クロス集計, en: Cross tabulation}
category: overview
origin: brief
brief_names: [クロス集計]
tier: core
question:
  ja: 顧客(または売上)は、選んだ縦軸と横軸にどう分布しているか。
  en: How do customers (or sales) fall over one or more row and column items? This is what other results are multiplied with.
method:
  ja: "母集団（他の分析のセルでもよい）を、それぞれ1つ以上の縦軸と横軸の項目で分けた集計表。集計値は、顧客数、件数、金額、点数、客単価、購入商品の種類数のいずれか。行計と列計、行・列・全体に対する構成比を出す。"
  en: "Pivot with several row and column items on a population that may be a cell of another analysis; value = customers, orders, amount, items, mean or any distinct count; with totals, row, column and total shares."
parameter_groups: [asof, base, pur]
parameters:
- {name: rows, type: axis, default: age_band, over: [customers, stores, orders], shown_as: row_value, label_ja: 縦軸, note: "several with commas"}
- {name: columns, type: axis, default: gender, over: [customers, stores, orders], shown_as: column_value, label_ja: 横軸, note: "several with commas"}
- {name: value, type: "enum(customers,orders,amount,items,avg_order,distinct)", default: customers, label_ja: 集計値, note: "distinct = distinct products bought"}
- {name: shares, type: "enum(none,row,column,total)", default: none, label_ja: 構成比, note: ""}
- {name: age_bands, type: list, default: "10代未満,10代,20代,30代,40代,50代,60代,70代,80代以上,不明", label_ja: 年代の並び, note: printed even when empty}
- {name: sort, type: "enum(natural,value)", default: natural, label_ja: 並び, note: ""}
- {name: product_scope, type: product_set, default: all, label_ja: 商品の範囲, note: "only purchases that hold one of them; customers without such a purchase fall away"}
columns:
- {name: row_value, type: string, unit: none, label_ja: 縦軸}
- {name: column_value, type: string, unit: none, label_ja: 横軸}
- {name: value, type: double, unit: none, label_ja: 集計値, by: {value: {customers: {type: double, unit: people}, orders: {type: double, unit: orders}, amount: {type: money, unit: JPY}, items: {type: double, unit: items}, avg_order: {type: money, unit: JPY/order}, distinct: {type: double, unit: products}}}}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: row_total, type: double, unit: none, label_ja: 行計, by: {value: {customers: {type: double, unit: people}, orders: {type: double, unit: orders}, amount: {type: money, unit: JPY}, items: {type: double, unit: items}, avg_order: {type: money, unit: JPY/order}, distinct: {type: double, unit: products}}}}
- {name: column_total, type: double, unit: none, label_ja: 列計, by: {value: {customers: {type: double, unit: people}, orders: {type: double, unit: orders}, amount: {type: money, unit: JPY}, items: {type: double, unit: items}, avg_order: {type: money, unit: JPY/order}, distinct: {type: double, unit: products}}}}
- {name: base_customers, type: int, unit: people, label_ja: 該当顧客}
- {name: base_products, type: int, unit: products, label_ja: 該当商品}
charts:
- {kind: heatmap, x: column_value, y: row_value, color: value}
- {kind: table}
- {kind: stacked_bar, x: row_value, y: value, color: column_value}
cells:
- {name: cell, keys: [row_value, column_value], customers: placed, products: placed_products, becomes: {ja: "その顧客。「これら」（該当）か「これら以外」（除外する）を選べる", en: "customers; the choice may be 'these' (該当) or 'all but these' (除外する)"}}
rules: [TZ, PUR, RET, MERGE, WD, UNK, ATTR, MULTI, RECON, SET]
notes:
- ja: "「年代の並び」にある年代は、従来の画面と同じく、該当者がいなくてもすべて出す。"
  en: "every listed band is printed even when empty, as on the classic screen"
- ja: "人数の合計は、複数の行や列に入る人も1人と数える（規則MULTI）。"
  en: "totals of counts of people count a person once, also when she is in several rows or columns (rule MULTI)"
*/
WITH
-- Purchases where the question needs more than who the people are and what they bought: there are many of them.
asked_orders AS (
  SELECT p.*
  FROM purchases AS p
  WHERE
    (:value <> 'customers' AND :value <> 'distinct')
    OR NOT :product_scope_is_open
    OR :rows_reads_orders
    OR :rows_reads_stores
    OR :columns_reads_orders
    OR :columns_reads_stores
),
scope_orders AS (
  SELECT DISTINCT l.customer_id, l.n
  FROM purchase_lines AS l
  WHERE NOT :product_scope_is_open AND l.product_id IN (:product_scope)
),
placed AS (
  SELECT
    :rows AS row_value,
    :columns AS column_value,
    customers.customer_id,
    orders.order_id,
    orders.purchase_date,
    orders.amount,
    orders.items
  FROM population AS customers
  LEFT JOIN asked_orders AS orders ON orders.customer_id = customers.customer_id
  LEFT JOIN stores ON stores.store_id = orders.store_id
  LEFT JOIN scope_orders AS s ON s.customer_id = orders.customer_id AND s.n = orders.n
  WHERE :product_scope_is_open OR s.n IS NOT NULL
),
placed_products AS (
  SELECT :rows AS row_value, :columns AS column_value, l.product_id
  FROM purchase_lines AS l
  JOIN population AS customers ON customers.customer_id = l.customer_id
  LEFT JOIN asked_orders AS orders ON orders.customer_id = l.customer_id AND orders.n = l.n
  LEFT JOIN stores ON stores.store_id = orders.store_id
  WHERE l.product_id IN (:product_scope)
),
facts AS (
  SELECT row_value, column_value, customer_id, order_id, amount, items, NULL AS product_id FROM placed
  UNION ALL
  SELECT row_value, column_value, NULL, NULL, NULL, NULL, product_id FROM placed_products WHERE :value = 'distinct'
),
-- Cells, and totals: a total over the columns has no column_value, one over the rows no row_value, that of all neither.
measured AS (
  SELECT
    row_value,
    column_value,
    CASE :value
      WHEN 'customers' THEN CAST(COUNT(DISTINCT customer_id) AS DOUBLE)
      WHEN 'orders' THEN CAST(COUNT(order_id) AS DOUBLE)
      WHEN 'amount' THEN COALESCE(CAST(SUM(amount) AS DOUBLE), 0)
      WHEN 'items' THEN COALESCE(CAST(SUM(items) AS DOUBLE), 0)
      WHEN 'avg_order' THEN RATIO(SUM(amount), COUNT(order_id))
      ELSE CAST(COUNT(DISTINCT product_id) AS DOUBLE)
    END AS value
  FROM facts
  GROUP BY GROUPING SETS ((row_value, column_value), (row_value), (column_value), ())
),
row_totals AS (
  SELECT row_value, value FROM measured WHERE row_value IS NOT NULL AND column_value IS NULL
),
column_totals AS (
  SELECT column_value, value FROM measured WHERE column_value IS NOT NULL AND row_value IS NULL
),
listed_rows AS (
  SELECT row_value FROM row_totals
  UNION
  SELECT band FROM UNNEST(:age_bands) AS t(band) WHERE :rows_name = 'age_band'
),
listed_columns AS (
  SELECT column_value FROM column_totals
  UNION
  SELECT band FROM UNNEST(:age_bands) AS t(band) WHERE :columns_name = 'age_band'
),
base AS (
  SELECT COUNT(DISTINCT customer_id) AS customers FROM placed
),
products_in_base AS (
  SELECT COUNT(DISTINCT l.product_id) AS products FROM purchase_lines AS l WHERE l.product_id IN (:product_scope)
),
-- What stands where there was nothing: of orders that are none there is no average (rule DIV0).
nothing AS (
  SELECT CASE WHEN :value <> 'avg_order' THEN 0e0 END AS value
),
grand AS (
  SELECT value FROM measured WHERE row_value IS NULL AND column_value IS NULL
)
SELECT
  r.row_value,
  c.column_value,
  COALESCE(m.value, nothing.value) AS value,
  CASE :shares
    WHEN 'row' THEN RATIO(COALESCE(m.value, nothing.value), rt.value)
    WHEN 'column' THEN RATIO(COALESCE(m.value, nothing.value), ct.value)
    WHEN 'total' THEN RATIO(COALESCE(m.value, nothing.value), grand.value)
  END AS share,
  COALESCE(rt.value, nothing.value) AS row_total,
  COALESCE(ct.value, nothing.value) AS column_total,
  base.customers AS base_customers,
  products_in_base.products AS base_products
FROM listed_rows AS r
CROSS JOIN listed_columns AS c
CROSS JOIN base
CROSS JOIN products_in_base
CROSS JOIN grand
CROSS JOIN nothing
LEFT JOIN measured AS m ON m.row_value = r.row_value AND m.column_value = c.column_value
LEFT JOIN row_totals AS rt ON rt.row_value = r.row_value
LEFT JOIN column_totals AS ct ON ct.column_value = c.column_value
ORDER BY
  CASE WHEN r.row_value = :unknown THEN 1 ELSE 0 END,
  CASE WHEN :sort = 'value' THEN -COALESCE(rt.value, 0) END,
  CASE WHEN :rows_name = 'age_band' THEN ARRAY_POSITION(:age_bands, r.row_value) END,
  r.row_value,
  CASE WHEN c.column_value = :unknown THEN 1 ELSE 0 END,
  CASE WHEN :sort = 'value' THEN -COALESCE(ct.value, 0) END,
  c.column_value
