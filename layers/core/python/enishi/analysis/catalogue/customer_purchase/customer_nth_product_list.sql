/*
id: customer_nth_product_list
name: {ja: 顧客別N回目購入商品リスト, en: Products of the N-th purchase by customer}
category: customer_purchase
origin: brief
brief_names: [顧客別N回目購入商品リスト]
tier: core
question:
  ja: それぞれの顧客は、N回目の購入で具体的に何を、いつ、どこで、いくらで買ったか。
  en: Exactly what did each customer buy on the N-th purchase?
method:
  ja: "顧客ごとに、生涯でN回目の購入の明細を、明細1行につき1行で一覧にする（購入日、店舗、金額を付ける）。"
  en: "List lines of the N-th lifetime purchase per customer, one row per line, with date, store and price."
parameter_groups: [period, base, pur, top]
parameters:
- {name: n_from, type: int, default: 1, minimum: 1, label_ja: 何回目から, note: ""}
- {name: n_to, type: int, default: 3, minimum: 1, label_ja: 何回目まで, note: ""}
- {name: pivot, type: bool, default: false, label_ja: 顧客ごとに横に並べる, note: "true = one row per customer: N1 | N2 … in product_id and product_name"}
columns:
- {name: customer_id, type: string, unit: none, label_ja: 顧客ID}
- {name: n, type: int, unit: count, label_ja: N回目}
- {name: purchase_date, type: date, unit: date, label_ja: 購入日}
- {name: product_id, type: string, unit: none, label_ja: 商品ID}
- {name: product_name, type: string, unit: none, label_ja: 商品名}
- {name: quantity, type: int, unit: items, label_ja: 数量}
- {name: amount, type: money, unit: JPY, label_ja: 金額}
- {name: channel, type: enum, unit: none, label_ja: チャネル}
- {name: store, type: string, unit: none, label_ja: 店舗}
- {name: days_since_prev, type: int, unit: days, label_ja: 前回からの日数}
charts:
- {kind: table}
cells:
- {name: rows, keys: [customer_id, n, purchase_date, product_id, product_name, channel, store, days_since_prev], customers: listed, products: listed, becomes: {ja: "その行の顧客と商品", en: "their customers and their products"}}
rules: [TZ, PUR, RET, GUEST, MERGE, SET]
notes:
- ja: "「返品の計上」がoriginの場合、全品返品された購入は飛ばし、次の購入がその回数になる。"
  en: "a fully returned N is skipped and the following purchase takes its number in return_mode origin"
- ja: "横に並べる形では、1回の購入の複数の商品を明細の順に「・」で、購入どうしを「|」でつなぐ。購入がない、または期間外の回は「-」。N回目は並べた最後の回、購入日はその日、金額は合計。"
  en: "in pivot form several products of one purchase are joined in line order by ・, purchases by |, and - is one that is missing or outside the period; n is then the last N listed, purchase_date its day, amounts are summed"
- ja: "Nは顧客の生涯での順番。集計期間は、その購入の日で判定する。"
  en: "N is the rank in the customer's life; the period holds the purchase"
- ja: "並べた金額の合計の大きい顧客から並べる。「表示件数」を超える行（横に並べる形では顧客）は、その他に合計する。"
  en: "customers with the largest listed amount stand first; rows after top_n (customers, in pivot form) are summed as その他"
- ja: "明細のない購入は、商品なしの1行とし、購入自体の金額を示す。"
  en: "a purchase without lines is one row without product, with its own amount"
*/
WITH bought AS (
  SELECT
    p.customer_id,
    p.n,
    p.purchase_date,
    p.channel,
    p.store_id,
    p.items,
    p.amount,
    DATE_DIFF('day', p.previous_date, p.purchase_date) AS days_since_prev
  FROM purchases AS p
  WHERE p.n BETWEEN :n_from AND :n_to AND p.purchase_date BETWEEN :period_start AND :period_end
),
bought_lines AS (
  SELECT
    l.customer_id,
    l.n,
    l.order_id,
    l.line_no,
    l.product_id,
    COALESCE(l.product_name, :unknown) AS product_name,
    l.quantity,
    l.amount
  FROM purchase_lines AS l
  WHERE l.n BETWEEN :n_from AND :n_to AND l.purchase_date BETWEEN :period_start AND :period_end
),
listed AS (
  SELECT
    b.customer_id,
    b.n,
    b.purchase_date,
    l.product_id,
    l.product_name,
    CASE WHEN l.customer_id IS NULL THEN b.items ELSE l.quantity END AS quantity,
    CASE WHEN l.customer_id IS NULL THEN b.amount ELSE l.amount END AS amount,
    CHANNEL_WORD(b.channel) AS channel,
    COALESCE(s.store, b.store_id, :unknown) AS store,
    b.days_since_prev,
    l.order_id,
    l.line_no
  FROM bought AS b
  LEFT JOIN bought_lines AS l ON l.customer_id = b.customer_id AND l.n = b.n
  LEFT JOIN store_labels AS s ON s.store_id = b.store_id
),
spenders AS (
  SELECT customer_id, ROW_NUMBER() OVER (ORDER BY SUM(amount) DESC, COUNT(*) DESC, customer_id) AS customer_place
  FROM listed
  GROUP BY customer_id
),
placed AS (
  SELECT
    l.*,
    k.customer_place,
    ROW_NUMBER() OVER (ORDER BY k.customer_place, l.n, l.order_id, l.line_no, l.product_id) AS place
  FROM listed AS l
  JOIN spenders AS k ON k.customer_id = l.customer_id
),
-- One row a customer and N of the pivot form, those that she has not made too.
baskets AS (
  SELECT
    k.customer_id,
    t.n,
    k.customer_place,
    MAX(p.purchase_date) AS purchase_date,
    ARRAY_JOIN(ARRAY_AGG(p.product_id ORDER BY p.place), '・') AS product_ids,
    ARRAY_JOIN(ARRAY_AGG(p.product_name ORDER BY p.place), '・') AS product_names,
    SUM(p.quantity) AS quantity,
    SUM(p.amount) AS amount,
    COUNT(p.customer_id) AS lines
  FROM spenders AS k
  CROSS JOIN UNNEST(SEQUENCE(:n_from, :n_to)) AS t(n)
  LEFT JOIN placed AS p ON p.customer_id = k.customer_id AND p.n = t.n
  WHERE :pivot
  GROUP BY k.customer_id, t.n, k.customer_place
),
answered AS (
  SELECT
    place, customer_id, n, purchase_date, product_id, product_name, quantity, amount, channel, store, days_since_prev
  FROM placed
  WHERE NOT :pivot
  UNION ALL
  SELECT
    customer_place,
    customer_id,
    MAX(CASE WHEN lines > 0 THEN n END),
    MAX(purchase_date),
    ARRAY_JOIN(ARRAY_AGG(CASE WHEN lines > 0 THEN product_ids ELSE '-' END ORDER BY n), ' | '),
    ARRAY_JOIN(ARRAY_AGG(CASE WHEN lines > 0 THEN product_names ELSE '-' END ORDER BY n), ' | '),
    SUM(quantity),
    SUM(amount),
    NULL,
    NULL,
    NULL
  FROM baskets
  GROUP BY customer_place, customer_id
),
kept AS (
  SELECT * FROM answered WHERE place <= :top_n
  UNION ALL
  SELECT MAX(place), :other, NULL, NULL, NULL, NULL, SUM(quantity), SUM(amount), NULL, NULL, NULL
  FROM answered
  WHERE place > :top_n
  HAVING COUNT(*) > 0
)
SELECT
  k.customer_id,
  k.n,
  k.purchase_date,
  k.product_id,
  k.product_name,
  k.quantity,
  k.amount,
  k.channel,
  k.store,
  k.days_since_prev
FROM kept AS k
ORDER BY k.place
