/*
id: sell_through
name: {ja: 消化率分析, en: Sell-through}
category: product
origin: extension
tier: standard
question:
  ja: 入荷した商品は、週を追うごとにどれだけ売れたか。値下げが要る商品はどれか。
  en: "How much of what we received has been sold after each week, and what must be marked down?"
method:
  ja: "商品ごとに、最初の入荷からの週ごとの、販売数÷入荷数。定価で売れた割合と、シーズン終了時の着地予測も出す。"
  en: "Sold quantity / received quantity by weeks since first receipt, per item, with the share at full price and the projected rate at season end."
parameter_groups: [asof, base, pur, top]
parameters:
- {name: level, type: "enum(parent,product,category_l3)", default: parent, label_ja: 商品の単位, note: ""}
- {name: season_end, type: date, default: null, label_ja: シーズン終了日, note: "without it nothing is projected"}
- {name: slow_border, type: ratio, default: 0.4, minimum: 0, maximum: 1, label_ja: 不振とみなす消化率, note: less than it at at_week is slow}
- {name: at_week, type: int, default: 8, minimum: 1, label_ja: 判定する週, note: ""}
- {name: max_weeks, type: int, default: 104, minimum: 1, label_ja: 対象とする週数, note: "items first received longer ago are left out"}
columns:
- {name: item, type: string, unit: none, label_ja: 商品}
- {name: week, type: int, unit: count, label_ja: 経過週}
- {name: received, type: int, unit: items, label_ja: 入荷数}
- {name: sold, type: int, unit: items, label_ja: 販売数}
- {name: sell_through, type: ratio, unit: ratio, label_ja: 消化率, of: received}
- {name: full_price_rate, type: ratio, unit: ratio, label_ja: 定価消化率, of: received}
- {name: projected, type: ratio, unit: ratio, label_ja: 着地予測, of: received}
- {name: weeks_left, type: double, unit: count, label_ja: 残週数}
charts:
- {kind: heatmap, x: week, y: item, color: sell_through}
- {kind: line, x: week, y: sell_through, color: item}
- {kind: table}
cells:
- {name: slow, keys: [item, is_slow], types: {is_slow: bool}, customers: interested, products: item_products, becomes: {ja: "お気に入りに入れているか、3回以上見た顧客（is_slow=true：不振の商品だけ）。商品はその商品", en: "customers who have it in favourites or saw it 3 times or more (is_slow=true: of slow items alone); products = the item"}}
rules: [TZ, BOT, RET, SMALL, DIV0, SET]
needs: [inventory]
notes:
- ja: "入荷数＝在庫の増加（その間に売れた分を足し、返品で戻った分を引く）。店舗間を移動したものは、着いた店舗で再び数える。"
  en: "received = rises of stock, with the sales in between added and returns taken off. What moved between stores counts again where it arrives"
- ja: "店舗の最初の在庫記録は、最初の入荷日（first_received_date）に入荷した分とする（手持ちと、それ以降にその店舗から出た分の合計）。その日付がなければ、在庫記録の日の入荷とする。"
  en: "the first count of a store stands for what was received on first_received_date: on hand and all that left the store since then; without that date, for a receipt on the day of the count"
- ja: "どの数字も商品の最初の入荷からの累計。週は商品ごとに7日ずつで、7日が揃った週だけを出す。"
  en: "all figures add up from the item's first receipt; weeks are its own, seven days each, and only whole ones are listed"
- ja: "販売数：返品を引き、在庫記録のある店舗と商品の、最初の入荷以降の分。定価＝明細の定価以上の売価（定価のない明細も含む）。"
  en: "sold: net of returns, in stores and for products that are counted, from their first receipt; full price = charged the list price of the line or more, or a line without list price"
- ja: "ペースは直近4週のもの。着地予測は、売れた分と、このペースで「シーズン終了日」までに売れる分の割合（最大で全量）。残週数＝残り÷ペース。"
  en: "the pace is that of the last four weeks; projected = what was sold and will be sold by season_end at this pace, at most all; weeks_left = what is left over the pace"
- ja: "不振の判定は「判定する週」が過ぎてから。残りの多い順に「表示件数」までの商品を出す。ほかの商品は、週の日付が揃わないので合計しない。サービスは除く。"
  en: "an item is judged slow only once at_week has passed; the top_n items by pieces left are listed, the others are not summed, for their weeks are not the same days; services are out"
standard: null
*/
WITH counted AS (
  SELECT s.store_id, s.product_id, i.item, s.snapshot_date, s.on_hand_qty, s.first_received_date
  FROM inventory AS s
  JOIN items AS i ON i.product_id = s.product_id
  WHERE
    NOT i.is_service
    AND i.item <> :unknown
    AND s.snapshot_date <= :as_of
    AND s.store_id IN (:stores)
    AND s.product_id IN (:product_filter)
),
-- Since when a store is known to have a product.
firsts AS (
  SELECT
    store_id,
    product_id,
    item,
    LEAST(
      MIN(snapshot_date),
      COALESCE(MIN_BY(first_received_date, snapshot_date), MIN(snapshot_date))
    ) AS received_date
  FROM counted
  GROUP BY store_id, product_id, item
),
starts AS (
  SELECT item, MIN(received_date) AS start_date
  FROM firsts
  GROUP BY item
  HAVING MIN(received_date) > DATE_ADD('week', -:max_weeks, :as_of)
),
-- Pieces that left a store, returns as coming back, on the day itself.
moved AS (
  SELECT f.store_id, f.product_id, l.order_date, SUM(l.quantity) AS quantity
  FROM order_lines AS l
  JOIN orders AS o ON o.order_id = l.order_id
  JOIN firsts AS f ON f.store_id = o.store_id AND f.product_id = l.product_id AND f.received_date <= l.order_date
  WHERE o.status NOT IN ('cancelled', 'payment_failed')
  GROUP BY f.store_id, f.product_id, l.order_date
),
timeline AS (
  SELECT store_id, product_id, order_date AS day, quantity, NULL AS on_hand_qty FROM moved
  UNION ALL
  SELECT store_id, product_id, snapshot_date, 0, on_hand_qty FROM counted
),
-- All that a store has ever had of a product: what is there, and what has left since.
totals AS (
  SELECT
    store_id,
    product_id,
    day,
    on_hand_qty,
    SUM(quantity) OVER (PARTITION BY store_id, product_id ORDER BY day RANGE UNBOUNDED PRECEDING) AS left_so_far
  FROM timeline
),
rises AS (
  SELECT
    store_id,
    product_id,
    day,
    on_hand_qty + left_so_far
      - LAG(on_hand_qty + left_so_far) OVER (PARTITION BY store_id, product_id ORDER BY day) AS rise,
    on_hand_qty + left_so_far AS level
  FROM totals
  WHERE on_hand_qty IS NOT NULL
),
received AS (
  SELECT f.item, CASE WHEN r.rise IS NULL THEN f.received_date ELSE r.day END AS day, COALESCE(r.rise, r.level) AS pieces
  FROM rises AS r
  JOIN firsts AS f ON f.store_id = r.store_id AND f.product_id = r.product_id
  WHERE COALESCE(r.rise, r.level) > 0
),
sold AS (
  SELECT
    f.item,
    l.sale_date AS day,
    l.quantity AS pieces,
    CASE WHEN COALESCE(l.unit_price >= l.list_price, TRUE) THEN l.quantity ELSE 0 END AS full_price_pieces
  FROM sales_lines AS l
  JOIN firsts AS f ON f.store_id = l.store_id AND f.product_id = l.product_id AND f.received_date <= l.sale_date
  WHERE l.sale_date <= :as_of
),
weekly AS (
  SELECT
    s.item,
    DATE_DIFF('day', s.start_date, h.day) / 7 + 1 AS week,
    SUM(h.received) AS received,
    SUM(h.sold) AS sold,
    SUM(h.full_price) AS full_price
  FROM (
    SELECT item, day, pieces AS received, 0 AS sold, 0 AS full_price FROM received
    UNION ALL
    SELECT item, day, 0, pieces, full_price_pieces FROM sold
  ) AS h
  JOIN starts AS s ON s.item = h.item
  GROUP BY s.item, DATE_DIFF('day', s.start_date, h.day) / 7 + 1
),
item_weeks AS (
  SELECT s.item, k.week, DATE_ADD('day', 7 * k.week - 1, s.start_date) AS last_day
  FROM starts AS s
  CROSS JOIN UNNEST(SEQUENCE(1, :max_weeks)) AS k(week)
  WHERE DATE_ADD('day', 7 * k.week - 1, s.start_date) <= :as_of
),
curves AS (
  SELECT
    k.item,
    k.week,
    k.last_day,
    COALESCE(SUM(w.received) OVER (PARTITION BY k.item ORDER BY k.week), 0) AS received,
    COALESCE(SUM(w.sold) OVER (PARTITION BY k.item ORDER BY k.week), 0) AS sold,
    COALESCE(SUM(w.full_price) OVER (PARTITION BY k.item ORDER BY k.week), 0) AS full_price,
    RATIO(
      COALESCE(SUM(w.sold) OVER (PARTITION BY k.item ORDER BY k.week ROWS BETWEEN 3 PRECEDING AND CURRENT ROW), 0),
      LEAST(k.week, 4)
    ) AS pace
  FROM item_weeks AS k
  LEFT JOIN weekly AS w ON w.item = k.item AND w.week = k.week
),
judged AS (
  SELECT
    item,
    COUNT_IF(week = :at_week AND RATIO(sold, received) < :slow_border) > 0 AS is_slow,
    ROW_NUMBER() OVER (ORDER BY MAX_BY(received - sold, week) DESC, item) AS place
  FROM curves
  GROUP BY item
),
item_products AS (
  SELECT DISTINCT j.item, j.is_slow, f.product_id
  FROM judged AS j
  JOIN firsts AS f ON f.item = j.item
),
interests AS (
  SELECT p.item, p.is_slow, COALESCE(i.person_id, f.customer_id) AS customer_id
  FROM favourites AS f
  JOIN item_products AS p ON p.product_id = f.target_id
  LEFT JOIN v_identity AS i ON i.customer_id = f.customer_id
  WHERE
    f.target_type = 'product'
    AND LOCAL_DAY(f.added_at) <= :as_of
    AND COALESCE(LOCAL_DAY(f.removed_at) > :as_of, TRUE)
  UNION
  SELECT p.item, p.is_slow, COALESCE(i.person_id, e.customer_id)
  FROM web_events AS e
  JOIN item_products AS p ON p.product_id = e.product_id
  LEFT JOIN v_identity AS i ON i.customer_id = e.customer_id
  WHERE e.event_type = 'product_view' AND NOT COALESCE(e.is_bot, FALSE)
  GROUP BY p.item, p.is_slow, COALESCE(i.person_id, e.customer_id)
  HAVING COUNT(*) >= 3
),
interested AS (
  SELECT i.item, i.is_slow, i.customer_id
  FROM interests AS i
  JOIN population AS c ON c.customer_id = i.customer_id
)
SELECT
  c.item,
  c.week,
  c.received,
  c.sold,
  RATIO(c.sold, c.received) AS sell_through,
  RATIO(c.full_price, c.received) AS full_price_rate,
  CASE
    WHEN :season_end >= c.last_day
      THEN LEAST(RATIO(c.sold + c.pace * DATE_DIFF('day', c.last_day, :season_end) / 7, c.received), 1)
  END AS projected,
  RATIO(GREATEST(c.received - c.sold, 0), CASE WHEN c.pace > 0 THEN c.pace END) AS weeks_left
FROM curves AS c
JOIN judged AS j ON j.item = c.item
WHERE j.place <= :top_n
ORDER BY j.place, c.week
