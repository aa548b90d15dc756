/*
id: stockout_loss
name: {ja: 欠品機会損失分析, en: Loss from stock-outs}
category: product
origin: extension
tier: standard
question:
  ja: 欠品していた間に、どれだけ売り逃したか。だれが待っていたか。
  en: "What did we lose while an item was out of stock, and who was waiting?"
method:
  ja: "店舗と商品ごとに、在庫0の日×1日の期待販売数（在庫があったときの同じ曜日の平均をカテゴリで調整）から、実際の代替購入を引く。欠品の間の閲覧とお気に入りも出す。"
  en: "Days at zero by store and item x expected daily sales (same weekday mean when in stock, scaled by the category) minus substitution observed; plus views and favourites during the gap."
parameter_groups: [period, base, pur, top]
parameters:
- {name: weeks_for_mean, type: int, default: 8, minimum: 1, maximum: 52, label_ja: 平均をとる週数, note: before each day out of stock}
- {name: substitution, type: bool, default: true, label_ja: 代替購入を差し引く, note: ""}
- {name: min_daily, type: double, default: 0.1, minimum: 0, label_ja: 最少日販, note: "in the store when in stock; slower ones are left out"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "days in stock behind the expected quantity under which low_n is set"}
columns:
- {name: item, type: string, unit: none, label_ja: 商品}
- {name: store, type: string, unit: none, label_ja: 店舗}
- {name: days_out, type: int, unit: days, label_ja: 欠品日数}
- {name: expected_quantity, type: double, unit: items, label_ja: 期待数量}
- {name: substituted, type: double, unit: items, label_ja: 代替購入}
- {name: lost_amount, type: money, unit: JPY, label_ja: 機会損失額}
- {name: viewers_waiting, type: int, unit: people, label_ja: 待機閲覧者}
- {name: favourites_waiting, type: int, unit: people, label_ja: 待機お気に入り}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: item, y: lost_amount, color: store}
- {kind: heatmap, x: store, y: item, color: days_out}
- {kind: table}
cells:
- {name: item, keys: [item, store, interest], types: {interest: string}, customers: waiting, products: waited_products, becomes: {ja: "欠品の間に、閲覧した顧客（interest=viewed）、またはお気に入りに入れていた顧客（interest=favourite）。商品はその商品", en: "customers who viewed (interest=viewed) or hold it as favourite (interest=favourite) during the gap; products = the item"}}
rules: [TZ, BOT, RET, MERGE, SMALL, SET]
needs: [inventory]
notes:
- ja: "販売を終える商品は、販売終了日より後を除く。サービスと、発売前の日も除く。"
  en: "items being discontinued are left out after discontinued_date; services and days before release too"
- ja: "欠品の日＝その日の終わりの店舗の在庫記録で、販売できる数がない日。記録のない日は在庫があったとみなす。"
  en: "a day is out when the store's count at its close says that nothing can be sold; days without a count are taken as in stock"
- ja: "期待数量＝その前の週のうち店舗に在庫があった同じ曜日の平均×カテゴリ（小カテゴリ、全店舗）の調整。調整は、直近7日÷その前の週平均で、その前に販売がなければ1。"
  en: "expected = mean of the same weekday in the weeks before on which the store had it × the category (category_l3, all stores): its last 7 days against the weekly mean before them, 1 where it sold nothing before"
- ja: "代替購入：これらの日に、カテゴリの他の商品がその店舗で期待を超えて売れた分。同時に欠品した商品で分け合い、期待数量を上限とする。"
  en: "substituted: what other products of the category sold in the store on these days beyond what was expected of them, shared among the products that were out together, at most the expected"
- ja: "機会損失額＝（期待数量−代替購入）×集計期間とその前の週の商品の平均価格（なければ定価）。"
  en: "lost_amount = (expected - substituted) × the mean price of the item in the period and the weeks before, else its list price"
- ja: "同じ人が複数の店舗で待っていることがある。機会損失額の順で「表示件数」より後は1行の「その他」にまとめ、その人数は数えない。"
  en: "the same people may wait in several stores; the rest after top_n by lost amount is one row その他, its people not counted"
*/
WITH goods AS (
  SELECT d.product_id, n.product AS item, d.category_l3, d.list_price, d.release_date, d.discontinued_date
  FROM products AS d
  JOIN product_labels AS n ON n.product_id = d.product_id
  WHERE NOT COALESCE(d.is_service, FALSE)
),
span AS (
  SELECT
    DATE_ADD('day', -7 * (:weeks_for_mean + 1), :period_start) AS from_date,
    LEAST(:period_end, :as_of) AS until_date
),
sold AS (
  SELECT
    l.store_id,
    l.product_id,
    g.category_l3,
    l.sale_date,
    SUM(l.quantity) AS quantity,
    SUM(l.amount) AS amount
  FROM sales_lines AS l
  JOIN goods AS g ON g.product_id = l.product_id
  CROSS JOIN span AS s
  WHERE l.store_id IS NOT NULL AND l.sale_date BETWEEN s.from_date AND s.until_date
  GROUP BY l.store_id, l.product_id, g.category_l3, l.sale_date
),
empty_days AS (
  SELECT i.store_id, i.product_id, i.snapshot_date AS day
  FROM inventory AS i
  JOIN goods AS g ON g.product_id = i.product_id
  CROSS JOIN span AS s
  WHERE
    i.available_qty <= 0
    AND i.snapshot_date BETWEEN s.from_date AND s.until_date
    AND i.store_id IN (:stores)
    AND i.product_id IN (:product_filter)
    AND COALESCE(g.release_date <= i.snapshot_date, TRUE)
    AND COALESCE(g.discontinued_date >= i.snapshot_date, TRUE)
),
empty_counts AS (
  SELECT store_id, product_id, COUNT(*) AS days FROM empty_days GROUP BY store_id, product_id
),
-- Store and product with enough sales when in stock, and the price there.
sellers AS (
  SELECT s.store_id, s.product_id
  FROM sold AS s
  JOIN empty_counts AS e ON e.store_id = s.store_id AND e.product_id = s.product_id
  CROSS JOIN span AS p
  GROUP BY s.store_id, s.product_id, e.days, p.from_date, p.until_date
  HAVING RATIO(SUM(s.quantity), DATE_DIFF('day', p.from_date, p.until_date) + 1 - e.days) >= :min_daily
),
prices AS (
  SELECT product_id, CASE WHEN SUM(quantity) > 0 THEN RATIO(SUM(amount), SUM(quantity)) END AS price
  FROM sold
  GROUP BY product_id
),
gaps AS (
  SELECT e.store_id, e.product_id, g.category_l3, g.release_date, e.day
  FROM empty_days AS e
  JOIN sellers AS s ON s.store_id = e.store_id AND s.product_id = e.product_id
  JOIN goods AS g ON g.product_id = e.product_id
  WHERE e.day >= :period_start
),
-- The category against itself: its last seven days, and the weeks before them.
days AS (
  SELECT t.day
  FROM span AS s
  CROSS JOIN UNNEST(SEQUENCE(s.from_date, s.until_date, INTERVAL '1' DAY)) AS t(day)
),
category_days AS (
  SELECT category_l3, sale_date, SUM(quantity) AS quantity
  FROM sold
  GROUP BY category_l3, sale_date
),
category_sums AS (
  SELECT
    c.category_l3,
    t.day,
    SUM(COALESCE(q.quantity, 0)) OVER (PARTITION BY c.category_l3 ORDER BY t.day) AS so_far
  FROM (SELECT DISTINCT category_l3 FROM gaps) AS c
  CROSS JOIN days AS t
  LEFT JOIN category_days AS q ON q.category_l3 = c.category_l3 AND q.sale_date = t.day
),
scales AS (
  SELECT
    n.category_l3,
    n.day,
    COALESCE(
      RATIO((n.so_far - w.so_far) * :weeks_for_mean, w.so_far - COALESCE(b.so_far, 0)),
      CAST(1 AS DOUBLE)
    ) AS scale
  FROM category_sums AS n
  JOIN category_sums AS w ON w.category_l3 = n.category_l3 AND w.day = DATE_ADD('day', -7, n.day)
  LEFT JOIN category_sums AS b
    ON b.category_l3 = n.category_l3 AND b.day = DATE_ADD('day', -7 * (:weeks_for_mean + 1), n.day)
),
-- The same weekdays before each day of a gap, on which the store had the item.
weekdays AS (
  SELECT g.store_id, g.product_id, g.category_l3, g.day, DATE_ADD('day', -7 * t.k, g.day) AS before_day
  FROM gaps AS g
  CROSS JOIN UNNEST(SEQUENCE(1, :weeks_for_mean)) AS t(k)
  WHERE COALESCE(g.release_date <= DATE_ADD('day', -7 * t.k, g.day), TRUE)
),
stocked_weekdays AS (
  SELECT w.store_id, w.product_id, w.day, w.before_day
  FROM weekdays AS w
  LEFT JOIN empty_days AS e ON e.store_id = w.store_id AND e.product_id = w.product_id AND e.day = w.before_day
  WHERE e.product_id IS NULL
),
expected AS (
  SELECT w.store_id, w.product_id, w.day, RATIO(SUM(COALESCE(s.quantity, 0)), COUNT(*)) AS quantity
  FROM stocked_weekdays AS w
  LEFT JOIN sold AS s ON s.store_id = w.store_id AND s.product_id = w.product_id AND s.sale_date = w.before_day
  GROUP BY w.store_id, w.product_id, w.day
),
observed AS (
  SELECT store_id, product_id, COUNT(DISTINCT before_day) AS days
  FROM stocked_weekdays
  GROUP BY store_id, product_id
),
store_categories AS (
  SELECT store_id, category_l3, sale_date, SUM(quantity) AS quantity
  FROM sold
  GROUP BY store_id, category_l3, sale_date
),
others_expected AS (
  SELECT
    w.store_id,
    w.product_id,
    w.day,
    RATIO(SUM(COALESCE(c.quantity, 0) - COALESCE(s.quantity, 0)), COUNT(*)) AS quantity
  FROM weekdays AS w
  LEFT JOIN store_categories AS c
    ON c.store_id = w.store_id AND c.category_l3 = w.category_l3 AND c.sale_date = w.before_day
  LEFT JOIN sold AS s ON s.store_id = w.store_id AND s.product_id = w.product_id AND s.sale_date = w.before_day
  GROUP BY w.store_id, w.product_id, w.day
),
gap_days AS (
  SELECT
    g.store_id,
    g.product_id,
    g.day,
    COALESCE(x.quantity * COALESCE(k.scale, 1), 0) AS expected,
    RATIO(
      COALESCE(c.quantity, 0) - COALESCE(s.quantity, 0) - COALESCE(o.quantity * COALESCE(k.scale, 1), 0),
      COUNT(*) OVER (PARTITION BY g.store_id, g.category_l3, g.day)
    ) AS excess
  FROM gaps AS g
  LEFT JOIN scales AS k ON k.category_l3 = g.category_l3 AND k.day = g.day
  LEFT JOIN expected AS x ON x.store_id = g.store_id AND x.product_id = g.product_id AND x.day = g.day
  LEFT JOIN others_expected AS o ON o.store_id = g.store_id AND o.product_id = g.product_id AND o.day = g.day
  LEFT JOIN store_categories AS c
    ON c.store_id = g.store_id AND c.category_l3 = g.category_l3 AND c.sale_date = g.day
  LEFT JOIN sold AS s ON s.store_id = g.store_id AND s.product_id = g.product_id AND s.sale_date = g.day
),
summed AS (
  SELECT
    store_id,
    product_id,
    COUNT(*) AS days_out,
    SUM(expected) AS expected_quantity,
    CASE WHEN :substitution THEN LEAST(SUM(expected), GREATEST(SUM(excess), 0)) ELSE CAST(0 AS DOUBLE) END AS substituted
  FROM gap_days
  GROUP BY store_id, product_id
),
waiting AS (
  SELECT DISTINCT g.item, COALESCE(t.store, a.store_id) AS store, a.interest, c.customer_id
  FROM (
    SELECT p.store_id, p.product_id, 'viewed' AS interest, e.customer_id
    FROM gaps AS p
    JOIN web_events AS e ON e.product_id = p.product_id AND e.event_date = p.day
    WHERE e.event_type = 'product_view' AND NOT COALESCE(e.is_bot, FALSE)
    UNION ALL
    SELECT p.store_id, p.product_id, 'favourite', f.customer_id
    FROM gaps AS p
    JOIN favourites AS f
      ON f.target_id = p.product_id
      AND LOCAL_DAY(f.added_at) <= p.day
      AND COALESCE(LOCAL_DAY(f.removed_at) > p.day, TRUE)
    WHERE f.target_type = 'product'
  ) AS a
  JOIN goods AS g ON g.product_id = a.product_id
  LEFT JOIN store_labels AS t ON t.store_id = a.store_id
  LEFT JOIN v_identity AS i ON i.customer_id = a.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, a.customer_id)
),
waiting_counts AS (
  SELECT
    item,
    store,
    COUNT_IF(interest = 'viewed') AS viewers,
    COUNT_IF(interest = 'favourite') AS holders
  FROM waiting
  GROUP BY item, store
),
valued AS (
  SELECT
    g.item,
    COALESCE(t.store, s.store_id) AS store,
    s.product_id,
    s.days_out,
    s.expected_quantity,
    s.substituted,
    COALESCE(b.days, 0) AS days_observed,
    CAST((s.expected_quantity - s.substituted) * COALESCE(p.price, CAST(g.list_price AS DOUBLE)) AS DECIMAL(18, 2))
      AS lost_amount
  FROM summed AS s
  JOIN goods AS g ON g.product_id = s.product_id
  LEFT JOIN store_labels AS t ON t.store_id = s.store_id
  LEFT JOIN prices AS p ON p.product_id = s.product_id
  LEFT JOIN observed AS b ON b.store_id = s.store_id AND b.product_id = s.product_id
),
placed AS (
  SELECT
    v.*,
    ROW_NUMBER() OVER (ORDER BY v.lost_amount DESC NULLS LAST, v.days_out DESC, v.item, v.store) AS place
  FROM valued AS v
),
waited_products AS (
  SELECT p.item, p.store, i.interest, p.product_id
  FROM placed AS p
  CROSS JOIN UNNEST(ARRAY['viewed', 'favourite']) AS i(interest)
),
listed AS (
  SELECT
    p.item,
    p.store,
    p.days_out,
    p.expected_quantity,
    p.substituted,
    p.lost_amount,
    COALESCE(w.viewers, 0) AS viewers_waiting,
    COALESCE(w.holders, 0) AS favourites_waiting,
    p.days_observed < :min_cell AS low_n,
    p.place
  FROM placed AS p
  LEFT JOIN waiting_counts AS w ON w.item = p.item AND w.store = p.store
  WHERE p.place <= :top_n
  UNION ALL
  SELECT
    :other,
    NULL,
    SUM(days_out),
    SUM(expected_quantity),
    SUM(substituted),
    SUM(lost_amount),
    NULL,
    NULL,
    SUM(days_observed) < :min_cell,
    :top_n + 1
  FROM placed
  WHERE place > :top_n
  HAVING COUNT(*) > 0
)
SELECT
  item,
  store,
  days_out,
  expected_quantity,
  substituted,
  lost_amount,
  viewers_waiting,
  favourites_waiting,
  low_n
FROM listed
ORDER BY place
