/*
id: nth_purchase_attribute
name: {ja: N回目購入属性別分析, en: Attributes of the N-th purchase}
category: customer_purchase
origin: brief
brief_names: [N回目購入属性別分析]
tier: core
question:
  ja: 1回目・2回目・3回目…の購入では、何が、どこで、いくらで買われているか。どの買い方が次の購入につながるか。
  en: "What is bought, where and at which price on the 1st, 2nd, 3rd ... purchase?"
method:
  ja: "各購入に生涯での回数Nを付け、1つの購入属性（カテゴリ、商品、価格帯、チャネル、店舗、媒体、支払方法、クーポン利用）で分ける。"
  en: "Tag each purchase with its lifetime N and group by one purchase attribute (category, product, price band, channel, store, medium, payment, coupon use)."
parameter_groups: [period, base, pur, axis, top]
parameters:
- {name: n_from, type: int, default: 1, minimum: 1, label_ja: 何回目から, note: ""}
- {name: n_to, type: int, default: 5, minimum: 1, label_ja: 何回目まで, note: ""}
- {name: share_within, type: "enum(n,attribute)", default: n, label_ja: 構成比の分母, note: "n: the purchases of that N; attribute: the purchases with that value from n_from to n_to"}
- {name: maturity_days, type: int, default: 180, minimum: 1, label_ja: 観測を待つ日数, note: "next_rate is of purchases at least so old"}
- {name: axis, type: axis, default: category_l1, over: [orders, products, lines, stores, receipts, customers], shown_as: attribute, label_ja: 購入属性, note: "of the purchase: also product_id, price_band, channel, store_id, response_code, payment_method, coupon_id …"}
columns:
- {name: n, type: int, unit: count, label_ja: N回目}
- {name: attribute, type: string, unit: none, label_ja: 属性値}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: orders, type: int, unit: orders, label_ja: 件数}
- {name: amount, type: money, unit: JPY, label_ja: 購買金額}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: index_vs_first, type: double, unit: ratio, label_ja: 初回比指数}
- {name: next_rate, type: ratio, unit: ratio, label_ja: 次回転換率}
charts:
- {kind: heatmap, x: n, y: attribute, color: share}
- {kind: stacked_bar, x: n, y: orders, color: attribute, where: {attribute: {not: [合計]}}}
- {kind: table}
cells:
- {name: cell, keys: [n, attribute], customers: tagged, products: tagged_products, becomes: {ja: "N回目の購入がその属性だった顧客と、該当する明細の商品", en: "customers whose N-th purchase had this attribute, with the lines that match"}}
rules: [TZ, PUR, RET, GUEST, MERGE, UNK, MULTI, CENSOR, TIE, SET]
notes:
- ja: "複数のカテゴリを含む購入は、それぞれに1回数える（MULTI）。各Nの「合計」の行は重複なしで、構成比は空欄。"
  en: "a basket with several categories counts once in each (MULTI); the row 合計 of each N is distinct, its share is null"
- ja: "Nは顧客の生涯での順番。集計期間は、その購入の日で判定する。"
  en: "N is the rank in the customer's life; the period holds the purchase"
- ja: "N回目の購入は顧客1人に1つ。件数が購買者数を上回るのは、「購入の数え方」がdayでレシートをまとめる場合だけ。"
  en: "a customer has one N-th purchase: orders are more than buyers only where purchase_unit=day puts receipts together"
- ja: "1回の購入に複数の値があるときは、購買金額を明細の金額で按分する。このため金額は足し合わせられる。"
  en: "the amount of a purchase with several values is shared among them by their lines, so amounts add up"
- ja: "構成比は購入件数による。初回比指数は、「構成比の分母」によらず、そのNでの構成比を、期間内の N = 1 での構成比で割る。"
  en: "shares are of purchases; index_vs_first is the share within N against the share within N = 1 of the period, whatever share_within is"
- ja: "次回転換率は観測が完了した購入による。「観測を待つ日数」以上前のN回目の購入のうち、基準日までに次の購入があった割合。"
  en: "next_rate is matured: of N-th purchases at least maturity_days old, those that another one followed by as_of"
- ja: "購入件数で「表示件数」（または「軸の最大件数」）を超える値は、その他の1行にまとめる。"
  en: "beyond top_n (or max_axis_values) values, by purchases, the rest is one row その他"
*/
WITH followed AS (
  SELECT
    p.*,
    LEAD(p.purchase_date) OVER (PARTITION BY p.customer_id ORDER BY p.n) AS next_date
  FROM purchases AS p
),
-- The first purchases too: every share is compared with theirs.
bought AS (
  SELECT f.*, f.purchase_date <= DATE_ADD('day', -:maturity_days, :as_of) AS is_matured
  FROM followed AS f
  WHERE f.purchase_date BETWEEN :period_start AND :period_end AND (f.n BETWEEN :n_from AND :n_to OR f.n = 1)
),
bought_lines AS (
  SELECT
    l.customer_id,
    l.n,
    l.product_id,
    l.unit_price,
    l.coupon_id,
    COALESCE(
      RATIO(l.amount, SUM(l.amount) OVER (PARTITION BY l.customer_id, l.n)),
      RATIO(1, COUNT(*) OVER (PARTITION BY l.customer_id, l.n))
    ) AS share
  FROM purchase_lines AS l
  WHERE l.purchase_date BETWEEN :period_start AND :period_end AND (l.n BETWEEN :n_from AND :n_to OR l.n = 1)
),
valued AS (
  SELECT
    :axis AS value,
    orders.customer_id,
    orders.n,
    orders.receipts,
    orders.is_matured,
    orders.next_date,
    lines.product_id,
    CAST(orders.amount AS DOUBLE) * COALESCE(lines.share, 1e0) AS amount
  FROM bought AS orders
  JOIN population AS customers ON customers.customer_id = orders.customer_id
  LEFT JOIN stores ON stores.store_id = orders.store_id
  LEFT JOIN orders AS receipts ON receipts.order_id = orders.order_id AND :axis_reads_receipts
  LEFT JOIN bought_lines AS lines
    ON lines.customer_id = orders.customer_id
    AND lines.n = orders.n
    AND (:axis_reads_lines OR :axis_reads_products)
  LEFT JOIN products ON products.product_id = lines.product_id
),
single AS (
  SELECT value, customer_id, n, receipts, is_matured, next_date, SUM(amount) AS amount
  FROM valued
  GROUP BY value, customer_id, n, receipts, is_matured, next_date
),
ranked AS (
  SELECT value, ROW_NUMBER() OVER (ORDER BY value = :unknown, COUNT(*) DESC, SUM(amount) DESC, value) AS place
  FROM single
  GROUP BY value
),
named AS (
  SELECT
    value,
    CASE WHEN place <= LEAST(:top_n, :max_axis_values) OR value = :unknown THEN value ELSE :other END AS attribute
  FROM ranked
),
tagged AS (
  SELECT
    s.n,
    k.attribute,
    s.customer_id,
    s.receipts,
    s.is_matured,
    s.next_date,
    SUM(s.amount) AS amount
  FROM single AS s
  JOIN named AS k ON k.value = s.value
  GROUP BY s.n, k.attribute, s.customer_id, s.receipts, s.is_matured, s.next_date
  UNION ALL
  SELECT n, :total, customer_id, receipts, is_matured, next_date, CAST(amount AS DOUBLE)
  FROM bought
),
tagged_products AS (
  SELECT v.n, k.attribute, COALESCE(v.product_id, l.product_id) AS product_id
  FROM valued AS v
  JOIN named AS k ON k.value = v.value
  LEFT JOIN bought_lines AS l ON v.product_id IS NULL AND l.customer_id = v.customer_id AND l.n = v.n
  UNION ALL
  SELECT n, :total, product_id
  FROM bought_lines
),
counted AS (
  SELECT
    n,
    attribute,
    COUNT(*) AS buyers,
    SUM(receipts) AS orders,
    CAST(SUM(amount) AS DECIMAL(18, 2)) AS amount,
    RATIO(COUNT_IF(is_matured AND next_date IS NOT NULL), COUNT_IF(is_matured)) AS next_rate
  FROM tagged
  GROUP BY n, attribute
),
shared AS (
  SELECT
    c.*,
    RATIO(c.orders, t.orders) AS share_of_n,
    RATIO(c.orders, SUM(CASE WHEN c.n BETWEEN :n_from AND :n_to THEN c.orders END) OVER (PARTITION BY c.attribute))
      AS share_of_attribute
  FROM counted AS c
  JOIN counted AS t ON t.n = c.n AND t.attribute = :total
)
SELECT
  s.n,
  s.attribute,
  s.buyers,
  s.orders,
  s.amount,
  CASE
    WHEN s.attribute <> :total THEN CASE :share_within WHEN 'n' THEN s.share_of_n ELSE s.share_of_attribute END
  END AS share,
  CASE WHEN s.attribute <> :total THEN RATIO(s.share_of_n, f.share_of_n) END AS index_vs_first,
  s.next_rate
FROM shared AS s
LEFT JOIN shared AS f ON f.attribute = s.attribute AND f.n = 1
WHERE s.n BETWEEN :n_from AND :n_to
ORDER BY
  s.n,
  CASE s.attribute WHEN :total THEN 0 WHEN :other THEN 2 WHEN :unknown THEN 3 ELSE 1 END,
  s.orders DESC,
  s.amount DESC,
  s.attribute
