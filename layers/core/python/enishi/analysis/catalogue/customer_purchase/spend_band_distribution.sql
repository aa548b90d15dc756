/*
id: spend_band_distribution
name: {ja: 購入金額帯別顧客分析, en: Customers by spend band}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: 年間の購入金額帯ごとに顧客は何人いて、次の金額帯まであと少しの顧客は何人か。
  en: "How many customers sit in each yearly spend band, and how close are they to the next one?"
method:
  ja: "期間内の購入金額で顧客を帯に分け、人数、購入金額、平均回数と、上の帯まで「あと少しとみなす金額」以内の人数を示す。"
  en: "Band customers by period amount, show count, sales, average orders and the number within near_gap of the upper border."
parameter_groups: [period, base, pur]
parameters:
- {name: bands, type: list(money), default: "1,3000,5000,10000,30000,50000,100000,300000", minimum: 0, label_ja: 金額帯の下限, note: lower ends}
- {name: near_gap, type: money, default: 2000, minimum: 0, label_ja: あと少しとみなす金額, note: ""}
columns:
- {name: band, type: string, unit: JPY, label_ja: 金額帯}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: amount, type: money, unit: JPY, label_ja: 購入金額}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: amount_share, type: ratio, unit: ratio, label_ja: 金額構成比}
- {name: avg_orders, type: double, unit: count/person, label_ja: 平均回数}
- {name: near_upper, type: int, unit: people, label_ja: 上位帯間際}
charts:
- {kind: histogram, x: band, y: customers}
- {kind: table}
cells:
- {name: band, keys: [band, is_near, amount, to_next], types: {is_near: bool, amount: money, to_next: money}, customers: banded, products: banded_products, becomes: {ja: "その金額帯の顧客。is_near=true：次の帯まで「あと少しとみなす金額」以内の顧客（to_next：不足額）", en: "customers of the band; is_near=true: those within near_gap of the next one (to_next: how much is missing)"}}
footnotes:
- {label_ja: 非会員売上, cte: guest_sales}
- {label_ja: 購入に数えない会員の売上(紐づかない返品など), cte: other_sales}
rules: [TZ, PUR, RET, NEG, GUEST, MERGE, N0, RECON, SET]
notes:
- ja: "最初の行は N = 0：期間内に購入のない会員。0以下：購入の合計が残らない会員。"
  en: "the first row is N = 0: members without a purchase in the period; 0以下: those whose purchases come to nothing"
- ja: "境界の金額は上の帯に入る。0と最初の下限の間の金額は、該当者がいれば1つの帯とする。"
  en: "a border belongs to the band above it; money between zero and the first border is a band of its own where somebody is in it"
- ja: "上位帯間際は、上の帯がない帯と、購入のない会員では空欄。"
  en: "near_upper is null where there is no band above, and for those who bought nothing"
- ja: "構成比は母集団の全会員、金額構成比はその購入に対する割合。表の下の2行を加えると、金額は「売上推移」と一致する。"
  en: "shares are of all members of the population, money shares of their purchases; with both lines below, the amounts add up to 売上推移"
*/
WITH bought AS (
  SELECT p.customer_id, COUNT(*) AS orders, SUM(p.amount) AS amount
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY p.customer_id
),
ends AS (
  SELECT low, LEAD(low) OVER (ORDER BY low) AS high
  FROM (SELECT 0 AS low UNION SELECT border FROM UNNEST(:bands) AS t(border)) AS b
),
listed AS (
  SELECT
    ROW_NUMBER() OVER (ORDER BY low) AS place,
    low,
    high,
    CASE
      WHEN high IS NULL THEN CAST(CAST(low AS BIGINT) AS VARCHAR) || '円以上'
      WHEN low = 0 THEN CAST(CAST(high AS BIGINT) AS VARCHAR) || '円未満'
      ELSE CAST(CAST(low AS BIGINT) AS VARCHAR) || '〜' || CAST(CAST(high AS BIGINT) - 1 AS VARCHAR) || '円'
    END AS band
  FROM ends
),
lows AS (
  SELECT ARRAY_AGG(low ORDER BY low) AS lows FROM listed
),
standing AS (
  SELECT
    c.customer_id,
    COALESCE(b.orders, 0) AS orders,
    COALESCE(b.amount, 0) AS amount,
    CASE
      WHEN b.customer_id IS NULL THEN -1
      WHEN b.amount <= 0 THEN 0
      ELSE CARDINALITY(FILTER(k.lows, f -> f <= b.amount))
    END AS place
  FROM population AS c
  CROSS JOIN lows AS k
  LEFT JOIN bought AS b ON b.customer_id = c.customer_id
),
banded AS (
  SELECT
    CASE s.place WHEN -1 THEN :never WHEN 0 THEN :not_positive ELSE l.band END AS band,
    s.place,
    s.customer_id,
    s.orders,
    s.amount,
    l.high - s.amount AS to_next,
    COALESCE(l.high - s.amount <= :near_gap, FALSE) AS is_near
  FROM standing AS s
  LEFT JOIN listed AS l ON l.place = s.place
),
banded_products AS (
  SELECT b.band, b.is_near, b.amount, b.to_next, l.product_id
  FROM banded AS b
  JOIN purchase_lines AS l ON l.customer_id = b.customer_id
  WHERE l.purchase_date BETWEEN :period_start AND :period_end
),
sold AS (
  SELECT
    COALESCE(SUM(CASE WHEN s.is_guest THEN s.amount END), 0) AS guests,
    COALESCE(SUM(CASE WHEN NOT s.is_guest THEN s.amount END), 0) AS members
  FROM sales AS s
  WHERE s.sale_date BETWEEN :period_start AND :period_end
),
guest_sales AS (
  SELECT guests AS amount FROM sold
),
other_sales AS (
  SELECT s.members - COALESCE(b.amount, 0) AS amount
  FROM sold AS s
  CROSS JOIN (SELECT SUM(amount) AS amount FROM bought) AS b
),
counted AS (
  SELECT
    place,
    COUNT(*) AS customers,
    SUM(amount) AS amount,
    SUM(orders) AS orders,
    COUNT_IF(is_near) AS near
  FROM banded
  GROUP BY place
),
-- Every band stands there, even empty; those below the first border only where somebody is in them.
answered AS (
  SELECT place, band, high FROM listed WHERE low > 0
  UNION ALL
  SELECT l.place, l.band, l.high FROM listed AS l JOIN counted AS c ON c.place = l.place WHERE l.low = 0
  UNION ALL
  SELECT -1, :never, NULL
  UNION ALL
  SELECT 0, :not_positive, NULL FROM counted WHERE place = 0
)
SELECT
  a.band,
  COALESCE(c.customers, 0) AS customers,
  COALESCE(c.amount, 0) AS amount,
  RATIO(COALESCE(c.customers, 0), SUM(c.customers) OVER ()) AS share,
  RATIO(COALESCE(c.amount, 0), SUM(c.amount) OVER ()) AS amount_share,
  RATIO(c.orders, c.customers) AS avg_orders,
  CASE WHEN a.high IS NOT NULL THEN COALESCE(c.near, 0) END AS near_upper
FROM answered AS a
LEFT JOIN counted AS c ON c.place = a.place
ORDER BY a.place
