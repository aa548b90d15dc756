/*
id: margin_discount_trend
name: {ja: 粗利・値引率推移, en: Margin and discount trend}
category: overview
origin: extension
tier: standard
question:
  ja: 粗利と値引きの深さはどう動いているか。どの値引きが割に合っているか。
  en: "How do gross margin and the depth of discounts move, and which promotion pays?"
method:
  ja: "期間ごとに、定価額→値引き（売価変更、クーポン。会員価格は売価変更に含む）→純売上→原価→粗利を、価格のウォーターフォールで示す。"
  en: "List value -> discounts by type (price cut, coupon, member price) -> net -> cost -> margin per period, as a price waterfall."
parameter_groups: [period, base, pur, grain, axis]
parameters:
- {name: axis, type: axis, default: category_l1, over: [products, sales, stores, lines, customers], shown_as: axis_value, label_ja: 集計軸, note: "category_l1, channel, store_id, coupon_id, or another column of products, orders, stores or customers"}
- {name: max_axis_values, type: int, default: 10, minimum: 1, label_ja: 軸の最大件数, note: "rest goes to その他"}
- {name: include_points_as_cost, type: bool, default: false, label_ja: 付与ポイントを原価に含める, note: "points granted with the order, one yen a point"}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: axis_value, type: string, unit: none, label_ja: 属性値}
- {name: list_amount, type: money, unit: JPY, label_ja: 定価額}
- {name: price_cut, type: money, unit: JPY, label_ja: 売価変更}
- {name: coupon, type: money, unit: JPY, label_ja: クーポン}
- {name: net_amount, type: money, unit: JPY, label_ja: 純売上}
- {name: cost, type: money, unit: JPY, label_ja: 原価}
- {name: margin, type: money, unit: JPY, label_ja: 粗利}
- {name: margin_rate, type: ratio, unit: ratio, label_ja: 粗利率}
- {name: discount_rate, type: ratio, unit: ratio, label_ja: 値引率}
charts:
- {kind: waterfall, y: [list_amount, price_cut, coupon, net_amount, cost, margin], options: {totals: [list_amount, net_amount, margin], taken: [price_cut, coupon, cost]}}
- {kind: line, x: bucket, y: margin_rate, color: axis_value}
- {kind: line, x: bucket, y: discount_rate, color: axis_value}
- {kind: table}
cells:
- {name: cell, keys: [bucket, axis_value], customers: reduced, products: reduced, becomes: {ja: "値引きされた価格で買った購買者と、そのとき買った商品", en: "buyers at reduced price, and what they bought so"}}
footnotes:
- {label_ja: 原価不明の純売上, cte: without_cost}
rules: [TZ, RET, GUEST, UNK, DIV0, RECON, SET]
notes:
- ja: "原価のない明細は表の下に別に示し、粗利率に入れない。"
  en: "lines without cost are shown apart (below the table) and not in margin_rate"
- ja: "定価額−売価変更−クーポン＝純売上で、純売上の合計は売上推移に一致する。「金額の基準」がgrossのときは何も差し引かない。"
  en: "list_amount - price_cut - coupon = net_amount, which adds up to 売上推移; with amount_basis=gross nothing is taken off"
- ja: "売価変更＝その日の通常価格−実際の売価（セール、タイムセール、会員価格）。クーポン＝クーポンの付いた明細が売価より安くなった額と、クーポンを使った注文が明細の合計より安くなった額。"
  en: "price_cut is the regular price of the day less the price charged: sales, time sales and member prices; coupon is what a line with a coupon costs less than its price, and what an order with a redeemed coupon costs less than its lines"
- ja: "注文が明細以外に請求する額には商品がなく、集計軸が商品の項目のときは「送料・調整」に入る。"
  en: "what an order charges beyond its lines has no product and stands in 送料・調整 when the axis is one of products"
- ja: "粗利率は原価の分かる売上に対する割合。その売上が0以下なら値なし。"
  en: "margin_rate is over the sales whose cost is known, empty where these are zero or below"
*/
WITH granted AS (
  SELECT order_id, SUM(points) AS points
  FROM point_ledger
  WHERE :include_points_as_cost AND entry_type IN ('earn', 'bonus') AND order_id IS NOT NULL
  GROUP BY order_id
),
redeemed AS (
  SELECT DISTINCT order_id FROM coupon_redemptions WHERE order_id IS NOT NULL
),
listed AS (
  SELECT
    CASE
      WHEN lines.is_guest AND :axis_reads_customers THEN :guest
      WHEN lines.is_adjustment AND :axis_reads_products THEN :adjustment
      ELSE :axis
    END AS own_value,
    GRAIN_OF(lines.sale_date) AS bucket,
    lines.sale_order_id,
    CASE WHEN NOT lines.is_guest THEN lines.customer_id END AS customer_id,
    lines.product_id,
    lines.is_adjustment,
    lines.is_return,
    lines.amount,
    lines.cost + CASE
      WHEN g.points IS NULL OR lines.is_return THEN 0
      ELSE CAST(
        CAST(g.points AS DOUBLE) * COALESCE(RATIO(lines.amount, SUM(lines.amount) OVER (PARTITION BY lines.order_id)), 0)
        AS DECIMAL(18, 2)
      )
    END AS cost,
    lines.coupon_id,
    r.order_id IS NOT NULL AS has_coupon,
    CASE
      WHEN :amount_basis = 'net_excl_tax' THEN COALESCE(RATIO(o.net_amount - COALESCE(o.tax_amount, 0), o.net_amount), 1)
      ELSE 1
    END AS part,
    CAST(lines.unit_price * lines.quantity AS DOUBLE) AS charged,
    CAST(COALESCE(lines.list_price, lines.unit_price) * lines.quantity AS DOUBLE) AS regular
  FROM sales_lines AS lines
  JOIN sales ON sales.order_id = lines.order_id
  JOIN orders AS o ON o.order_id = lines.order_id
  LEFT JOIN products ON products.product_id = lines.product_id
  LEFT JOIN stores ON stores.store_id = lines.store_id
  LEFT JOIN population AS customers ON customers.customer_id = lines.customer_id
  LEFT JOIN granted AS g ON g.order_id = lines.sale_order_id
  LEFT JOIN redeemed AS r ON r.order_id = lines.sale_order_id
  WHERE lines.sale_date BETWEEN :period_start AND :period_end
),
priced AS (
  SELECT
    l.*,
    CASE
      WHEN l.is_adjustment AND NOT l.is_return THEN GREATEST(l.amount, 0)
      WHEN l.is_adjustment OR :amount_basis = 'gross' OR l.regular IS NULL THEN l.amount
      ELSE CAST(l.part * l.regular AS DECIMAL(18, 2))
    END AS list_amount,
    CASE
      WHEN :amount_basis = 'gross' THEN 0
      WHEN l.is_adjustment AND l.has_coupon AND NOT l.is_return THEN GREATEST(-l.amount, 0)
      WHEN NOT l.is_adjustment AND l.coupon_id IS NOT NULL
        THEN COALESCE(CAST(l.part * l.charged AS DECIMAL(18, 2)) - l.amount, 0)
      ELSE 0
    END AS coupon
  FROM listed AS l
),
ranked AS (
  SELECT
    own_value,
    own_value = :unknown OR own_value = :guest OR own_value = :adjustment AS is_apart,
    ROW_NUMBER() OVER (
      PARTITION BY own_value = :unknown OR own_value = :guest OR own_value = :adjustment
      ORDER BY SUM(amount) DESC, own_value
    ) AS place
  FROM priced
  GROUP BY own_value
),
shown AS (
  SELECT p.*, CASE WHEN r.is_apart OR r.place <= :max_axis_values THEN p.own_value ELSE :other END AS axis_value
  FROM priced AS p
  JOIN ranked AS r ON r.own_value = p.own_value
),
reduced AS (
  SELECT bucket, axis_value, sale_order_id, customer_id, product_id
  FROM shown
  WHERE customer_id IS NOT NULL
  GROUP BY bucket, axis_value, sale_order_id, customer_id, product_id
  HAVING SUM(list_amount) > SUM(amount) AND COUNT_IF(NOT is_return) > 0
),
without_cost AS (
  SELECT COALESCE(SUM(amount), 0) AS amount FROM shown WHERE cost IS NULL
),
measured AS (
  SELECT
    bucket,
    axis_value,
    SUM(list_amount) AS list_amount,
    SUM(list_amount - coupon - amount) AS price_cut,
    SUM(coupon) AS coupon,
    SUM(amount) AS net_amount,
    SUM(cost) AS cost,
    SUM(CASE WHEN cost IS NOT NULL THEN amount - cost END) AS margin,
    SUM(CASE WHEN cost IS NOT NULL THEN amount END) AS costed_amount
  FROM shown
  GROUP BY bucket, axis_value
)
SELECT
  bucket,
  axis_value,
  list_amount,
  price_cut,
  coupon,
  net_amount,
  cost,
  margin,
  CASE WHEN costed_amount > 0 THEN RATIO(margin, costed_amount) END AS margin_rate,
  CASE WHEN list_amount > 0 THEN RATIO(price_cut + coupon, list_amount) END AS discount_rate
FROM measured
ORDER BY
  bucket,
  CASE axis_value WHEN :other THEN 1 WHEN :adjustment THEN 2 WHEN :guest THEN 3 WHEN :unknown THEN 4 ELSE 0 END,
  SUM(net_amount) OVER (PARTITION BY axis_value) DESC,
  axis_value
