/*
id: pi_value
name: {ja: PI値分析, en: "Purchase index per 1,000 receipts"}
category: product
origin: extension
tier: standard
question:
  ja: レジ通過1,000件あたり、商品は何点・いくら売れているか。店舗ごとに全店と比べる。
  en: "Per 1,000 receipts, how many pieces and yen does an item make in each store?"
method:
  ja: "数量PI＝点数÷レジ通過数×1000、金額PI＝金額÷レジ通過数×1000。店舗を全店と比べる。機会額＝差×レジ通過数（金額に換算）。"
  en: "quantity PI = pieces / receipts x 1000, amount PI = amount / receipts x 1000; store against chain; lost potential = gap x receipts, in money."
parameter_groups: [period, base, pur, top]
parameters:
- {name: level, type: "enum(product,parent,category_l2)", default: category_l2, label_ja: 商品の単位, note: ""}
- {name: base, type: "enum(all_receipts,selling_stores)", default: all_receipts, label_ja: 全店の母数, note: "selling_stores compares only stores that sold the item"}
columns:
- {name: store, type: string, unit: none, label_ja: 店舗}
- {name: item, type: string, unit: none, label_ja: 商品}
- {name: receipts, type: int, unit: orders, label_ja: レジ通過数}
- {name: quantity_pi, type: double, unit: items, label_ja: 数量PI, of: receipts}
- {name: amount_pi, type: money, unit: JPY/1000, label_ja: 金額PI, of: receipts}
- {name: chain_pi, type: double, unit: items, label_ja: 全店PI}
- {name: gap, type: double, unit: items, label_ja: 差, of: receipts}
- {name: potential, type: money, unit: JPY, label_ja: 機会額}
charts:
- {kind: heatmap, x: item, y: store, color: quantity_pi}
- {kind: bar, x: store, y: potential}
- {kind: table}
cells:
- {name: low, keys: [store, item], customers: elsewhere, products: item_products, becomes: {ja: "その店舗の顧客のうち、その商品を他の店舗で買っている顧客", en: "customers of the store who buy the item in another store"}}
- {name: bought, keys: [store, item, bought_date], types: {bought_date: date}, customers: store_buyers, products: item_products_sold, becomes: {ja: "それらの日に、その店舗でその商品を買った会員", en: "members who bought it in the store on these days"}}
rules: [TZ, RET, GUEST, DIV0, SMALL, UNK, SET]
notes:
- ja: "レジ通過数は非会員を含む。商品の絞り込みは商品だけに効き、レジ通過数と店舗の顧客には効かない。"
  en: "receipts include guests; a product filter narrows the items, never the receipts nor who is a customer of the store"
- ja: "レジ通過は注文またはレシート1件で、後の返品を問わない。点数と金額は返品を引いたもの。"
  en: "a receipt is an order or a till slip, whatever came back later; pieces and yen are net of returns"
- ja: "機会額＝全店PIに対する店舗の不足分×レジ通過数÷1,000×全店の1点あたり価格。下回っていなければ0。"
  en: "potential = what the store lacks to the chain's PI × its receipts ÷ 1,000 × the chain's price per piece; 0 where it is not behind"
- ja: "全店は、集計期間にレジ通過のある全店舗（オンラインショップを含む）。「全店の母数」がall_receiptsのときは、売れたかどうかにかかわらず、全店舗の全商品を並べる。サービスは除く。"
  en: "the chain are all stores with receipts in the period, online shops too; all_receipts lists every item in every store, sold there or not; services are out"
- ja: "機会額、次に金額の順に「表示件数」までの行を残す。"
  en: "the top_n rows by potential, then by amount, are kept"
standard: "PI = quantity (or amount) / customers x 1000, kotobank and Nikkei xTREND glossary."
*/
WITH store_receipts AS (
  SELECT s.store_id, COALESCE(t.store, s.store_id, :unknown) AS store, COUNT(*) AS receipts
  FROM sale_documents AS s
  LEFT JOIN store_labels AS t ON t.store_id = s.store_id
  WHERE NOT s.is_return AND s.sale_date BETWEEN :period_start AND :period_end
  GROUP BY s.store_id, COALESCE(t.store, s.store_id, :unknown)
),
sold AS (
  SELECT
    COALESCE(l.store_id, '') AS store_id,
    i.item,
    CASE WHEN NOT l.is_guest THEN l.customer_id END AS customer_id,
    l.sale_date,
    l.quantity,
    l.amount
  FROM sales_lines AS l
  JOIN items AS i ON i.product_id = l.product_id
  WHERE NOT i.is_service AND l.sale_date BETWEEN :period_start AND :period_end
),
in_store AS (
  SELECT store_id, item, SUM(quantity) AS quantity, SUM(amount) AS amount
  FROM sold
  GROUP BY store_id, item
),
chain_receipts AS (
  SELECT SUM(receipts) AS receipts FROM store_receipts
),
chain AS (
  SELECT
    n.item,
    SUM(n.quantity) AS quantity,
    SUM(n.amount) AS amount,
    CASE :base WHEN 'selling_stores' THEN SUM(r.receipts) ELSE MAX(c.receipts) END AS receipts
  FROM in_store AS n
  JOIN store_receipts AS r ON COALESCE(r.store_id, '') = n.store_id
  CROSS JOIN chain_receipts AS c
  GROUP BY n.item
  HAVING SUM(n.quantity) > 0
),
compared AS (
  SELECT
    r.store,
    c.item,
    r.receipts,
    COALESCE(n.amount, 0) AS amount,
    RATIO(COALESCE(n.quantity, 0) * 1000, r.receipts) AS quantity_pi,
    RATIO(COALESCE(n.amount, 0) * 1000, r.receipts) AS amount_pi,
    RATIO(c.quantity * 1000, c.receipts) AS chain_pi,
    RATIO(c.amount, c.quantity) AS price
  FROM chain AS c
  CROSS JOIN store_receipts AS r
  LEFT JOIN in_store AS n ON n.item = c.item AND n.store_id = COALESCE(r.store_id, '')
  WHERE :base = 'all_receipts' OR n.item IS NOT NULL
),
valued AS (
  SELECT
    d.*,
    CAST(GREATEST(d.chain_pi - d.quantity_pi, 0) * d.receipts / 1000 * d.price AS DECIMAL(18, 2)) AS potential
  FROM compared AS d
),
member_buys AS (
  SELECT s.customer_id, s.store_id, r.store, s.item, s.sale_date AS bought_date, s.quantity
  FROM sold AS s
  JOIN store_receipts AS r ON COALESCE(r.store_id, '') = s.store_id
  WHERE s.customer_id IS NOT NULL
),
store_buyers AS (
  SELECT store, item, bought_date, customer_id FROM member_buys WHERE quantity > 0
),
-- Whoever bought anything in the store: a product filter does not narrow its customers.
store_customers AS (
  SELECT DISTINCT r.store, s.customer_id
  FROM sale_documents AS s
  JOIN store_receipts AS r ON COALESCE(r.store_id, '') = COALESCE(s.store_id, '')
  WHERE NOT s.is_return AND NOT s.is_guest AND s.sale_date BETWEEN :period_start AND :period_end
),
item_buyers AS (
  SELECT store, item, customer_id
  FROM member_buys
  GROUP BY store, item, customer_id
  HAVING SUM(quantity) > 0
),
elsewhere AS (
  SELECT c.store, b.item, c.customer_id
  FROM store_customers AS c
  JOIN item_buyers AS b ON b.customer_id = c.customer_id AND b.store <> c.store
),
item_products AS (
  SELECT r.store, i.item, i.product_id
  FROM store_receipts AS r
  CROSS JOIN items AS i
),
item_products_sold AS (
  SELECT DISTINCT b.store, b.item, b.bought_date, i.product_id
  FROM store_buyers AS b
  JOIN items AS i ON i.item = b.item
)
SELECT
  store,
  item,
  receipts,
  quantity_pi,
  CAST(amount_pi AS DECIMAL(18, 2)) AS amount_pi,
  chain_pi,
  quantity_pi - chain_pi AS gap,
  potential
FROM (
  SELECT
    v.*,
    ROW_NUMBER() OVER (
      ORDER BY
        CASE WHEN v.store = :unknown OR v.item = :unknown THEN 1 ELSE 0 END,
        v.potential DESC,
        v.amount DESC,
        v.store,
        v.item
    ) AS place
  FROM valued AS v
) AS placed
WHERE place <= :top_n
ORDER BY place
