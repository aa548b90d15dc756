/*
id: category_breadth
name: {ja: 購入カテゴリ拡張分析, en: Breadth of categories per customer}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: 買うカテゴリが多い顧客ほど価値が高いか。まだ1つのカテゴリしか買っていないのはだれか。
  en: "Does buying from more categories go with more value, and who is still a single-category customer?"
method:
  ja: "顧客ごとに、期間内に買った異なるカテゴリの数を、期間全体と購入の順番ごとに数える。カテゴリ数ごとに、購入金額、翌期購入率、次に買ったカテゴリを示す。"
  en: "Distinct categories per customer in the period and by purchase number; spend, repeat rate and next category for each breadth."
parameter_groups: [period, base, pur]
parameters:
- {name: level, type: "enum(category_l1,category_l2,brand)", default: category_l1, label_ja: 数える単位, note: ""}
- {name: max_breadth, type: int, default: 8, minimum: 1, label_ja: 最大のカテゴリ数, note: "more than that count as that"}
- {name: order_count, type: int, default: 0, minimum: 0, label_ja: 購入回数をそろえる, note: "only customers with exactly so many purchases in the period; 0 = everybody"}
columns:
- {name: breadth, type: int, unit: categories, label_ja: カテゴリ数}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: amount_per_customer, type: money, unit: JPY/person, label_ja: 1人あたり金額}
- {name: orders_per_customer, type: double, unit: count/person, label_ja: 平均回数}
- {name: repeat_rate_next, type: ratio, unit: ratio, label_ja: 翌期購入率}
- {name: top_single, type: string, unit: none, label_ja: 主カテゴリ}
- {name: top_next, type: string, unit: none, label_ja: 次カテゴリ}
charts:
- {kind: bar, x: breadth, y: customers}
- {kind: line, x: breadth, y: amount_per_customer}
- {kind: table}
cells:
- {name: breadth, keys: [breadth, main_category], types: {main_category: string}, customers: broad, products: missing_products, becomes: {ja: "そのカテゴリ数の顧客。商品＝まだ買われていないカテゴリの商品", en: "customers; products = categories not yet bought"}}
rules: [TZ, PUR, RET, GUEST, MERGE, MULTI, CENSOR, SET]
notes:
- ja: "購入回数の多い顧客は、偶然でも多くのカテゴリに触れる。「購入回数をそろえる」を指定すると、購入回数の等しい顧客どうしで比べられる。"
  en: "frequent buyers meet more categories by chance; order_count shows customers with equal purchase counts side by side"
- ja: "カテゴリ数は、返品後も手元に残る物がある期間内のカテゴリの数。サービスとカテゴリのない商品は数えないため、0の顧客もいる。"
  en: "breadth counts the categories of the period in which something was kept; services and products without a category count for none, so a customer may have 0"
- ja: "翌期は、期間のあとの同じ長さの期間。基準日までにそのすべてが過ぎるまで、翌期購入率は空欄。その場合は、より前の期間を選ぶ。"
  en: "翌期 is the time of equal length after the period; the rate is null until all of it has passed by as_of: choose an earlier period"
- ja: "主カテゴリは、顧客が最も多くの金額を使ったカテゴリ。表の主カテゴリは、そのカテゴリ数の顧客に最も多いもの（同数なら金額、名称の順で決める）。"
  en: "主カテゴリ is the one in which a customer spent most; top_single is that of most customers of the breadth (ties: amount, name)"
- ja: "次カテゴリは、その数のカテゴリを買い終えた顧客が次に買い足したカテゴリのうち、最も人数の多いもの。1回の購入で複数のカテゴリを買い足した場合は、それぞれに数える。"
  en: "次カテゴリ is what most customers added next once they had bought from so many categories; several categories added in one purchase count each"
- ja: "セルの商品は、そのセルの顧客の一部がまだ買っていないカテゴリの商品。"
  en: "the products of a cell are those of categories that some of its customers have not bought"
*/
WITH bought AS (
  SELECT
    p.customer_id,
    COUNT_IF(p.purchase_date <= :period_end) AS orders,
    SUM(CASE WHEN p.purchase_date <= :period_end THEN p.amount ELSE 0 END) AS amount,
    COUNT_IF(p.purchase_date > :period_end) > 0 AS has_next
  FROM purchases AS p
  WHERE
    p.purchase_date >= :period_start
    AND p.purchase_date <= DATE_ADD('day', DATE_DIFF('day', :period_start, :period_end) + 1, :period_end)
  GROUP BY p.customer_id
  HAVING
    COUNT_IF(p.purchase_date <= :period_end) > 0
    AND (:order_count = 0 OR COUNT_IF(p.purchase_date <= :period_end) = :order_count)
),
tasted AS (
  SELECT d.customer_id, d.item, MIN(d.n) AS first_n, SUM(d.amount) AS amount
  FROM item_days AS d
  WHERE d.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY d.customer_id, d.item
),
placed AS (
  SELECT
    t.customer_id,
    t.item,
    RANK() OVER (PARTITION BY t.customer_id ORDER BY t.first_n) - 1 AS breadth_before,
    ROW_NUMBER() OVER (PARTITION BY t.customer_id ORDER BY t.amount DESC, t.item) AS place
  FROM tasted AS t
  JOIN bought AS b ON b.customer_id = t.customer_id
),
broad AS (
  SELECT
    b.customer_id,
    b.orders,
    b.amount,
    b.has_next,
    LEAST(COUNT(p.item), :max_breadth) AS breadth,
    MAX(CASE WHEN p.place = 1 THEN p.item END) AS main_category
  FROM bought AS b
  LEFT JOIN placed AS p ON p.customer_id = b.customer_id
  GROUP BY b.customer_id, b.orders, b.amount, b.has_next
),
mains AS (
  SELECT
    breadth,
    main_category,
    COUNT(*) AS customers,
    ROW_NUMBER() OVER (PARTITION BY breadth ORDER BY COUNT(*) DESC, SUM(amount) DESC, main_category) AS place
  FROM broad
  GROUP BY breadth, main_category
),
nexts AS (
  SELECT
    LEAST(breadth_before, :max_breadth) AS breadth,
    item,
    ROW_NUMBER() OVER (PARTITION BY LEAST(breadth_before, :max_breadth) ORDER BY COUNT(*) DESC, item) AS place
  FROM placed
  GROUP BY LEAST(breadth_before, :max_breadth), item
),
-- How many customers of a cell have bought from each category: where it is not all of them, its products are open.
spread AS (
  SELECT b.breadth, b.main_category, p.item, COUNT(*) AS customers
  FROM broad AS b
  JOIN placed AS p ON p.customer_id = b.customer_id
  GROUP BY b.breadth, b.main_category, p.item
),
missing_products AS (
  SELECT m.breadth, m.main_category, i.product_id
  FROM mains AS m
  CROSS JOIN items AS i
  LEFT JOIN spread AS s ON s.breadth = m.breadth AND s.main_category = m.main_category AND s.item = i.item
  WHERE NOT i.is_service AND i.item <> :unknown AND COALESCE(s.customers, 0) < m.customers
),
counted AS (
  SELECT
    breadth,
    COUNT(*) AS customers,
    SUM(amount) AS amount,
    SUM(orders) AS orders,
    COUNT_IF(has_next) AS next_customers
  FROM broad
  GROUP BY breadth
)
SELECT
  c.breadth,
  c.customers,
  CAST(RATIO(c.amount, c.customers) AS DECIMAL(18, 2)) AS amount_per_customer,
  RATIO(c.orders, c.customers) AS orders_per_customer,
  CASE
    WHEN DATE_ADD('day', DATE_DIFF('day', :period_start, :period_end) + 1, :period_end) <= :as_of
      THEN RATIO(c.next_customers, c.customers)
  END AS repeat_rate_next,
  m.main_category AS top_single,
  n.item AS top_next
FROM counted AS c
JOIN mains AS m ON m.breadth = c.breadth AND m.place = 1
LEFT JOIN nexts AS n ON n.breadth = c.breadth AND n.place = 1
ORDER BY c.breadth
