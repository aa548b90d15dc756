/*
id: category_cross_matrix
name: {ja: カテゴリ併買マトリクス分析, en: Cross-category matrix per customer}
category: product
origin: extension
tier: standard
question:
  ja: 期間全体で見て、同じ顧客に買われているのはどのカテゴリとどのカテゴリか(かご単位ではなく人単位)。
  en: "Across the whole period, which categories share customers, not just baskets?"
method:
  ja: "併買率＝両方のカテゴリを買った顧客÷カテゴリAを買った顧客。リフト値と、単独購入者・併買者の価値も出す。"
  en: "Customers buying both categories / customers of the row category, lift, and value of single versus double buyers."
parameter_groups: [period, base, pur]
parameters:
- {name: level, type: "enum(category_l1,category_l2,brand)", default: category_l1, label_ja: 商品の単位, note: ""}
- {name: min_customers, type: int, default: 30, minimum: 1, label_ja: 最少人数, note: "categories with fewer buyers are left out"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "buyers of A, or of B, under which low_n is set"}
columns:
- {name: row_category, type: string, unit: none, label_ja: カテゴリA}
- {name: column_category, type: string, unit: none, label_ja: カテゴリB}
- {name: both, type: int, unit: people, label_ja: 併買人数}
- {name: rate, type: ratio, unit: ratio, label_ja: 併買率}
- {name: lift, type: double, unit: ratio, label_ja: リフト値}
- {name: value_single, type: money, unit: JPY/person, label_ja: 単独購入者価値}
- {name: value_both, type: money, unit: JPY/person, label_ja: 併買者価値}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: heatmap, x: column_category, y: row_category, color: lift}
- {kind: network, source: row_category, target: column_category, size: lift}
- {kind: table}
cells:
- {name: cell, keys: [row_category, column_category], customers: without_column, products: best_sellers, becomes: {ja: "Aを買い、Bを買っていない顧客。商品はBの売れ筋", en: "buyers of A not of B; products = best sellers of B"}}
- {name: both, keys: [row_category, column_category, has_both], types: {has_both: bool}, customers: crossed, products: best_sellers_of_both, becomes: {ja: "両方を買った顧客（has_both=true）", en: "buyers of both (has_both=true)"}}
rules: [TZ, PUR, RET, GUEST, MERGE, MULTI, SMALL, SET]
notes:
- ja: "期間が長いほど率は上がる。併買率ではなくリフト値で比べる。"
  en: "a long period drives every rate up; compare lift, not rate"
- ja: "価値＝集計期間に、カテゴリを問わず商品に使った額。単独購入者＝Aを買い、Bを買わなかった顧客。"
  en: "value = what the customer spent on goods of any category in the period; single = buyers of A who did not buy B"
- ja: "リフト値＝併買率÷商品の全購買者に占めるBの購買者の割合。売れ筋＝これらの顧客への売上が最も多いBの10商品。"
  en: "lift = the rate over the share of B's buyers among all buyers of goods; best sellers: the ten products of B with the highest sales to these customers"
*/
WITH
-- The 60 categories with the most products have a bit each, so that what somebody bought is one number; others have none.
placed_items AS (
  SELECT
    i.product_id,
    i.item,
    CASE WHEN p.place <= 60 THEN CAST(POWER(2, p.place - 1) AS BIGINT) ELSE 0 END AS bit
  FROM items AS i
  JOIN (SELECT item, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, item) AS place FROM items GROUP BY item) AS p
    ON p.item = i.item
  WHERE NOT i.is_service AND i.item <> :unknown
),
bits AS (
  SELECT DISTINCT item, bit FROM placed_items WHERE bit > 0
),
bought_lines AS (
  SELECT l.customer_id, i.item, i.bit, l.product_id, l.amount
  FROM purchase_lines AS l
  JOIN placed_items AS i ON i.product_id = l.product_id
  WHERE l.quantity > 0 AND l.purchase_date BETWEEN :period_start AND :period_end
),
owned AS (
  SELECT
    customer_id,
    BITWISE_OR_AGG(bit) AS bits,
    ARRAY_AGG(item ORDER BY item) FILTER (WHERE bit = 0) AS others,
    SUM(amount) AS amount
  FROM bought_lines
  GROUP BY customer_id
),
-- Customers who bought the same categories are counted together, before pairs are made of them.
alike AS (
  SELECT
    ROW_NUMBER() OVER (ORDER BY bits, others) AS set_no,
    bits,
    others,
    COUNT(*) AS customers,
    SUM(amount) AS amount
  FROM owned
  GROUP BY bits, others
),
everybody AS (
  SELECT CAST(SUM(customers) AS BIGINT) AS customers FROM alike
),
members AS (
  SELECT k.set_no, b.item, k.customers, k.amount
  FROM alike AS k
  JOIN bits AS b ON k.bits / b.bit % 2 = 1
  UNION ALL
  SELECT DISTINCT k.set_no, o.item, k.customers, k.amount
  FROM alike AS k
  CROSS JOIN UNNEST(k.others) AS o(item)
),
-- Everybody who bought both; a category with itself is everybody who bought it.
pairs AS (
  SELECT
    a.item AS row_category,
    b.item AS column_category,
    CAST(SUM(a.customers) AS BIGINT) AS customers,
    SUM(a.amount) AS amount
  FROM members AS a
  JOIN members AS b ON b.set_no = a.set_no
  GROUP BY a.item, b.item
),
sizes AS (
  SELECT row_category AS item, customers, amount
  FROM pairs
  WHERE row_category = column_category AND customers >= :min_customers
),
buyers AS (
  SELECT DISTINCT customer_id, item FROM bought_lines
),
crossed AS (
  SELECT
    a.item AS row_category,
    s.item AS column_category,
    a.customer_id,
    b.customer_id IS NOT NULL AS has_both
  FROM buyers AS a
  JOIN sizes AS x ON x.item = a.item
  JOIN sizes AS s ON s.item <> a.item
  LEFT JOIN buyers AS b ON b.customer_id = a.customer_id AND b.item = s.item
),
without_column AS (
  SELECT row_category, column_category, customer_id FROM crossed WHERE NOT has_both
),
sellers AS (
  SELECT item, product_id, ROW_NUMBER() OVER (PARTITION BY item ORDER BY SUM(amount) DESC, product_id) AS place
  FROM bought_lines
  GROUP BY item, product_id
),
best_sellers AS (
  SELECT a.item AS row_category, b.item AS column_category, b.product_id
  FROM sizes AS a
  JOIN sellers AS b ON b.item <> a.item
  WHERE b.place <= 10
),
best_sellers_of_both AS (
  SELECT b.row_category, b.column_category, h.has_both, b.product_id
  FROM best_sellers AS b
  CROSS JOIN (VALUES (TRUE), (FALSE)) AS h(has_both)
),
counted AS (
  SELECT
    x.item AS row_category,
    y.item AS column_category,
    COALESCE(b.customers, 0) AS both,
    x.customers,
    y.customers AS column_customers,
    x.customers - COALESCE(b.customers, 0) AS single,
    x.amount - COALESCE(b.amount, 0) AS amount_single,
    b.amount AS amount_both
  FROM sizes AS x
  JOIN sizes AS y ON y.item <> x.item
  LEFT JOIN pairs AS b ON b.row_category = x.item AND b.column_category = y.item
)
SELECT
  c.row_category,
  c.column_category,
  c.both,
  RATIO(c.both, c.customers) AS rate,
  RATIO(c.both * e.customers, c.customers * c.column_customers) AS lift,
  CAST(RATIO(c.amount_single, c.single) AS DECIMAL(18, 2)) AS value_single,
  CAST(RATIO(c.amount_both, c.both) AS DECIMAL(18, 2)) AS value_both,
  LEAST(c.customers, c.column_customers) < :min_cell AS low_n
FROM counted AS c
CROSS JOIN everybody AS e
ORDER BY c.customers DESC, c.row_category, c.column_customers DESC, c.column_category
