/*
id: consumable_runout
name: {ja: 消耗品切れ予測分析, en: Run-out of consumables}
category: product
origin: extension
tier: core
question:
  ja: インク・食品・化粧品などを、まもなく使い切る顧客は誰か(買い忘れ防止シナリオ)。
  en: "Which customers are about to run out of ink, food or cosmetics? (買い忘れ防止シナリオ)"
method:
  ja: "顧客と商品群ごとに、最終購入時の手持ち＝そのときの残り＋数量。1個あたり日数は、間隔が3つ以上あれば本人の中央値、なければ商品群の中央値、それもなければ商品マスタの想定日数。切れ予測日と状態（早い、切れ頃、期限超過、離脱）を出す。"
  en: "Per customer and item group: stock at the last purchase = what was left then + quantity; consumption days per unit = own median when at least 3 gaps, otherwise item median, otherwise expected_cycle_days; run-out date and state (early, due, overdue, lost)."
parameter_groups: [asof, base, pur]
parameters:
- {name: level, type: "enum(product,parent,category_l3)", default: category_l3, label_ja: 商品の単位, note: ""}
- {name: before_days, type: int, default: 7, minimum: 0, label_ja: 事前日数, note: "due: that many days before the run-out and after it"}
- {name: lost_factor, type: double, default: 2.5, minimum: 1, label_ja: 離脱とみなす倍率, note: "lost: the last purchase lies so many times its own duration back"}
- {name: journey_class, type: list, default: consumable, label_ja: 商品性格, note: ""}
columns:
- {name: customer_id, type: string, unit: none, label_ja: 顧客ID}
- {name: item, type: string, unit: none, label_ja: 商品群}
- {name: last_purchase, type: date, unit: date, label_ja: 最終購入日}
- {name: quantity, type: int, unit: items, label_ja: 数量}
- {name: days_per_unit, type: double, unit: days, label_ja: 1個あたり日数}
- {name: runout_date, type: date, unit: date, label_ja: 切れ予測日}
- {name: state, type: enum, unit: none, label_ja: 状態}
- {name: last_product, type: string, unit: none, label_ja: 前回商品}
- {name: upsell_product, type: string, unit: none, label_ja: 上位商品}
- {name: customers, type: int, unit: people, label_ja: 該当人数}
charts:
- {kind: calendar_heatmap, x: runout_date, y: customers, where: {state: [早い, 切れ頃]}}
- {kind: line, x: runout_date, y: customers, where: {state: [早い, 切れ頃]}}
- {kind: table}
cells:
- {name: state, keys: [state, item, runout_date], customers: predicted, products: offered, becomes: {ja: "その顧客。商品は前回商品とその上位商品", en: "customers; products = last product and its upgrade"}}
- {name: customer, keys: [customer_id, item], customers: predicted, products: offered, becomes: {ja: "1人の顧客。商品は前回商品とその上位商品", en: "one customer; products = last product and its upgrade"}}
rules: [TZ, PUR, RET, GUEST, MERGE, SET]
notes:
- ja: "重なる購入は足し合わせる。早めに買うと切れ予測日が先に延び、数え直しにはならない。"
  en: "overlapping purchases add up: buying early moves the run-out date, it does not restart it"
- ja: "状態：早い（切れ予測日がまだ先）、切れ頃（切れ予測日の前後「事前日数」以内）、期限超過（それより後）、離脱（最終購入から、その持ち日数の「離脱とみなす倍率」倍が過ぎた）。"
  en: "states: 早い (the run-out lies ahead), 切れ頃 (within before_days of it), 期限超過 (later), 離脱 (lost_factor times the duration has passed since the last purchase)"
- ja: "顧客と商品群ごとに1行。該当人数は、同じ日に同じ状態で何かが切れる人をすべて数える。"
  en: "one row a customer and item; customers counts all who run out of anything on the same day in the same state"
- ja: "間隔＝同じ商品群の購入から次の購入までの日数÷買った数量。日数の手がかりがまったくない商品群は除く。"
  en: "a gap is the days from one purchase to the next of the same item, divided by the quantity bought; an item for which nobody knows a duration is left out"
- ja: "数量は最終購入で買った数。商品関連に上位商品がなければ、上位商品は値なし。"
  en: "quantity is what the last purchase brought; without an upgrade in the relations of products upsell_product is empty"
*/
WITH consumables AS (
  SELECT i.product_id, i.item, d.expected_cycle_days
  FROM items AS i
  JOIN products AS d ON d.product_id = i.product_id
  WHERE d.journey_class IN (:journey_class) AND NOT i.is_service AND i.item <> :unknown
),
bought AS (
  SELECT
    l.customer_id,
    c.item,
    l.purchase_date,
    SUM(l.quantity) AS quantity,
    MAX_BY(l.product_id, ROW(l.amount, l.product_id)) AS product_id
  FROM purchase_lines AS l
  JOIN consumables AS c ON c.product_id = l.product_id
  WHERE l.purchase_date <= :as_of AND l.quantity > 0
  GROUP BY l.customer_id, c.item, l.purchase_date
),
gaps AS (
  SELECT
    b.customer_id,
    b.item,
    RATIO(
      DATE_DIFF(
        'day',
        b.purchase_date,
        LEAD(b.purchase_date) OVER (PARTITION BY b.customer_id, b.item ORDER BY b.purchase_date)
      ),
      b.quantity
    ) AS days
  FROM bought AS b
),
own_paces AS (
  SELECT customer_id, item, QUANTILE_OF(days, 0.5) AS days
  FROM gaps
  WHERE days IS NOT NULL
  GROUP BY customer_id, item
  HAVING COUNT(*) >= 3
),
item_paces AS (
  SELECT item, QUANTILE_OF(days, 0.5) AS days
  FROM gaps
  WHERE days IS NOT NULL
  GROUP BY item
),
expected_paces AS (
  SELECT item, AVG(CAST(expected_cycle_days AS DOUBLE)) AS days
  FROM consumables
  GROUP BY item
),
paced AS (
  SELECT
    b.*,
    COALESCE(o.days, i.days, e.days) AS days_per_unit,
    DATE_DIFF('day', DATE '1970-01-01', b.purchase_date) AS day_no
  FROM bought AS b
  LEFT JOIN own_paces AS o ON o.customer_id = b.customer_id AND o.item = b.item
  LEFT JOIN item_paces AS i ON i.item = b.item
  LEFT JOIN expected_paces AS e ON e.item = b.item
),
-- Stock lasts until max over all purchases of (its day + what it and every later one bring): no day is used twice.
lasting AS (
  SELECT
    p.*,
    p.day_no + p.days_per_unit * SUM(p.quantity) OVER (
      PARTITION BY p.customer_id, p.item ORDER BY p.purchase_date DESC
    ) AS lasts_until,
    ROW_NUMBER() OVER (PARTITION BY p.customer_id, p.item ORDER BY p.purchase_date DESC) AS back
  FROM paced AS p
  WHERE p.days_per_unit IS NOT NULL
),
runouts AS (
  SELECT
    customer_id,
    item,
    MAX(CASE WHEN back = 1 THEN purchase_date END) AS last_purchase,
    MAX(CASE WHEN back = 1 THEN quantity END) AS quantity,
    MAX(days_per_unit) AS days_per_unit,
    MAX(CASE WHEN back = 1 THEN product_id END) AS product_id,
    DATE_ADD('day', CAST(FLOOR(MAX(lasts_until)) AS BIGINT), DATE '1970-01-01') AS runout_date
  FROM lasting
  GROUP BY customer_id, item
),
predicted AS (
  SELECT
    r.*,
    CASE
      WHEN DATE_DIFF('day', r.last_purchase, :as_of) >= :lost_factor * DATE_DIFF('day', r.last_purchase, r.runout_date)
        AND r.runout_date < :as_of
        THEN '離脱'
      WHEN :as_of > DATE_ADD('day', :before_days, r.runout_date) THEN '期限超過'
      WHEN :as_of >= DATE_ADD('day', -:before_days, r.runout_date) THEN '切れ頃'
      ELSE '早い'
    END AS state
  FROM runouts AS r
),
by_day AS (
  SELECT runout_date, state, COUNT(DISTINCT customer_id) AS customers
  FROM predicted
  GROUP BY runout_date, state
),
upgrades AS (
  SELECT from_product_id AS product_id, MIN(to_product_id) AS upgrade_id
  FROM relation_products
  WHERE relation = 'upgrade' AND to_product_id <> from_product_id
  GROUP BY from_product_id
),
offered AS (
  SELECT p.customer_id, p.item, p.runout_date, p.state, p.product_id
  FROM predicted AS p
  UNION ALL
  SELECT p.customer_id, p.item, p.runout_date, p.state, u.upgrade_id
  FROM predicted AS p
  JOIN upgrades AS u ON u.product_id = p.product_id
)
SELECT
  p.customer_id,
  p.item,
  p.last_purchase,
  p.quantity,
  p.days_per_unit,
  p.runout_date,
  p.state,
  d.name AS last_product,
  n.name AS upsell_product,
  b.customers
FROM predicted AS p
JOIN by_day AS b ON b.runout_date = p.runout_date AND b.state = p.state
LEFT JOIN products AS d ON d.product_id = p.product_id
LEFT JOIN upgrades AS u ON u.product_id = p.product_id
LEFT JOIN products AS n ON n.product_id = u.upgrade_id
ORDER BY
  CASE p.state WHEN '切れ頃' THEN 1 WHEN '期限超過' THEN 2 WHEN '早い' THEN 3 ELSE 4 END,
  p.runout_date,
  p.item,
  p.customer_id
