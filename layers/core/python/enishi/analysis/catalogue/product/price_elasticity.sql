/*
id: price_elasticity
name: {ja: 価格弾力性分析, en: Price elasticity}
category: product
origin: extension
tier: advanced
question:
  ja: 価格を変えると販売数はどれだけ変わるか。粗利が最も大きくなる価格はいくらか。
  en: "How strongly does quantity react to price, and where would margin be highest?"
method:
  ja: "商品と週ごとに、数量の対数を価格の対数に回帰する。季節とトレンドの項を含め、全店舗をまとめる。カテゴリの平均へ寄せる。実際の価格の動きが要る。"
  en: "Log quantity on log price per product and week with a yearly wave (one sine and cosine) and a trend, pooled over stores; shrunk towards the category mean; needs real price movement."
parameter_groups: [period, base, pur]
parameters:
- {name: period_start, type: date, default: as_of - 24 months + 1 day, label_ja: 集計開始日, note: "two years by default, so that seasons are seen twice"}
- {name: min_prices, type: int, default: 3, minimum: 2, label_ja: 最少価格水準数, note: "prices that differ by 1 % or more"}
- {name: min_weeks, type: int, default: 26, minimum: 8, label_ja: 最少週数, note: weeks with a sale}
- {name: level, type: "enum(parent,category_l3)", default: parent, label_ja: 商品の単位, note: ""}
- {name: shrink, type: bool, default: true, label_ja: カテゴリ平均へ寄せる, note: ""}
columns:
- {name: item, type: string, unit: none, label_ja: 商品}
- {name: elasticity, type: double, unit: score, label_ja: 弾力性, of: weeks}
- {name: ci_low, type: double, unit: score, label_ja: 下限}
- {name: ci_high, type: double, unit: score, label_ja: 上限}
- {name: weeks, type: int, unit: count, label_ja: 週数}
- {name: price_levels, type: int, unit: count, label_ja: 価格水準数}
- {name: best_price, type: money, unit: JPY/item, label_ja: 粗利最大価格}
charts:
- {kind: forest, x: item, y: elasticity, low: ci_low, high: ci_high}
- {kind: scatter, x: weeks, y: elasticity}
- {kind: table}
cells:
- {name: below, keys: [item, highest_price], types: {highest_price: double}, customers: price_buyers, products: price_products, becomes: {ja: "その商品を、指定した価格まででしか買っていない顧客（highest_price=0..9800）。商品はその商品", en: "customers who bought it only up to a given price (highest_price=0..9800); products = the item"}}
rules: [TZ, RET, NEG, GUEST, SMALL, SET]
step: elasticity
notes:
- ja: "需要が弱いために付けた価格は、この数値を偏らせる。"
  en: "prices set because demand was weak bias the figure"
- ja: "週の価格は、全店舗を通して1点あたりに支払われた額。小カテゴリでは、各商品の価格をその商品自身の平均と比べた指数とし、構成の変化が入らないようにする。"
  en: "the price of a week is what was paid a piece, over all stores; at category level it is the index of the products' prices against their own mean, so that the mix does not count"
- ja: "週は、集計期間に丸ごと入る月曜からの1週間。純販売のない週は対数がとれないので除き、全店舗で欠品の週も除く。"
  en: "weeks are whole weeks from Monday; those without a net sale have no logarithm and are left out, so are weeks with the item out of stock everywhere"
- ja: "項：トレンド、年1周期の波（年内の通し日のサインとコサイン。週が半年以上にわたるとき）、販促週のダミー変数（配信からその商品のページへの訪問があったか、クーポンが使われた週）。"
  en: "terms: a trend, one yearly wave (sine and cosine of the day of the year) where the weeks span half a year or more, and a dummy for promotion weeks, in which a message brought a visit to a page of the item or a coupon was used on it"
- ja: "区間は95%（t分布）。カテゴリ平均へ寄せる＝精度の重みで、カテゴリの商品の平均と合わせる。偶然を超えるばらつきはモーメント法で推定する。"
  en: "interval of 95 % (Student); shrunk = weighted by precision with the mean of the category's items, whose spread beyond chance is estimated by moments"
- ja: "粗利最大価格＝原価×e÷（1＋e）（e＝弾力性）。需要が弾力的なとき（eが−1未満）に限る。それ以外、試した価格の範囲の外、小カテゴリでは値なし。原価は最後の週のもの。"
  en: "best_price = cost × e / (1 + e) where demand is elastic (e below -1), null elsewhere, beyond the prices that were tried, and at category level; cost is that of the last week"
- ja: "週数または価格水準数が足りない商品は出さない。サービスは除く。"
  en: "items without enough weeks or prices are not listed; services are out"
standard: "Log-log demand regression; empirical Bayes after DerSimonian and Laird (1986)."
*/
WITH sold AS (
  SELECT
    i.item,
    d.category_l3,
    l.product_id,
    CASE WHEN NOT l.is_guest THEN l.customer_id END AS customer_id,
    DATE_TRUNC('week', l.sale_date) AS week_start,
    l.quantity,
    l.amount,
    l.cost,
    l.coupon_id
  FROM sales_lines AS l
  JOIN products AS d ON d.product_id = l.product_id
  JOIN items AS i ON i.product_id = l.product_id
  WHERE
    NOT i.is_service
    AND i.item <> :unknown
    AND l.sale_date BETWEEN :period_start AND LEAST(:period_end, :as_of)
),
-- A product's price of the week against its own mean, and what the mean is.
product_weeks AS (
  SELECT
    item,
    product_id,
    week_start,
    SUM(quantity) AS quantity,
    RATIO(SUM(amount), SUM(quantity)) AS price,
    RATIO(SUM(cost), SUM(CASE WHEN cost IS NOT NULL THEN quantity END)) AS cost
  FROM sold
  WHERE
    week_start >= :period_start
    AND DATE_ADD('day', 6, week_start) <= LEAST(:period_end, :as_of)
  GROUP BY item, product_id, week_start
  HAVING SUM(quantity) > 0 AND SUM(amount) > 0
),
indexed AS (
  SELECT
    w.*,
    w.price / AVG(w.price) OVER (PARTITION BY w.product_id) AS price_index
  FROM product_weeks AS w
),
mailed AS (
  SELECT DISTINCT i.item, DATE_TRUNC('week', v.event_date) AS week_start
  FROM web_events AS v
  JOIN items AS i ON i.product_id = v.product_id
  WHERE
    v.message_id IS NOT NULL
    AND NOT COALESCE(v.is_bot, FALSE)
    AND v.event_date BETWEEN :period_start AND :period_end
  UNION
  SELECT DISTINCT item, week_start FROM sold WHERE coupon_id IS NOT NULL
),
empty_weeks AS (
  SELECT i.item, DATE_TRUNC('week', s.snapshot_date) AS week_start
  FROM inventory AS s
  JOIN items AS i ON i.product_id = s.product_id
  WHERE s.snapshot_date BETWEEN :period_start AND :period_end AND s.store_id IN (:stores)
  GROUP BY i.item, DATE_TRUNC('week', s.snapshot_date)
  HAVING EVERY(s.available_qty <= 0)
),
categories AS (
  SELECT item, MIN(category_l3) AS category
  FROM sold
  GROUP BY item
),
item_weeks AS (
  SELECT
    w.item,
    w.week_start,
    SUM(w.quantity) AS quantity,
    CASE :level
      WHEN 'parent' THEN RATIO(SUM(w.price * w.quantity), SUM(w.quantity))
      ELSE RATIO(SUM(w.price_index * w.quantity), SUM(w.quantity))
    END AS price,
    CASE WHEN :level = 'parent' AND COUNT(w.cost) = COUNT(*) THEN RATIO(SUM(w.cost * w.quantity), SUM(w.quantity)) END
      AS cost
  FROM indexed AS w
  GROUP BY w.item, w.week_start
),
item_products AS (
  SELECT DISTINCT item, product_id FROM sold
),
price_buyers AS (
  SELECT item, customer_id, MAX(RATIO(amount, quantity)) AS highest_price
  FROM sold
  WHERE customer_id IS NOT NULL AND quantity > 0
  GROUP BY item, customer_id
),
price_products AS (
  SELECT DISTINCT b.item, b.highest_price, p.product_id
  FROM price_buyers AS b
  JOIN item_products AS p ON p.item = b.item
)
SELECT
  w.item,
  COALESCE(c.category, :unknown) AS category,
  w.week_start,
  w.quantity,
  w.price,
  w.cost,
  m.item IS NOT NULL AS is_promoted
FROM item_weeks AS w
JOIN categories AS c ON c.item = w.item
LEFT JOIN mailed AS m ON m.item = w.item AND m.week_start = w.week_start
LEFT JOIN empty_weeks AS e ON e.item = w.item AND e.week_start = w.week_start
WHERE e.item IS NULL
ORDER BY w.item, w.week_start
