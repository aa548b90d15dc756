/*
id: product_ranking
name: {ja: 商品ランキング, en: Product ranking for offers}
category: product
origin: extension
tier: core
question:
  ja: いま一番売れている商品は何か。全体・カテゴリ別・店舗別・セグメント別に見る(ランキングメールの元になる)。
  en: "What sells best right now, in total, per category, per store, per segment? (feeds ranking mails)"
method:
  ja: "直近の「集計日数」の、「指標」（金額、数量など）による上位商品。在庫、価格、発売で絞り込める。その前の同じ日数での順位も出す。セグメント（「母集団」）ごと、店舗ごとにも使える。"
  en: "Top items in the last days by amount or pieces with filters for stock, price and release, and their rank in the days before; can be run for a segment (base_segment) or per store."
parameter_groups: [asof, base, pur, top]
parameters:
- {name: days, type: int, default: 7, minimum: 1, label_ja: 集計日数, note: ""}
- {name: measure, type: "enum(amount,quantity,buyers,views,favourites)", default: amount, label_ja: 指標, note: ""}
- {name: by, type: "enum(all,category_l1,category_l2,store,segment)", default: category_l1, label_ja: 区分, note: "segment = one ranking for each saved segment, by its last snapshot"}
- {name: min_stock, type: int, default: 1, minimum: 0, label_ja: 最低在庫数, note: "0 = out of stock too"}
- {name: new_only, type: bool, default: false, label_ja: 新商品のみ, note: ""}
- {name: release_within_days, type: int, default: 7, minimum: 1, label_ja: 新商品とみなす日数, note: for new_only}
- {name: min_price, type: money, default: 0, minimum: 0, label_ja: 最低価格, note: ""}
- {name: top_n, type: int, default: 10, minimum: 1, label_ja: 表示件数, note: "ranks kept in each group; a ranking has no rest"}
columns:
- {name: group, type: string, unit: none, label_ja: 区分}
- {name: rank, type: int, unit: none, label_ja: 順位}
- {name: product, type: string, unit: none, label_ja: 商品}
- {name: value, type: double, unit: none, label_ja: 値, by: {measure: {amount: {type: money, unit: JPY}, quantity: {type: double, unit: items}, buyers: {type: double, unit: people}, views: {type: double, unit: views}, favourites: {type: double, unit: count}}}}
- {name: prev_rank, type: int, unit: none, label_ja: 前回順位}
- {name: price, type: money, unit: JPY/item, label_ja: 現在価格}
- {name: stock, type: int, unit: items, label_ja: 在庫数}
charts:
- {kind: table}
- {kind: bar, x: product, y: value, where: {rank: 1}}
cells:
- {name: rank, keys: [group, rank], customers: buyers, products: ranked_products, becomes: {ja: "これらの日にその商品を買った（閲覧した、お気に入りに入れた）顧客。商品はランキングの商品", en: "who bought (viewed, noted) the product in these days; products = the ranking"}}
- {name: interested, keys: [group, rank, interest], types: {interest: string}, customers: interested, products: products_of_interest, becomes: {ja: "その区分に関心があり、その商品を持っていない顧客。interestは90日以内のbought（購入）、viewed（閲覧）、noted（お気に入り）", en: "customers interested in the group who do not own the product; interest = bought, viewed or noted, in 90 days"}}
rules: [TZ, RET, GUEST, BOT, MERGE, DEDUP, TIE, EMPTY, SET]
notes:
- ja: "アパレルの慣行：1週間の金額または数量で順位を付け、在庫と価格で決めることもある。新商品は発売から1週間以内のもの。"
  en: "apparel practice: rank by amount or pieces over one week, stock and price may decide which; new items are those on sale for up to one week"
- ja: "商品が3つに満たない区分は上のカテゴリに替え、上のカテゴリの方を出す（中カテゴリは大カテゴリへ、ほかは「すべて」へ）。"
  en: "a group with fewer than 3 items falls back to its upper category, which is then listed instead (the middle category to the top one, the others to すべて)"
- ja: "前回順位は、同じ絞り込みでの、その前の同じ日数の順位。値なし＝ランキングになかった。"
  en: "the previous rank is that of as many days before, under the same filters; null = was not in the ranking"
- ja: "在庫数は最後の在庫記録で販売できる数で、その店舗または全体のもの（アプリのように在庫を持たない店舗は全体の在庫から売る）。在庫記録がまったくなければ絞り込まない。"
  en: "stock is what can be sold by the last snapshot, in the store or in all (a store that keeps none, such as an app, sells from all); without any snapshot it filters nothing"
- ja: "現在価格は、基準日の終わりに誰でも買える最安値、なければ定価。サービス、サンプル、販売終了の商品は除く。"
  en: "price is the lowest open to everybody at the end of as_of, else the list price; services, samples and discontinued products are out"
- ja: "閲覧とお気に入りは、どの店舗にも属さない。"
  en: "views and favourites happen in no store"
*/
WITH sold AS (
  SELECT
    l.product_id,
    l.store_id,
    CASE WHEN NOT l.is_guest THEN l.customer_id END AS customer_id,
    l.sale_date AS acted_date,
    SUM(l.quantity) AS quantity,
    SUM(l.amount) AS amount
  FROM sales_lines AS l
  WHERE
    l.sale_date > DATE_ADD('day', -GREATEST(2 * :days, 90), :as_of)
    AND l.sale_date <= :as_of
    AND NOT l.is_adjustment
  GROUP BY l.product_id, l.store_id, CASE WHEN NOT l.is_guest THEN l.customer_id END, l.sale_date
),
viewed AS (
  SELECT v.product_id, COALESCE(i.person_id, v.customer_id) AS customer_id, v.event_date AS acted_date
  FROM web_events AS v
  LEFT JOIN v_identity AS i ON i.customer_id = v.customer_id
  WHERE
    v.event_type = 'product_view'
    AND NOT COALESCE(v.is_bot, FALSE)
    AND v.event_date > DATE_ADD('day', -GREATEST(2 * :days, 90), :as_of)
),
noted AS (
  SELECT
    f.target_id AS product_id,
    COALESCE(i.person_id, f.customer_id) AS customer_id,
    LOCAL_DAY(f.added_at) AS acted_date
  FROM favourites AS f
  LEFT JOIN v_identity AS i ON i.customer_id = f.customer_id
  WHERE
    f.target_type = 'product'
    AND LOCAL_DAY(f.added_at) > DATE_ADD('day', -GREATEST(2 * :days, 90), :as_of)
    AND LOCAL_DAY(f.added_at) <= :as_of
),
acts AS (
  SELECT 'bought' AS interest, product_id, store_id, customer_id, acted_date, quantity, amount FROM sold
  UNION ALL
  SELECT 'viewed', product_id, NULL, customer_id, acted_date, 1, 0 FROM viewed
  UNION ALL
  SELECT 'noted', product_id, NULL, customer_id, acted_date, 1, 0 FROM noted
),
prices AS (
  SELECT product_id, MIN(price) AS price
  FROM price_spans
  WHERE scope = 'all' AND LOCAL_DAY(from_at) <= :as_of AND COALESCE(LOCAL_DAY(until_at) > :as_of, TRUE)
  GROUP BY product_id
),
offered AS (
  SELECT d.product_id, n.product, d.category_l1, d.category_l2, COALESCE(p.price, d.list_price) AS price
  FROM products AS d
  JOIN product_labels AS n ON n.product_id = d.product_id
  LEFT JOIN prices AS p ON p.product_id = d.product_id
  WHERE
    NOT COALESCE(d.is_service, FALSE)
    AND NOT COALESCE(d.is_sample, FALSE)
    AND COALESCE(d.discontinued_date > :as_of, TRUE)
    AND (NOT :new_only OR d.release_date BETWEEN DATE_ADD('day', 1 - :release_within_days, :as_of) AND :as_of)
    AND COALESCE(p.price, d.list_price, 0) >= :min_price
    AND d.product_id IN (:product_filter)
),
saved_members AS (
  SELECT DISTINCT s.segment_id, COALESCE(i.person_id, s.member_id) AS customer_id
  FROM (
    SELECT segment_id, member_id, as_of_date, MAX(as_of_date) OVER (PARTITION BY segment_id) AS last_date
    FROM segment_members
    WHERE :by = 'segment' AND as_of_date <= :as_of
  ) AS s
  LEFT JOIN v_identity AS i ON i.customer_id = s.member_id
  WHERE s.as_of_date = s.last_date
),
-- Each act in its own group, and once more in the group above, to which a small one falls back.
grouped AS (
  SELECT
    CASE :by
      WHEN 'category_l1' THEN COALESCE(o.category_l1, :unknown)
      WHEN 'category_l2' THEN COALESCE(o.category_l2, :unknown)
      WHEN 'store' THEN COALESCE(t.store, a.store_id)
      WHEN 'segment' THEN s.segment_id
      ELSE 'すべて'
    END AS group_name,
    CASE :by WHEN 'category_l2' THEN COALESCE(o.category_l1, :unknown) ELSE 'すべて' END AS parent_name,
    k.store_id AS stock_store_id,
    FALSE AS is_parent,
    a.*
  FROM acts AS a
  JOIN offered AS o ON o.product_id = a.product_id
  LEFT JOIN store_labels AS t ON t.store_id = a.store_id
  LEFT JOIN saved_members AS s ON s.customer_id = a.customer_id
  LEFT JOIN (SELECT DISTINCT store_id FROM latest_stock WHERE :by = 'store') AS k ON k.store_id = a.store_id
  WHERE :by <> 'all'
  UNION ALL
  SELECT
    CASE :by WHEN 'category_l2' THEN COALESCE(o.category_l1, :unknown) ELSE 'すべて' END, NULL, NULL, TRUE, a.*
  FROM acts AS a
  JOIN offered AS o ON o.product_id = a.product_id
),
measured_acts AS (
  SELECT
    g.*,
    g.acted_date > DATE_ADD('day', -:days, :as_of) AS is_current
  FROM grouped AS g
  WHERE
    g.group_name IS NOT NULL
    AND g.interest = CASE :measure WHEN 'views' THEN 'viewed' WHEN 'favourites' THEN 'noted' ELSE 'bought' END
    AND g.acted_date > DATE_ADD('day', -2 * :days, :as_of)
    AND (
      (:everyone AND (g.interest = 'bought' OR g.customer_id IS NULL))
      OR g.customer_id IN (SELECT customer_id FROM population)
    )
),
stock AS (
  SELECT product_id, store_id, SUM(available_qty) AS stock
  FROM latest_stock
  GROUP BY GROUPING SETS ((product_id, store_id), (product_id))
),
known_stock AS (
  SELECT COUNT(*) > 0 AS is_known FROM latest_stock
),
valued AS (
  SELECT
    m.group_name,
    m.parent_name,
    m.is_parent,
    m.is_current,
    m.product_id,
    MAX(s.stock) AS stock,
    CASE :measure
      WHEN 'amount' THEN CAST(SUM(m.amount) AS DOUBLE)
      WHEN 'buyers' THEN CAST(COUNT(DISTINCT CASE WHEN m.quantity > 0 THEN m.customer_id END) AS DOUBLE)
      ELSE CAST(SUM(m.quantity) AS DOUBLE)
    END AS value
  FROM measured_acts AS m
  CROSS JOIN known_stock AS k
  LEFT JOIN stock AS s
    ON s.product_id = m.product_id AND COALESCE(s.store_id, '') = COALESCE(m.stock_store_id, '')
  WHERE NOT k.is_known OR COALESCE(s.stock, 0) >= :min_stock
  GROUP BY m.group_name, m.parent_name, m.is_parent, m.is_current, m.product_id
),
placed AS (
  SELECT
    v.*,
    ROW_NUMBER() OVER (
      PARTITION BY v.group_name, v.is_parent, v.is_current ORDER BY v.value DESC, v.product_id
    ) AS rank
  FROM valued AS v
  WHERE v.value > 0
),
sizes AS (
  SELECT group_name, parent_name, is_parent, COUNT(*) AS products
  FROM placed
  WHERE is_current
  GROUP BY group_name, parent_name, is_parent
),
listed_groups AS (
  SELECT group_name, FALSE AS is_parent FROM sizes WHERE NOT is_parent AND products >= 3
  UNION
  SELECT parent_name, TRUE FROM sizes WHERE NOT is_parent AND products < 3
  UNION
  SELECT group_name, TRUE FROM sizes WHERE :by = 'all'
),
ranked AS (
  SELECT p.*
  FROM placed AS p
  JOIN listed_groups AS g ON g.group_name = p.group_name AND g.is_parent = p.is_parent
  WHERE p.is_current AND p.rank <= :top_n
),
ranked_products AS (
  SELECT group_name AS "group", rank, product_id FROM ranked
),
buyers AS (
  SELECT r.group_name AS "group", r.rank, m.customer_id
  FROM ranked AS r
  JOIN measured_acts AS m
    ON m.group_name = r.group_name AND m.is_parent = r.is_parent AND m.product_id = r.product_id
  JOIN population AS c ON c.customer_id = m.customer_id
  WHERE m.is_current AND m.quantity > 0
),
owned AS (
  SELECT DISTINCT customer_id, product_id FROM purchase_lines WHERE quantity > 0
),
interested AS (
  SELECT r.group_name AS "group", r.rank, a.interest, c.customer_id
  FROM ranked AS r
  JOIN grouped AS a ON a.group_name = r.group_name AND a.is_parent = r.is_parent
  JOIN population AS c ON c.customer_id = a.customer_id
  LEFT JOIN owned AS o ON o.customer_id = c.customer_id AND o.product_id = r.product_id
  WHERE a.acted_date > DATE_ADD('day', -90, :as_of) AND o.customer_id IS NULL
),
products_of_interest AS (
  SELECT DISTINCT r.group_name AS "group", r.rank, a.interest, r.product_id
  FROM ranked AS r
  JOIN grouped AS a ON a.group_name = r.group_name AND a.is_parent = r.is_parent
)
SELECT
  r.group_name AS "group",
  r.rank,
  o.product,
  r.value,
  b.rank AS prev_rank,
  o.price,
  r.stock
FROM ranked AS r
JOIN offered AS o ON o.product_id = r.product_id
LEFT JOIN placed AS b
  ON b.group_name = r.group_name AND b.is_parent = r.is_parent AND b.product_id = r.product_id AND NOT b.is_current
ORDER BY CASE WHEN r.group_name = :unknown THEN 1 ELSE 0 END, r.group_name, r.rank
