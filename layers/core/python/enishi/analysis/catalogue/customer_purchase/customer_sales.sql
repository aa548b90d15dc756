/*
id: customer_sales
name: {ja: 顧客別売上分析, en: Sales by customer}
category: customer_purchase
origin: brief
brief_names: [顧客別売上分析]
tier: core
question:
  ja: 期間中に、誰がいくら・何回・いつ買ったか。売上を支えているのは誰か。
  en: "How much, how often and how recently did each customer buy in the period, and who carries the sales?"
method:
  ja: "購入を顧客ごとに集計し、「並び」の順（初期設定は購入金額）に順位を付け、合計に対する累積構成比を示す。"
  en: "Aggregate v_purchases per customer; rank by amount and add the running share of the total."
parameter_groups: [period, base, pur, top]
parameters:
- {name: sort, type: "enum(amount,orders,items,last_purchase)", default: amount, label_ja: 並び, note: ""}
- {name: min_orders, type: int, default: 1, minimum: 1, label_ja: 最少購入回数, note: ""}
columns:
- {name: customer_id, type: string, unit: none, label_ja: 顧客ID}
- {name: orders, type: int, unit: orders, label_ja: 購入回数}
- {name: items, type: int, unit: items, label_ja: 購入点数}
- {name: amount, type: money, unit: JPY, label_ja: 購入金額}
- {name: avg_order, type: money, unit: JPY/order, label_ja: 平均単価}
- {name: margin, type: money, unit: JPY, label_ja: 粗利}
- {name: first_purchase, type: date, unit: date, label_ja: 初回購入日}
- {name: last_purchase, type: date, unit: date, label_ja: 最終購入日}
- {name: rank, type: int, unit: none, label_ja: 順位}
- {name: cum_share, type: ratio, unit: ratio, label_ja: 累積構成比}
charts:
- {kind: table}
- {kind: pareto, x: rank, y: [amount, cum_share], where: {rank: {min: 1}}}
cells:
- {name: customer, keys: [rank], customers: placed, products: placed_products, becomes: {ja: "その顧客と、期間内に買ったすべての商品", en: "those customers and every product they bought in the period"}}
- {name: id, keys: [customer_id], customers: placed, products: placed_products, becomes: {ja: "その顧客", en: "one customer"}}
rules: [TZ, PUR, RET, NEG, GUEST, MERGE, TIE, RECON, SET]
notes:
- ja: "「表示件数」を超える行は、その他に、合計が0以下の顧客は、0以下に合計する（どちらも順位は空欄）。非会員の売上は表の下に示す。"
  en: "rows after top_n are summed as その他, customers whose total is zero or below as 0以下 (rank null in both); sales of guests stand below the table"
- ja: "顧客の明細に原価のないものがあれば、粗利は空欄。"
  en: "margin is null when any line of the customer lacks a cost"
footnotes:
- {label_ja: 非会員売上, cte: guest_sales}
*/
WITH bought AS (
  SELECT
    p.customer_id,
    COUNT(*) AS orders,
    SUM(p.items) AS items,
    SUM(p.amount) AS amount,
    MIN(p.purchase_date) AS first_purchase,
    MAX(p.purchase_date) AS last_purchase
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY p.customer_id
  HAVING COUNT(*) >= :min_orders
),
bought_lines AS (
  SELECT l.customer_id, l.product_id, l.cost, l.margin
  FROM purchase_lines AS l
  WHERE l.purchase_date BETWEEN :period_start AND :period_end
),
margins AS (
  SELECT customer_id, CASE WHEN COUNT(cost) = COUNT(*) THEN SUM(margin) END AS margin
  FROM bought_lines
  GROUP BY customer_id
),
placed AS (
  SELECT
    b.*,
    ROW_NUMBER() OVER (
      ORDER BY
        CASE :sort
          WHEN 'orders' THEN CAST(b.orders AS DOUBLE)
          WHEN 'items' THEN CAST(b.items AS DOUBLE)
          WHEN 'last_purchase' THEN CAST(DATE_DIFF('day', DATE '1970-01-01', b.last_purchase) AS DOUBLE)
          ELSE CAST(b.amount AS DOUBLE)
        END DESC,
        b.amount DESC,
        b.orders DESC,
        b.customer_id
    ) AS rank
  FROM bought AS b
  WHERE b.amount > 0
),
placed_products AS (
  SELECT p.rank, p.customer_id, l.product_id
  FROM placed AS p
  JOIN bought_lines AS l ON l.customer_id = p.customer_id
),
guest_sales AS (
  SELECT COALESCE(SUM(s.amount), 0) AS amount
  FROM sales AS s
  WHERE s.is_guest AND s.sale_date BETWEEN :period_start AND :period_end
),
-- Those who are listed are few: who is not among them is summed up without a rank.
listed AS (
  SELECT * FROM placed WHERE rank <= :top_n
),
rest AS (
  SELECT * FROM bought WHERE amount > 0 AND customer_id NOT IN (SELECT customer_id FROM listed)
),
ranked_sales AS (
  SELECT SUM(amount) AS amount FROM bought WHERE amount > 0
),
kept AS (
  SELECT
    p.customer_id,
    p.orders,
    p.items,
    p.amount,
    m.margin,
    p.first_purchase,
    p.last_purchase,
    p.rank,
    RATIO(SUM(p.amount) OVER (ORDER BY p.rank), t.amount) AS cum_share
  FROM listed AS p
  CROSS JOIN ranked_sales AS t
  LEFT JOIN margins AS m ON m.customer_id = p.customer_id
  UNION ALL
  SELECT
    :other,
    SUM(r.orders),
    SUM(r.items),
    SUM(r.amount),
    CASE WHEN COUNT(m.margin) = COUNT(*) THEN SUM(m.margin) END,
    MIN(r.first_purchase),
    MAX(r.last_purchase),
    NULL,
    1e0
  FROM rest AS r
  LEFT JOIN margins AS m ON m.customer_id = r.customer_id
  HAVING COUNT(*) > 0
  UNION ALL
  SELECT
    :not_positive, SUM(orders), SUM(items), SUM(amount), NULL, MIN(first_purchase), MAX(last_purchase), NULL, NULL
  FROM bought
  WHERE amount <= 0
  HAVING COUNT(*) > 0
)
SELECT
  k.customer_id,
  k.orders,
  k.items,
  k.amount,
  CAST(RATIO(k.amount, k.orders) AS DECIMAL(18, 2)) AS avg_order,
  k.margin,
  k.first_purchase,
  k.last_purchase,
  k.rank,
  k.cum_share
FROM kept AS k
ORDER BY k.rank NULLS LAST, k.cum_share NULLS LAST, k.customer_id
