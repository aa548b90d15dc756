/*
id: sales_by_attribute
name: {ja: 購入属性別売上分析, en: Sales by purchase attribute}
category: overview
origin: brief
brief_names: [購入属性別売上分析]
tier: core
question:
  ja: 売上は、カテゴリ・ブランド・店舗・地域・チャネル・支払方法・クーポン・年代・ランクや独自属性のどこで生まれているか。
  en: "How do sales split over category, brand, store, area, channel, payment, coupon, age, rank or any own attribute?"
method:
  ja: "集計期間を1つまたは2つの軸で分けた売上、購買者数、件数、点数、客単価、構成比。上の階層から下の階層へ掘り下げられる。"
  en: "Group the period by one or two axes with sales, buyers, orders, items, average and shares; drill from upper to lower levels."
parameter_groups: [period, base, pur, axis, top]
parameters:
- {name: axis, type: axis, default: category_l1, over: [products, sales, stores, customers, lines], shown_as: axis_value, label_ja: 集計軸, note: "any column of products, sales, stores or customers, coupon_id, or attributes[...]; several with commas"}
- {name: axis2, type: axis, default: null, over: [products, sales, stores, customers, lines], shown_as: axis_value, label_ja: 第2の集計軸, note: "combined with the first; category_l1 then category_l2 drills down"}
columns:
- {name: axis_value, type: string, unit: none, label_ja: 属性値}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: orders, type: int, unit: orders, label_ja: 件数}
- {name: items, type: int, unit: items, label_ja: 点数}
- {name: avg_order, type: money, unit: JPY/order, label_ja: 客単価}
- {name: amount_per_buyer, type: money, unit: JPY/person, label_ja: 1人あたり}
- {name: yoy, type: ratio, unit: ratio, label_ja: 前年比}
charts:
- {kind: bar, x: axis_value, y: amount}
- {kind: treemap, x: axis_value, y: amount, where: {amount: {min: 1}}}
- {kind: table}
cells:
- {name: axis_value, keys: [axis_value], customers: shown, products: shown_products, becomes: {ja: "その属性値の購買者と、該当する商品", en: "buyers of that value and the matching products"}}
rules: [TZ, PUR, RET, NEG, GUEST, UNK, MULTI, TIE, RECON, SET]
notes:
- ja: "どの軸でも明細を合計する。集計軸が商品の項目のとき、注文は該当するそれぞれの値に数えるので、件数と購買者数を足すと全体を超えることがある（規則MULTI）。"
  en: "lines are summed, whatever the axis; with an axis of products an order counts in each of its values, so orders and buyers may add up to more than the total (rule MULTI)"
- ja: "注文が明細以外に請求する額には商品がなく、集計軸が商品の項目のときは「送料・調整」に入る。"
  en: "what an order charges beyond its lines has no product and stands in 送料・調整 when the axis is one of products"
- ja: "非会員は注文の値に数え、集計軸が顧客の項目のときだけ「非会員」の行になる。"
  en: "guests fall under the value of their order; only with an axis of customers are they the row 非会員"
- ja: "1人あたりは会員のもの。非会員は人数を数えられない。"
  en: "amount_per_buyer is of members; guests cannot be counted"
- ja: "前年比＝売上÷前年の同じ日の売上。1（100%）＝同じ。"
  en: "yoy is the amount over the amount of the same days a year before, 1 = equal"
*/
WITH placed AS (
  SELECT
    CASE
      WHEN lines.is_guest AND (:axis_reads_customers OR :axis2_reads_customers) THEN :guest
      WHEN lines.is_adjustment AND (:axis_reads_products OR :axis2_reads_products) THEN :adjustment
      WHEN :axis2_name IS NULL THEN :axis
      ELSE :axis || ' × ' || :axis2
    END AS own_value,
    CASE WHEN NOT lines.is_guest AND NOT lines.is_return THEN lines.customer_id END AS customer_id,
    CASE WHEN NOT lines.is_return THEN lines.order_id END AS order_id,
    lines.is_guest,
    lines.product_id,
    lines.quantity,
    lines.amount,
    lines.sale_date BETWEEN :period_start AND :period_end AS is_current,
    DATE_ADD('year', 1, lines.sale_date) BETWEEN :period_start AND LEAST(:period_end, :as_of) AS is_last_year
  FROM sales_lines AS lines
  JOIN sales ON sales.order_id = lines.order_id
  LEFT JOIN products ON products.product_id = lines.product_id
  LEFT JOIN stores ON stores.store_id = lines.store_id
  LEFT JOIN population AS customers ON customers.customer_id = lines.customer_id
  WHERE lines.sale_date BETWEEN DATE_ADD('year', -1, :period_start) AND :period_end
),
totals AS (
  SELECT
    own_value,
    SUM(amount) AS amount,
    COUNT(DISTINCT order_id) AS orders,
    own_value = :unknown OR own_value = :guest OR own_value = :adjustment AS is_apart
  FROM placed
  WHERE is_current
  GROUP BY own_value
),
ranked AS (
  SELECT
    t.*,
    ROW_NUMBER() OVER (
      PARTITION BY t.is_apart OR t.amount <= 0
      ORDER BY t.amount DESC, t.orders DESC, t.own_value
    ) AS place
  FROM totals AS t
),
named AS (
  SELECT
    own_value,
    CASE
      WHEN is_apart THEN own_value
      WHEN amount <= 0 THEN :not_positive
      WHEN place <= LEAST(:top_n, :max_axis_values) THEN own_value
      ELSE :other
    END AS axis_value
  FROM ranked
),
both_years AS (
  SELECT n.axis_value, p.*
  FROM placed AS p
  JOIN named AS n ON n.own_value = p.own_value
),
shown AS (
  SELECT axis_value, customer_id, order_id, is_guest, product_id, quantity, amount
  FROM both_years
  WHERE is_current
),
shown_products AS (
  SELECT axis_value, product_id FROM shown
),
last_year AS (
  SELECT axis_value, SUM(amount) AS amount
  FROM both_years
  WHERE is_last_year
  GROUP BY axis_value
),
measured AS (
  SELECT
    axis_value,
    SUM(amount) AS amount,
    SUM(CASE WHEN NOT is_guest THEN amount END) AS member_amount,
    COUNT(DISTINCT customer_id) AS buyers,
    COUNT(DISTINCT order_id) AS orders,
    SUM(quantity) AS items
  FROM shown
  GROUP BY axis_value
)
SELECT
  m.axis_value,
  m.amount,
  CASE WHEN m.amount > 0 THEN RATIO(m.amount, SUM(m.amount) OVER ()) END AS share,
  m.buyers,
  m.orders,
  m.items,
  CAST(RATIO(m.amount, m.orders) AS DECIMAL(18, 2)) AS avg_order,
  CAST(RATIO(m.member_amount, m.buyers) AS DECIMAL(18, 2)) AS amount_per_buyer,
  RATIO(m.amount, y.amount) AS yoy
FROM measured AS m
LEFT JOIN last_year AS y ON y.axis_value = m.axis_value
ORDER BY
  CASE m.axis_value WHEN :other THEN 1 WHEN :not_positive THEN 2 WHEN :adjustment THEN 3 WHEN :guest THEN 4
    WHEN :unknown THEN 5 ELSE 0 END,
  m.amount DESC,
  m.orders DESC,
  m.axis_value
