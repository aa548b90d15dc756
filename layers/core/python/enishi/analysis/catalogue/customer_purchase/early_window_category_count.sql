/*
id: early_window_category_count
name: {ja: 初回購入後期間内カテゴリ購入回数分析, en: Category purchases in a window after the first purchase}
category: customer_purchase
origin: brief
brief_names: [顧客ごとに初回購入後3か月間のAカテゴリ商品の購入回数を、入会チャンネルごとに見て施策検討したい]
tier: core
question:
  ja: 顧客ごとに、初回購入から3か月間にAカテゴリを何回買ったか。入会チャネルでどう違うか。
  en: "Per customer, how many purchases of category A fall within 3 months of the first purchase, and how does that differ by join channel? (The ad-hoc ask that needs no mart, run without any prepared mart.)"
method:
  ja: "顧客ごとの起点、そのあとの期間、数える商品の3つを自由に選ぶ。[起点, 起点 + 期間) の間に、条件に合う明細を1つ以上含む購入の数を数える。その回数ごとの顧客の分布を、集計軸で分けて示す。"
  en: "Anchor event per customer, window after it, counted event with a product filter: all three are chosen freely. Count distinct purchases containing at least one matching line in [anchor, anchor + window). Distribute customers over the count, split by the axis."
parameter_groups: [period, base, pur, axis, stat]
parameters:
- {name: anchor, type: "enum(first_purchase,nth_purchase,registration,first_of_category,message_click)", default: first_purchase, label_ja: 起点, note: ""}
- {name: nth, type: int, default: 2, minimum: 1, label_ja: 起点の回数, note: for anchor nth_purchase}
- {name: window, type: int, default: 3, minimum: 1, label_ja: 期間, note: ""}
- {name: window_unit, type: "enum(months,days)", default: months, label_ja: 期間の単位, note: ""}
- {name: category, type: product_set, default: required, label_ja: 数える商品, note: "a category, a path such as 家電/テレビ, or a filter as JSON"}
- {name: include_anchor, type: bool, default: true, label_ja: 起点の購入も数える, note: ""}
- {name: count_of, type: "enum(purchases,items,amount)", default: purchases, label_ja: 数えるもの, note: "amount counts full steps of amount_step"}
- {name: amount_step, type: int, default: 10000, minimum: 1, label_ja: 金額の刻み, note: for count_of amount}
- {name: max_count, type: int, default: 10, minimum: 1, label_ja: 最大回数, note: higher counts are in this bucket}
- {name: axis, type: axis, default: join_channel, over: [customers], shown_as: axis_value, label_ja: 集計軸, note: "any column of customers or attributes[...]"}
columns:
- {name: axis_value, type: string, unit: none, label_ja: 入会チャネル}
- {name: customers, type: int, unit: people, label_ja: 対象顧客数}
- {name: count_bucket, type: int, unit: count, label_ja: 購入回数}
- {name: customers_in_bucket, type: int, unit: people, label_ja: 人数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: mean_count, type: double, unit: count/person, label_ja: 平均回数}
- {name: any_rate, type: ratio, unit: ratio, label_ja: 1回以上率}
- {name: amount_per_customer, type: money, unit: JPY/person, label_ja: 1人あたり金額}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: stacked_bar, x: axis_value, y: share, color: count_bucket}
- {kind: heatmap, x: count_bucket, y: axis_value, color: share}
- {kind: table}
cells:
- {name: cell, keys: [axis_value, count_bucket], customers: counted, products: counted_products, becomes: {ja: "その回数だけカテゴリを購入した顧客。商品＝条件に合う明細の商品", en: "customers with that many category purchases; products = the matching lines"}}
rules: [TZ, PUR, RET, GUEST, MERGE, N0, UNK, CENSOR, SMALL, SET]
notes:
- ja: "3か月は、3か月後の同じ日（その月にない日は月末に合わせる）までで、終わりの日は含まない。"
  en: "three months means the same day-of-month three months later, clipped to month end; the end is exclusive"
- ja: "期間が終わっていない顧客は除き、人数を表の下に示す。"
  en: "customers whose window is still open are left out and counted below the table"
- ja: "0回は、起点はあるが、期間内に「数える商品」を買っていない顧客。起点のない会員は表の下に示し、どの割合にも含めない。"
  en: "bucket 0 is customers who bought, but nothing from A; members without the anchor are counted below the table and are in no rate"
- ja: "集計期間は、起点の日で判定する。"
  en: "the period holds the anchor"
example: {category: プリンター}
footnotes:
- {label_ja: 起点のない会員, cte: without_anchor}
- {label_ja: 期間が終わっていない顧客, cte: still_open}
*/
WITH anchor_events AS (
  SELECT p.customer_id, p.purchase_date AS anchor_date, p.order_id
  FROM purchases AS p
  WHERE (:anchor = 'first_purchase' AND p.n = 1) OR (:anchor = 'nth_purchase' AND p.n = :nth)
  UNION ALL
  SELECT c.customer_id, c.registered_date, NULL
  FROM population AS c
  WHERE :anchor = 'registration' AND c.registered_date IS NOT NULL
  UNION ALL
  SELECT l.customer_id, MIN(l.purchase_date), MIN_BY(l.order_id, l.n)
  FROM purchase_lines AS l
  WHERE :anchor = 'first_of_category' AND l.product_id IN (:category)
  GROUP BY l.customer_id
  UNION ALL
  SELECT c.customer_id, MIN(LOCAL_DAY(t.clicked_at)), NULL
  FROM v_touches AS t
  JOIN population AS c ON c.customer_id = t.customer_id
  WHERE :anchor = 'message_click' AND t.clicked_at IS NOT NULL
  GROUP BY c.customer_id
),
anchored AS (
  SELECT
    a.customer_id,
    a.anchor_date,
    a.order_id,
    CASE :window_unit
      WHEN 'months' THEN DATE_ADD('month', :window, a.anchor_date)
      ELSE DATE_ADD('day', :window, a.anchor_date)
    END AS window_end
  FROM anchor_events AS a
  WHERE a.anchor_date BETWEEN :period_start AND :period_end
),
observed AS (
  SELECT * FROM anchored WHERE window_end <= DATE_ADD('day', 1, :as_of)
),
still_open AS (
  SELECT COUNT(*) AS customers FROM anchored WHERE window_end > DATE_ADD('day', 1, :as_of)
),
without_anchor AS (
  SELECT COUNT(*) AS customers
  FROM population AS c
  WHERE c.customer_id NOT IN (SELECT customer_id FROM anchor_events)
),
matching_lines AS (
  SELECT o.customer_id, l.order_id, l.product_id, l.quantity, l.amount
  FROM observed AS o
  JOIN purchase_lines AS l
    ON l.customer_id = o.customer_id
    AND l.purchase_date >= o.anchor_date
    AND l.purchase_date < o.window_end
    AND (:include_anchor OR l.order_id <> COALESCE(o.order_id, ''))
  WHERE l.product_id IN (:category)
),
matched AS (
  SELECT customer_id, COUNT(DISTINCT order_id) AS purchases, SUM(quantity) AS items, SUM(amount) AS amount
  FROM matching_lines
  GROUP BY customer_id
),
counted AS (
  SELECT
    :axis AS axis_value,
    o.customer_id,
    CASE :count_of
      WHEN 'items' THEN COALESCE(m.items, 0)
      WHEN 'amount' THEN CAST(FLOOR(COALESCE(m.amount, 0) / :amount_step) AS BIGINT)
      ELSE COALESCE(m.purchases, 0)
    END AS count_exact,
    LEAST(
      CASE :count_of
        WHEN 'items' THEN COALESCE(m.items, 0)
        WHEN 'amount' THEN CAST(FLOOR(COALESCE(m.amount, 0) / :amount_step) AS BIGINT)
        ELSE COALESCE(m.purchases, 0)
      END,
      :max_count
    ) AS count_bucket,
    COALESCE(m.amount, 0) AS amount
  FROM observed AS o
  JOIN population AS customers ON customers.customer_id = o.customer_id
  LEFT JOIN matched AS m ON m.customer_id = o.customer_id
),
counted_products AS (
  SELECT c.axis_value, c.count_bucket, l.product_id
  FROM counted AS c
  JOIN matching_lines AS l ON l.customer_id = c.customer_id
),
axis_totals AS (
  SELECT
    axis_value,
    COUNT(*) AS customers,
    AVG(CAST(count_exact AS DOUBLE)) AS mean_count,
    COUNT_IF(count_exact > 0) AS any_customers,
    SUM(amount) AS amount
  FROM counted
  GROUP BY axis_value
),
buckets AS (
  SELECT axis_value, count_bucket, COUNT(*) AS customers
  FROM counted
  GROUP BY axis_value, count_bucket
)
SELECT
  b.axis_value,
  t.customers,
  b.count_bucket,
  b.customers AS customers_in_bucket,
  RATIO(b.customers, t.customers) AS share,
  t.mean_count,
  RATIO(t.any_customers, t.customers) AS any_rate,
  CAST(RATIO(t.amount, t.customers) AS DECIMAL(18, 2)) AS amount_per_customer,
  t.customers < :min_cell AS low_n
FROM buckets AS b
JOIN axis_totals AS t ON t.axis_value = b.axis_value
ORDER BY CASE WHEN b.axis_value = :unknown THEN 1 ELSE 0 END, t.customers DESC, b.axis_value, b.count_bucket
