/*
id: discount_dependency_customer
name: {ja: 顧客別値引き依存度分析, en: Discount dependency of customers}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: 値引きされた物ばかり買うのはだれか。定価で買うのはだれか。
  en: "Who buys only when something is reduced, and who pays the regular price?"
method:
  ja: "顧客ごとに、クーポンも含めて定価より安く売れた明細の割合を求める。定価派、混合、値引き派に分け、区分ごとに粗利率とリピート率を示す。"
  en: "Share of a customer's lines sold more than discount_border below list price, coupon included; bands full-price, mixed, bargain; margin and repeat rate per band."
parameter_groups: [period, base, pur]
parameters:
- {name: discount_border, type: ratio, default: 0.05, minimum: 0, maximum: 1, label_ja: 値引きとみなす率, note: a line counts as reduced above it}
- {name: bands, type: list(ratio), default: "0.2,0.8", minimum: 0, maximum: 1, label_ja: 区分の境界, note: "share of reduced lines: below the first 定価派, from the second on 値引き派"}
- {name: min_lines, type: int, default: 3, minimum: 1, label_ja: 最少明細数, note: with fewer the customer is 判定外}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "customers, or judged lines, under which low_n is set"}
columns:
- {name: band, type: enum, unit: none, label_ja: 区分}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: discounted_share, type: ratio, unit: ratio, label_ja: 値引購入率}
- {name: avg_discount, type: ratio, unit: ratio, label_ja: 平均値引率}
- {name: margin_rate, type: ratio, unit: ratio, label_ja: 粗利率}
- {name: repeat_rate, type: ratio, unit: ratio, label_ja: リピート率}
- {name: amount, type: money, unit: JPY, label_ja: 購入金額}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: band, y: customers}
- {kind: scatter, x: discounted_share, y: repeat_rate, size: customers, color: band}
- {kind: table}
cells:
- {name: band, keys: [band], customers: banded, products: banded_products, becomes: {ja: "その区分の顧客（例：セールのメールから除く定価派）", en: "customers (for example full-price buyers to leave out of a sale mail)"}}
rules: [TZ, PUR, RET, GUEST, MERGE, SMALL, SET]
notes:
- ja: "ポイント払いは支払手段であり、値引きとはみなさない。"
  en: "point payment is tender and not a discount"
- ja: "明細の値引きは、その日の定価に対する、明細のクーポンも反映した実際の支払額による。定価のない明細は判定しない。"
  en: "the discount of a line is what was paid, coupons on it included, against the list price of the day; lines without a list price are not judged"
- ja: "割合が境界と等しい場合は、上の区分に入る。"
  en: "a share that reaches a border exactly belongs to the band above it"
- ja: "値引購入率＝値引きのあった明細／判定した明細。平均値引率＝値引額／定価で計算した金額。"
  en: "discounted_share is reduced lines over judged lines, avg_discount the money taken off over the money at list price"
- ja: "リピート率は、期間内に2回以上購入した顧客の割合。原価のない明細があれば、粗利率は空欄。"
  en: "repeat_rate is the share with two purchases and more in the period; margin_rate is null where a line has no cost"
*/
WITH bought AS (
  SELECT p.customer_id, COUNT(*) AS orders, SUM(p.amount) AS amount
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY p.customer_id
),
bought_lines AS (
  SELECT
    l.customer_id,
    l.product_id,
    l.amount,
    l.cost,
    l.margin,
    CASE WHEN l.list_price * l.quantity > 0 THEN l.list_price * l.quantity END AS list_amount
  FROM purchase_lines AS l
  WHERE l.purchase_date BETWEEN :period_start AND :period_end
),
judged AS (
  SELECT
    customer_id,
    COUNT(list_amount) AS lines,
    COUNT_IF(1 - RATIO(amount, list_amount) > :discount_border + 1e-9) AS reduced_lines,
    SUM(list_amount) AS list_amount,
    SUM(CASE WHEN list_amount IS NOT NULL THEN amount END) AS paid_amount,
    SUM(amount) AS line_amount,
    CASE WHEN COUNT(cost) = COUNT(*) THEN SUM(margin) END AS margin
  FROM bought_lines
  GROUP BY customer_id
),
banded AS (
  SELECT
    CASE
      WHEN COALESCE(j.lines, 0) < :min_lines THEN '判定外'
      WHEN RATIO(j.reduced_lines, j.lines) < ELEMENT_AT(:bands, 1) THEN '定価派'
      WHEN RATIO(j.reduced_lines, j.lines) < ELEMENT_AT(:bands, 2) THEN '混合'
      ELSE '値引き派'
    END AS band,
    b.customer_id,
    b.orders,
    b.amount,
    COALESCE(j.lines, 0) AS lines,
    COALESCE(j.reduced_lines, 0) AS reduced_lines,
    j.list_amount,
    j.paid_amount,
    j.line_amount,
    j.margin
  FROM bought AS b
  LEFT JOIN judged AS j ON j.customer_id = b.customer_id
),
banded_products AS (
  SELECT b.band, l.product_id
  FROM banded AS b
  JOIN bought_lines AS l ON l.customer_id = b.customer_id
),
bands AS (
  SELECT t.place, t.band
  FROM (VALUES (1, '定価派'), (2, '混合'), (3, '値引き派'), (4, '判定外')) AS t(place, band)
),
counted AS (
  SELECT
    band,
    COUNT(*) AS customers,
    SUM(lines) AS lines,
    RATIO(SUM(reduced_lines), SUM(lines)) AS discounted_share,
    1 - RATIO(SUM(paid_amount), SUM(list_amount)) AS avg_discount,
    CASE WHEN COUNT(margin) = COUNT(line_amount) THEN RATIO(SUM(margin), SUM(line_amount)) END AS margin_rate,
    RATIO(COUNT_IF(orders >= 2), COUNT(*)) AS repeat_rate,
    SUM(amount) AS amount
  FROM banded
  GROUP BY band
)
SELECT
  b.band,
  COALESCE(c.customers, 0) AS customers,
  c.discounted_share,
  c.avg_discount,
  c.margin_rate,
  c.repeat_rate,
  COALESCE(c.amount, 0) AS amount,
  COALESCE(c.customers < :min_cell OR c.lines BETWEEN 1 AND :min_cell - 1, FALSE) AS low_n
FROM bands AS b
LEFT JOIN counted AS c ON c.band = b.band
ORDER BY b.place
