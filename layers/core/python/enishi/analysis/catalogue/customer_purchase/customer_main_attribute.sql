/*
id: customer_main_attribute
name: {ja: 顧客別メイン購入属性分析, en: Main purchase attribute of each customer}
category: customer_purchase
origin: brief
brief_names: [顧客別メイン購入属性分析]
tier: core
question:
  ja: 顧客は、どのカテゴリ・ブランド・店舗・チャネル・価格帯・曜日・支払方法を主に使っているか。固定客と混在客はどれだけいるか。
  en: "Which category, brand, store, channel, price band, weekday or payment does each customer mainly use?"
method:
  ja: "顧客ごとに、メイン属性（どの購入属性でもよい）の値のうち、「比べる値」（購入金額または購入回数）が最大のものを選び、値ごとに顧客を数える。購入の構成のエントロピーも示し、固定客と混在客を見分けられるようにする。"
  en: "As above on any purchase attribute; also gives entropy of the customer's mix so that mixed customers can be told from loyal ones."
parameter_groups: [period, base, pur, axis]
parameters:
- {name: measure, type: "enum(amount,orders)", default: amount, label_ja: 比べる値, note: "orders: purchases that hold the value"}
- {name: loyal_share, type: ratio, default: 0.6, minimum: 0, maximum: 1, label_ja: 固定客の割合, note: below it the customer is 混在}
- {name: axis, type: axis, default: category_l1, over: [orders, products, lines, stores, receipts], shown_as: attribute, label_ja: メイン属性, note: "of purchases: also brand, channel, store_id, weekday, price_band, payment_method …"}
columns:
- {name: attribute, type: string, unit: none, label_ja: メイン属性}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: loyal_customers, type: int, unit: people, label_ja: 固定客数}
- {name: mixed_customers, type: int, unit: people, label_ja: 混在客数}
- {name: avg_share, type: ratio, unit: ratio, label_ja: 平均集中度}
- {name: amount, type: money, unit: JPY, label_ja: 購入金額}
- {name: avg_entropy, type: double, unit: score, label_ja: 平均エントロピー}
charts:
- {kind: bar, x: attribute, y: customers}
- {kind: table}
cells:
- {name: attribute, keys: [attribute, loyalty], types: {loyalty: string}, customers: mains, products: mains_products, becomes: {ja: "それを主に使う顧客。loyaltyは固定または混在", en: "customers who mainly use it; loyalty is 固定 or 混在"}}
rules: [TZ, PUR, RET, NEG, GUEST, MERGE, UNK, TIE, SET]
notes:
- ja: "1回の購入に複数の値があるときは、購入金額を明細の金額で按分する。"
  en: "the amount of a purchase with several values is shared among them by their lines"
- ja: "値が等しい場合は、金額の大きいもの、購入回数の多いもの、名前の小さいものの順で選ぶ。"
  en: "equal values: the larger amount, then more purchases, then the smaller name is the main one"
- ja: "「軸の最大件数」を超える分は、その他の1行にまとめる。購入の合計が残らない顧客は0以下の行に入れる（会員の売上と一致する：RECON）。"
  en: "beyond max_axis_values the rest is one row その他; a customer whose purchases come to nothing is in the row 0以下 (RECON to the sales of members)"
standard: "Shannon entropy of the share vector, natural log."
*/
WITH bought AS (
  SELECT p.*
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
),
bought_lines AS (
  SELECT
    l.customer_id,
    l.n,
    l.product_id,
    l.unit_price,
    l.coupon_id,
    RATIO(l.amount, SUM(l.amount) OVER (PARTITION BY l.customer_id, l.n)) AS share
  FROM purchase_lines AS l
  WHERE l.purchase_date BETWEEN :period_start AND :period_end
),
used AS (
  SELECT
    :axis AS value,
    orders.customer_id,
    orders.n,
    CAST(orders.amount AS DOUBLE) * COALESCE(lines.share, 1e0) AS amount
  FROM bought AS orders
  LEFT JOIN stores ON stores.store_id = orders.store_id
  LEFT JOIN orders AS receipts ON receipts.order_id = orders.order_id AND :axis_reads_receipts
  LEFT JOIN bought_lines AS lines
    ON lines.customer_id = orders.customer_id
    AND lines.n = orders.n
    AND (:axis_reads_lines OR :axis_reads_products)
  LEFT JOIN products ON products.product_id = lines.product_id
),
mixes AS (
  SELECT
    customer_id,
    value,
    SUM(amount) AS amount,
    COUNT(DISTINCT n) AS orders,
    CASE :measure WHEN 'orders' THEN CAST(COUNT(DISTINCT n) AS DOUBLE) ELSE SUM(amount) END AS weight
  FROM used
  GROUP BY customer_id, value
  HAVING SUM(amount) > 0
),
shares AS (
  SELECT
    customer_id,
    value,
    RATIO(weight, SUM(weight) OVER (PARTITION BY customer_id)) AS share,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY weight DESC, amount DESC, orders DESC, value) AS place
  FROM mixes
),
profiles AS (
  SELECT
    customer_id,
    MAX(CASE WHEN place = 1 THEN value END) AS value,
    MAX(CASE WHEN place = 1 THEN share END) AS share,
    -SUM(share * LN(share)) AS entropy
  FROM shares
  GROUP BY customer_id
),
totals AS (
  SELECT customer_id, SUM(amount) AS amount
  FROM bought
  GROUP BY customer_id
),
ranked AS (
  SELECT value, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, value) AS place
  FROM profiles
  GROUP BY value
),
mains AS (
  SELECT
    CASE
      WHEN t.amount <= 0 OR p.value IS NULL THEN :not_positive
      WHEN r.place <= :max_axis_values THEN p.value
      ELSE :other
    END AS attribute,
    CASE WHEN p.share >= :loyal_share THEN '固定' ELSE '混在' END AS loyalty,
    t.customer_id,
    t.amount,
    p.share,
    p.entropy
  FROM totals AS t
  LEFT JOIN profiles AS p ON p.customer_id = t.customer_id
  LEFT JOIN ranked AS r ON r.value = p.value
),
mains_products AS (
  SELECT m.attribute, m.loyalty, l.product_id
  FROM mains AS m
  JOIN bought_lines AS l ON l.customer_id = m.customer_id
),
counted AS (
  SELECT
    attribute,
    COUNT(*) AS customers,
    COUNT_IF(loyalty = '固定') AS loyal_customers,
    COUNT_IF(loyalty = '混在') AS mixed_customers,
    AVG(share) AS avg_share,
    SUM(amount) AS amount,
    AVG(entropy) AS avg_entropy
  FROM mains
  GROUP BY attribute
)
SELECT
  c.attribute,
  c.customers,
  CASE WHEN c.attribute <> :not_positive THEN c.loyal_customers END AS loyal_customers,
  CASE WHEN c.attribute <> :not_positive THEN c.mixed_customers END AS mixed_customers,
  CASE WHEN c.attribute <> :not_positive THEN c.avg_share END AS avg_share,
  c.amount,
  CASE WHEN c.attribute <> :not_positive THEN c.avg_entropy END AS avg_entropy
FROM counted AS c
ORDER BY
  CASE c.attribute WHEN :unknown THEN 3 WHEN :not_positive THEN 2 WHEN :other THEN 1 ELSE 0 END,
  c.customers DESC,
  c.attribute
