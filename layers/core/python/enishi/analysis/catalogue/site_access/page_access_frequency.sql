/*
id: page_access_frequency
name: {ja: ページアクセス頻度分析, en: Page access frequency}
category: site_access
origin: brief
brief_names: [ページアクセス頻度分析]
tier: core
question:
  ja: 期間中に何回訪問した(ページを見た)顧客が何人いて、何回目から購入が増えるか。
  en: "How many customers visit or see a page once, twice, ... in the period, and from which frequency does buying rise?"
method:
  ja: "顧客ごとの訪問回数（またはPV、訪問日数）の分布と、頻度別の購入率と1人あたり金額。購入率が最も上がる段階を示す。"
  en: "Distribution of visits (or views, or days with a visit) per customer, with CVR and amount per frequency class; the step with the largest rise in CVR is marked."
parameter_groups: [period, base, web]
parameters:
- {name: count_of, type: "enum(sessions,views,days)", default: sessions, label_ja: 数えるもの, note: ""}
- {name: page_filter, type: string, default: null, label_ja: ページ, note: ""}
- {name: classes, type: list, default: "0,1,2,3,4,5,6-10,11-20,21+", label_ja: 頻度の区切り, note: ""}
columns:
- {name: class, type: string, unit: times, label_ja: 頻度}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: cvr, type: ratio, unit: ratio, label_ja: 購入率}
- {name: amount_per_customer, type: money, unit: JPY/person, label_ja: 1人あたり}
- {name: step_gain, type: double, unit: pp, label_ja: 上昇幅}
charts:
- {kind: histogram, x: class, y: customers}
- {kind: dual_axis, x: class, y: [customers, cvr]}
- {kind: table}
cells:
- {name: class, keys: [class, bought], types: {bought: bool}, customers: placed, becomes: {ja: "顧客（購入の有無別）", en: "customers, split into bought / not bought"}}
rules: [TZ, BOT, DEDUP, MERGE, N0, DIV0, SET]
notes:
- ja: "頻度0は、Webと連携済みで訪問のない顧客。クッキーと一度も紐づかない顧客は表の下に示す。"
  en: "class 0 are linked customers without a visit; customers never linked to a cookie are shown below the table"
- ja: "購入者の頻度には、同じ期間の購入後の閲覧を数えない。"
  en: "views after the purchase in the same period do not count towards the class of a buyer"
- ja: "「ページ」はパスまたはページ種別。指定したときの訪問は、それを見た訪問。"
  en: "page_filter is a path or a page type; visits are then those that saw it"
- ja: "購入者は、チャネルを問わず期間内の最初の購入までを数える。購入した訪問は数に含む。"
  en: "a buyer is counted up to the first purchase of the period, in any channel; the visit in which it is made counts"
- ja: "どの区切りにも入らない回数の顧客は除く。上昇幅は前の頻度に対するポイント差。"
  en: "classes that do not cover a number leave its customers out; step_gain is in points against the class before"
footnotes:
- {label_ja: 購入率が最も上がる頻度, cte: largest_rise}
- {label_ja: Webと未連携の顧客数, cte: never_linked}
*/
WITH bought AS (
  SELECT p.customer_id, MIN(p.purchase_at) AS first_purchase_at, SUM(p.amount) AS amount
  FROM v_purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY p.customer_id
),
browsed AS (
  SELECT e.customer_id, e.session_id, e.session_date, e.is_view
  FROM session_events AS e
  LEFT JOIN bought AS b ON b.customer_id = e.customer_id
  WHERE
    e.session_date BETWEEN :period_start AND :period_end
    AND COALESCE(e.event_at <= b.first_purchase_at, TRUE)
    AND (:page_filter_is_open OR (e.is_view AND (e.page_path = :page_filter OR e.page_type = :page_filter)))
),
counted AS (
  SELECT
    customer_id,
    CASE :count_of
      WHEN 'views' THEN COUNT_IF(is_view)
      WHEN 'days' THEN COUNT(DISTINCT session_date)
      ELSE COUNT(DISTINCT session_id)
    END AS times
  FROM browsed
  GROUP BY customer_id
),
bounds AS (
  SELECT
    class,
    place,
    CAST(REGEXP_EXTRACT(class, '^([0-9]+)', 1) AS INTEGER) AS low,
    CASE
      WHEN class LIKE '%+' THEN 2147483647
      ELSE CAST(REGEXP_EXTRACT(class, '([0-9]+)$', 1) AS INTEGER)
    END AS high
  FROM UNNEST(:classes) WITH ORDINALITY AS t(class, place)
),
placed AS (
  SELECT x.class, c.customer_id, b.customer_id IS NOT NULL AS bought, COALESCE(b.amount, 0) AS amount
  FROM population AS c
  JOIN linked_customers AS l ON l.customer_id = c.customer_id
  LEFT JOIN counted AS n ON n.customer_id = c.customer_id
  LEFT JOIN bought AS b ON b.customer_id = c.customer_id
  JOIN bounds AS x ON COALESCE(n.times, 0) BETWEEN x.low AND x.high
),
by_class AS (
  SELECT
    x.class,
    x.place,
    COUNT(p.customer_id) AS customers,
    COUNT_IF(p.bought) AS buyers,
    RATIO(COUNT_IF(p.bought), COUNT(p.customer_id)) AS cvr,
    CAST(RATIO(SUM(p.amount), COUNT(p.customer_id)) AS DECIMAL(18, 2)) AS amount_per_customer
  FROM bounds AS x
  LEFT JOIN placed AS p ON p.class = x.class
  GROUP BY x.class, x.place
),
risen AS (
  SELECT b.*, (b.cvr - LAG(b.cvr) OVER (ORDER BY b.place)) * 100 AS step_gain
  FROM by_class AS b
),
largest_rise AS (
  SELECT MIN(class) AS class
  FROM (
    SELECT class, ROW_NUMBER() OVER (ORDER BY step_gain DESC, place) AS rank
    FROM risen
    WHERE step_gain > 0
  ) AS r
  WHERE rank = 1
),
never_linked AS (
  SELECT COUNT(*) AS customers
  FROM population AS c
  LEFT JOIN linked_customers AS l ON l.customer_id = c.customer_id
  WHERE l.customer_id IS NULL
)
SELECT
  r.class,
  r.customers,
  RATIO(r.customers, SUM(r.customers) OVER ()) AS share,
  r.buyers,
  r.cvr,
  r.amount_per_customer,
  r.step_gain
FROM risen AS r
WHERE (SELECT COUNT(*) FROM placed) > 0
ORDER BY r.place
