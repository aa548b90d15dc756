/*
id: entry_product_quality
name: {ja: 入口商品別LTV分析, en: Quality of entry products}
category: product
origin: extension
tier: core
question:
  ja: 最初に買った商品によって、その後よい顧客になるかはどう違うか(人数ではなく価値で見る)。
  en: "Which first product leads to good customers, judged by value and not by number?"
method:
  ja: "生涯の初回購入の商品ごとの顧客：獲得人数、初回値引率、F2転換率、その後の「観測月数」の価値（初回の注文を除く）、優良になった割合。人数と価値のバブル図。"
  en: "Customers by product of the lifetime first purchase: count, discount at entry, F2, value of the months after without the first order, share that reaches 優良; bubble of volume against value."
parameter_groups: [period, base, pur, stat, top]
parameters:
- {name: level, type: "enum(product,parent,category_l3,brand)", default: parent, label_ja: 商品の単位, note: "parent = the style that groups SKUs"}
- {name: months, type: int, default: 12, minimum: 1, label_ja: 観測月数, note: ""}
- {name: min_customers, type: int, default: 50, minimum: 1, label_ja: 最少人数, note: ""}
- {name: toddler_days, type: int, default: 90, minimum: 0, label_ja: よちよちの日数, note: "優良 is as in the customer portfolio"}
- {name: loyal_days, type: int, default: 210, minimum: 0, label_ja: 優良の日数, note: ""}
- {name: amount_border, type: money, default: 70000, label_ja: 金額の境界, note: ""}
columns:
- {name: entry_item, type: string, unit: none, label_ja: 入口商品}
- {name: customers, type: int, unit: people, label_ja: 獲得人数}
- {name: avg_discount, type: ratio, unit: ratio, label_ja: 初回値引率}
- {name: f2_rate, type: ratio, unit: ratio, label_ja: F2転換率}
- {name: later_value, type: money, unit: JPY/person, label_ja: 以降価値}
- {name: loyal_rate, type: ratio, unit: ratio, label_ja: 優良化率}
- {name: top_second_item, type: string, unit: none, label_ja: 2回目主商品}
- {name: index, type: double, unit: ratio, label_ja: 全体比}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bubble, x: customers, y: later_value, size: f2_rate}
- {kind: table}
cells:
- {name: row, keys: [entry_item], customers: not_repeated, products: entry_products, becomes: {ja: "その商品で買い始め、2回目を買っていない顧客", en: "customers who entered with it and have not repeated"}}
- {name: entered, keys: [entry_item, entry_date], types: {entry_date: date}, customers: entries, products: entry_products, becomes: {ja: "それらの日にその商品で買い始めた顧客", en: "customers who entered with it on these days"}}
rules: [TZ, PUR, RET, GUEST, MERGE, MULTI, CENSOR, UNK, SMALL, SET]
notes:
- ja: "最初のかごに複数の商品があるときは、金額構成比の重みで顧客をそれぞれの商品に割り当てる。獲得人数は頭数。"
  en: "with several products in the first basket each gets the customer with weight amount share; counts show heads"
- ja: "集計期間は初回購入の期間。F2転換率、以降価値、優良化率はその後の「観測月数」を見る（初回購入そのものは優良の判定にだけ使う）。対象は基準日までにその月数が過ぎた顧客だけで、誰も過ぎていなければ値なし。"
  en: "the period holds the first purchase; F2, value and 優良 look at the months after it, the first purchase itself only for 優良, and only at customers for whom they have passed by as_of (null while nobody's have)"
- ja: "全体比＝その商品の顧客の以降価値÷集計期間に買い始めた全顧客の以降価値。獲得人数の順に「表示件数」までの商品を残す。"
  en: "index = later value of the item's customers over that of all customers who entered in the period; top_n items by heads are kept"
- ja: "初回値引率は、入口商品の明細の定価に対する値引き。定価のある明細がなければ値なし。"
  en: "the discount is that of the entry lines against the list price; null where no line has one"
*/
WITH first_lines AS (
  SELECT
    l.customer_id,
    l.order_id AS entry_order,
    l.purchase_date AS entry_date,
    i.item AS entry_item,
    l.product_id,
    l.amount,
    l.list_price * l.quantity AS listed,
    CASE WHEN l.list_price IS NOT NULL THEN (l.list_price - l.unit_price) * l.quantity END AS discount
  FROM purchase_lines AS l
  JOIN items AS i ON i.product_id = l.product_id
  WHERE l.n = 1 AND NOT i.is_service AND l.quantity > 0 AND l.purchase_date BETWEEN :period_start AND :period_end
),
entries AS (
  SELECT
    customer_id,
    entry_item,
    entry_date,
    SUM(discount) AS discount,
    SUM(CASE WHEN discount IS NOT NULL THEN listed END) AS listed,
    COALESCE(
      RATIO(SUM(amount), SUM(SUM(amount)) OVER (PARTITION BY customer_id)),
      RATIO(1, COUNT(*) OVER (PARTITION BY customer_id))
    ) AS weight
  FROM first_lines
  GROUP BY customer_id, entry_item, entry_date
),
entry_products AS (
  SELECT DISTINCT entry_item, entry_date, product_id FROM first_lines
),
entrants AS (
  SELECT DISTINCT e.customer_id, e.entry_date, p.amount AS entry_amount
  FROM entries AS e
  JOIN purchases AS p ON p.customer_id = e.customer_id AND p.n = 1
),
-- What followed within the months: only for customers for whom they have passed.
outcomes AS (
  SELECT
    e.customer_id,
    CASE WHEN COUNT(p.order_id) > 0 THEN 1 ELSE 0 END AS repeated,
    COALESCE(SUM(p.amount), 0) AS later_amount,
    CASE
      WHEN
        CPM_STAGE_OF(
          COUNT(p.order_id) + 1,
          DATE_DIFF('day', e.entry_date, MAX(p.purchase_date)),
          e.entry_amount + COALESCE(SUM(p.amount), 0)
        ) = '優良'
        THEN 1
      ELSE 0
    END AS loyal
  FROM entrants AS e
  LEFT JOIN purchases AS p
    ON p.customer_id = e.customer_id
    AND p.n > 1
    AND p.purchase_date < DATE_ADD('month', :months, e.entry_date)
  WHERE DATE_ADD('month', :months, e.entry_date) <= DATE_ADD('day', 1, :as_of)
  GROUP BY e.customer_id, e.entry_date, e.entry_amount
),
second_lines AS (
  SELECT l.customer_id, i.item, SUM(l.amount) AS amount
  FROM purchase_lines AS l
  JOIN items AS i ON i.product_id = l.product_id
  WHERE l.n = 2 AND NOT i.is_service AND l.quantity > 0
  GROUP BY l.customer_id, i.item
),
second_items AS (
  SELECT
    e.entry_item,
    s.item,
    ROW_NUMBER() OVER (
      PARTITION BY e.entry_item
      ORDER BY COUNT(*) DESC, SUM(s.amount) DESC, s.item
    ) AS place
  FROM entries AS e
  JOIN second_lines AS s ON s.customer_id = e.customer_id
  GROUP BY e.entry_item, s.item
),
not_repeated AS (
  SELECT e.entry_item, e.entry_date, e.customer_id
  FROM entries AS e
  LEFT JOIN purchases AS p ON p.customer_id = e.customer_id AND p.n = 2
  WHERE p.customer_id IS NULL
),
by_item AS (
  SELECT
    e.entry_item,
    COUNT(*) AS customers,
    SUM(CASE WHEN o.customer_id IS NOT NULL THEN e.weight END) AS observed,
    RATIO(SUM(e.discount), SUM(e.listed)) AS avg_discount,
    RATIO(SUM(e.weight * o.repeated), SUM(CASE WHEN o.customer_id IS NOT NULL THEN e.weight END)) AS f2_rate,
    CAST(
      RATIO(SUM(e.weight * CAST(o.later_amount AS DOUBLE)), SUM(CASE WHEN o.customer_id IS NOT NULL THEN e.weight END))
      AS DECIMAL(18, 2)
    ) AS later_value,
    RATIO(SUM(e.weight * o.loyal), SUM(CASE WHEN o.customer_id IS NOT NULL THEN e.weight END)) AS loyal_rate
  FROM entries AS e
  LEFT JOIN outcomes AS o ON o.customer_id = e.customer_id
  GROUP BY e.entry_item
),
overall AS (
  SELECT AVG(CAST(later_amount AS DOUBLE)) AS later_value FROM outcomes
),
placed AS (
  SELECT
    b.*,
    ROW_NUMBER() OVER (
      ORDER BY
        CASE WHEN b.entry_item = :unknown THEN 1 ELSE 0 END,
        b.customers DESC,
        b.later_value DESC NULLS LAST,
        b.entry_item
    ) AS place
  FROM by_item AS b
  WHERE b.customers >= :min_customers
)
SELECT
  p.entry_item,
  p.customers,
  p.avg_discount,
  p.f2_rate,
  p.later_value,
  p.loyal_rate,
  s.item AS top_second_item,
  RATIO(p.later_value, o.later_value) AS index,
  p.f2_rate IS NOT NULL AND ROUND(p.observed, 9) < :min_cell AS low_n
FROM placed AS p
CROSS JOIN overall AS o
LEFT JOIN second_items AS s ON s.entry_item = p.entry_item AND s.place = 1
WHERE p.place <= :top_n
ORDER BY p.place
