/*
id: purchase_conversion_timing
name: {ja: 購入転換率・タイミング分析, en: Purchase conversion and timing}
category: customer_purchase
origin: brief
brief_names: [購入転換率・タイミング分析]
tier: core
question:
  ja: 何人がN回目の購入に達し、いくら使い、何日で次の購入へ進むか。
  en: How many customers reach the N-th purchase, what do they spend on it, how many go on to N+1 and after how many days?
method:
  ja: "Nごとに、N回目の購入が対象に入る顧客を数え、その購入だけの金額を合計する。到達率＝購買者数(N)／購買者数(1)。転換率＝購買者数(N)／購買者数(N-1)。転換率(観測完了)は、前回の購入から「観測日数」以上過ぎた顧客だけを使う。転換日数は、N-1回目からN回目までの日数。"
  en: "For each N count customers whose N-th purchase is in scope and sum the amount of exactly that purchase. reach_rate = buyers(N)/buyers(1); step_rate = buyers(N)/buyers(N-1); the matured step_rate uses only customers whose previous purchase is at least maturity_days old. Days are between purchase N-1 and N."
parameter_groups: [period, base, pur]
parameters:
- {name: max_n, type: int, default: 31, label_ja: 最大回数, minimum: 1, maximum: 500, note: "later purchases are folded into one row max_n + 1"}
- {name: rank_scope, type: "enum(period,lifetime)", default: period, label_ja: 回数の数え方, note: "period counts from 1 inside the period"}
- {name: zero_row, type: "enum(no_purchase,everyone)", default: no_purchase, label_ja: 0回目の意味, note: ""}
- {name: maturity_days, type: int, default: 180, label_ja: 観測日数, minimum: 1, note: ""}
- {name: day_bins, type: list(int), default: "7,14,30,45,60,90,120,180,365", label_ja: 日数の区切り, note: upper ends in days}
columns:
- {name: n, type: int, unit: count, label_ja: N回目}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: amount, type: money, unit: JPY, label_ja: 購買金額}
- {name: amount_per_buyer, type: money, unit: JPY/person, label_ja: 購買金額/購買者数}
- {name: reach_rate, type: ratio, unit: ratio, label_ja: 到達率}
- {name: step_rate, type: ratio, unit: ratio, label_ja: 転換率}
- {name: step_rate_matured, type: ratio, unit: ratio, label_ja: 転換率(観測完了)}
- {name: days_median, type: double, unit: days, label_ja: 転換日数中央値}
- {name: days_p25, type: double, unit: days, label_ja: 転換日数25%}
- {name: days_p75, type: double, unit: days, label_ja: 転換日数75%}
- {name: days_hist, type: list, unit: people, label_ja: 転換日数分布}
- {name: base_customers, type: int, unit: people, label_ja: 母集団}
charts:
- {kind: funnel, x: n, y: buyers, where: {n: {min: 1, max: 15}}}
- {kind: table}
- {kind: line, x: n, y: [days_p25, days_median, days_p75], where: {n: {min: 2}}}
cells:
- {name: row, keys: [n], customers: reached, products: reached_products, becomes: {ja: "N回目の購入をした顧客と、その購入の商品", en: "customers who made an N-th purchase, and the products of that purchase"}}
- {name: stopped, keys: [stopped_at], types: {stopped_at: int}, customers: stopped, becomes: {ja: "N回で止まっている顧客", en: "customers stopped at N"}}
- {name: timing, keys: [n, days], types: {days: int}, customers: reached, products: reached_products, becomes: {ja: "その日数で転換した顧客", en: "customers who converted in that many days"}}
rules: [TZ, PUR, RET, GUEST, MERGE, N0, CENSOR, DIV0, SET]
notes:
- ja: "0回目の行の率と日数は空欄。"
  en: "row 0 has null rates and null days"
- ja: "「最大回数」を超える行は、「最大回数」+ 1 の1行にまとめる。"
  en: "rows after max_n are folded into one row, max_n + 1"
- ja: "非会員にはNがなく、どの行にも入らない。"
  en: "a guest has no N and is in no row"
standard: Layout of the classic 顧客転換率 screen. F1/F2/F3 wording is common Japanese mail-order usage (for example motenasu.info manual, 転換率分析).
*/
WITH bought AS (
  SELECT
    p.customer_id,
    p.n AS nth_ever,
    p.purchase_date,
    p.amount,
    p.nth = 1 AS is_first,
    CASE :rank_scope WHEN 'lifetime' THEN p.n ELSE p.nth END AS nth,
    CASE :rank_scope WHEN 'period' THEN p.date_before ELSE p.previous_date END AS previous_date
  FROM period_purchases AS p
),
no_purchase AS (
  SELECT c.customer_id
  FROM population AS c
  LEFT JOIN (SELECT DISTINCT customer_id FROM bought) AS b ON b.customer_id = c.customer_id
  WHERE b.customer_id IS NULL OR :zero_row = 'everyone'
),
reached AS (
  SELECT
    LEAST(b.nth, :max_n + 1) AS n,
    b.customer_id,
    b.nth_ever,
    b.purchase_date,
    b.amount,
    DATE_DIFF('day', b.previous_date, b.purchase_date) AS days,
    b.previous_date
  FROM bought AS b
  UNION ALL
  SELECT 0, z.customer_id, NULL, NULL, 0, NULL, NULL
  FROM no_purchase AS z
),
reached_products AS (
  SELECT r.n, r.days, r.customer_id, l.product_id
  FROM reached AS r
  JOIN purchase_lines AS l ON l.customer_id = r.customer_id AND l.n = r.nth_ever
),
stopped AS (
  SELECT LEAST(MAX(b.nth), :max_n + 1) AS stopped_at, b.customer_id
  FROM bought AS b
  GROUP BY b.customer_id
),
-- Purchases alike in all that is asked of them, counted: everything below is made of these.
tallied AS (
  SELECT
    LEAST(b.nth, :max_n + 1) AS n,
    DATE_DIFF('day', b.previous_date, b.purchase_date) AS days,
    COALESCE(b.previous_date <= DATE_ADD('day', -:maturity_days, :as_of), FALSE) AS is_matured_arrival,
    b.purchase_date <= DATE_ADD('day', -:maturity_days, :as_of) AS is_matured,
    b.is_first,
    -- The one purchase with which a customer comes into the last row.
    b.nth = :max_n + 1 OR (b.is_first AND b.nth > :max_n) AS is_entry_beyond,
    COUNT(*) AS purchases,
    SUM(b.amount) AS amount
  FROM bought AS b
  GROUP BY
    LEAST(b.nth, :max_n + 1),
    DATE_DIFF('day', b.previous_date, b.purchase_date),
    COALESCE(b.previous_date <= DATE_ADD('day', -:maturity_days, :as_of), FALSE),
    b.purchase_date <= DATE_ADD('day', -:maturity_days, :as_of),
    b.is_first,
    b.nth = :max_n + 1 OR (b.is_first AND b.nth > :max_n)
),
base AS (
  SELECT COUNT(*) AS customers FROM population
),
-- Whoever is in the last row may be there with several purchases.
beyond AS (
  SELECT CAST(COALESCE(SUM(purchases), 0) AS BIGINT) AS customers FROM tallied WHERE is_entry_beyond
),
rows_by_n AS (
  SELECT
    t.n,
    CASE WHEN t.n > :max_n THEN MAX(beyond.customers) ELSE CAST(SUM(t.purchases) AS BIGINT) END AS buyers,
    SUM(t.amount) AS amount,
    CAST(COALESCE(SUM(CASE WHEN t.is_matured_arrival THEN t.purchases END), 0) AS BIGINT) AS matured_arrivals,
    CAST(SUM(CASE WHEN t.is_matured THEN t.purchases END) AS BIGINT) AS matured
  FROM tallied AS t
  CROSS JOIN beyond
  GROUP BY t.n
  UNION ALL
  SELECT
    0,
    base.customers - CASE :zero_row WHEN 'everyone' THEN 0 ELSE COALESCE(f.customers, 0) END,
    0,
    0,
    NULL
  FROM base
  CROSS JOIN (SELECT CAST(SUM(purchases) AS BIGINT) AS customers FROM tallied WHERE is_first) AS f
),
spread AS (
  SELECT
    d.n,
    d.days,
    CAST(SUM(d.purchases) OVER (PARTITION BY d.n ORDER BY d.days ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT)
      AS upto,
    CAST(SUM(d.purchases) OVER (PARTITION BY d.n) AS BIGINT) AS total
  FROM (SELECT n, days, SUM(purchases) AS purchases FROM tallied WHERE days IS NOT NULL GROUP BY n, days) AS d
),
quantiles AS (
  SELECT
    s.n,
    QUANTILE_WITHIN(s.days, s.upto, s.total, 0.5) AS days_median,
    QUANTILE_WITHIN(s.days, s.upto, s.total, 0.25) AS days_p25,
    QUANTILE_WITHIN(s.days, s.upto, s.total, 0.75) AS days_p75
  FROM spread AS s
  GROUP BY s.n
),
bins AS (
  SELECT upper_day, COALESCE(LAG(upper_day) OVER (ORDER BY upper_day), -1) AS lower_day
  FROM UNNEST(:day_bins) AS t(upper_day)
),
binned AS (
  SELECT t.n, b.upper_day, CAST(SUM(t.purchases) AS BIGINT) AS customers
  FROM tallied AS t
  JOIN bins AS b ON t.days > b.lower_day AND t.days <= b.upper_day
  GROUP BY t.n, b.upper_day
),
histograms AS (
  SELECT n.n, ARRAY_AGG(COALESCE(b.customers, 0) ORDER BY d.upper_day) AS days_hist
  FROM rows_by_n AS n
  CROSS JOIN bins AS d
  LEFT JOIN binned AS b ON b.n = n.n AND b.upper_day = d.upper_day
  GROUP BY n.n
)
SELECT
  r.n,
  r.buyers,
  r.amount,
  CASE WHEN r.n > 0 THEN CAST(RATIO(r.amount, r.buyers) AS DECIMAL(18, 2)) END AS amount_per_buyer,
  CASE WHEN r.n > 0 THEN RATIO(r.buyers, f.buyers) END AS reach_rate,
  CASE WHEN r.n > 1 AND r.n <= :max_n THEN RATIO(r.buyers, before.buyers) END AS step_rate,
  CASE WHEN r.n > 1 AND r.n <= :max_n THEN RATIO(r.matured_arrivals, before.matured) END AS step_rate_matured,
  q.days_median,
  q.days_p25,
  q.days_p75,
  CASE WHEN r.n > 1 THEN h.days_hist END AS days_hist,
  base.customers AS base_customers
FROM rows_by_n AS r
CROSS JOIN base
LEFT JOIN rows_by_n AS f ON f.n = 1
LEFT JOIN rows_by_n AS before ON before.n = r.n - 1
LEFT JOIN quantiles AS q ON q.n = r.n
LEFT JOIN histograms AS h ON h.n = r.n
ORDER BY r.n
