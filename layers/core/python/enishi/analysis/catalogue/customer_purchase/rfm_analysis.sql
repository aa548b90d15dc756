/*
id: rfm_analysis
name: {ja: RFM分析, en: RFM analysis}
category: customer_purchase
origin: brief
brief_names: [RFM分析]
tier: core
question:
  ja: 顧客は、最終購入日・購入回数・購入金額の三つの面でどう分布しているか。
  en: How are customers spread over recency, frequency and monetary value?
method:
  ja: "R＝基準日から最終購入日までの日数、F＝購入回数、M＝購入金額（いずれも「集計月数」の間）。それぞれを1〜5（5が最良）で採点する。quintile：採点対象の全員を指標ごとに単独で分ける。nested：Rの中でFを、R-Fの中でMを分ける。threshold：決まった境界で分ける。"
  en: "R = days from last purchase to as_of, F = purchases and M = amount in the lookback. Score each 1-5 (5 best). Quintile: cut each measure on its own over all scored customers. Nested: cut F inside R and M inside R-F. Threshold: fixed borders."
parameter_groups: [asof, base, pur]
parameters:
- {name: lookback_months, type: int, default: 24, minimum: 1, label_ja: 集計月数, note: customers with no purchase inside it are outside the grid}
- {name: method, type: "enum(quintile,nested,threshold)", default: quintile, label_ja: 区切り方, note: ""}
- {name: bins, type: int, default: 5, minimum: 2, maximum: 20, label_ja: 段階数, note: "threshold has one more than borders: keep them in step"}
- {name: r_borders, type: list(int), default: "30,90,180,365", label_ja: Rの境界, note: "days, used by threshold: a border belongs to the lower score"}
- {name: f_borders, type: list(int), default: "1,2,4,8", label_ja: Fの境界, note: upper purchase count of scores 1-4}
- {name: m_borders, type: list(money), default: "5000,15000,40000,100000", label_ja: Mの境界, note: "JPY, the lowest amount of scores 2-5"}
- {name: view, type: "enum(rf,rm,fm,rfm)", default: rf, label_ja: 見る面, note: a score that is not in view is null}
- {name: rfm_dates, type: list(date), default: as_of, label_ja: 判定日, hidden: true}
- {name: compares_dates, type: bool, default: false, label_ja: 二時点の比較, hidden: true}
- {name: freeze_borders, type: bool, default: false, label_ja: 移動前の境界で固定, hidden: true}
columns:
- {name: r_score, type: int, unit: score, label_ja: Rスコア}
- {name: f_score, type: int, unit: score, label_ja: Fスコア}
- {name: m_score, type: int, unit: score, label_ja: Mスコア}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: amount, type: money, unit: JPY, label_ja: 購入金額}
- {name: amount_share, type: ratio, unit: ratio, label_ja: 金額構成比}
- {name: avg_recency, type: double, unit: days, label_ja: 平均経過日数}
- {name: avg_orders, type: double, unit: count/person, label_ja: 平均購入回数}
- {name: avg_amount, type: money, unit: JPY/person, label_ja: 1人あたり金額}
charts:
- {kind: heatmap, x: f_score, y: r_score, color: customers, where: {r_score: {min: 1}}}
- {kind: bubble, x: avg_orders, y: avg_recency, size: customers, color: avg_amount}
- {kind: table}
cells:
- {name: cell, keys: [r_score, f_score, m_score], customers: scored, products: scored_products, becomes: {ja: "基準日にこのスコアの顧客", en: "customers with these scores at as_of"}}
footnotes:
- {label_ja: R・F・Mの境界, cte: borders}
rules: [TZ, PUR, RET, NEG, GUEST, MERGE, WD, TIE, SET]
notes:
- ja: "同値はまとめるため、Fは通常、同じ人数の5グループにならない。各スコアの最低値を表の下に示す。"
  en: "because ties stay together, F usually cannot form five equal groups; the lowest value of each score is printed below the table"
- ja: "「集計月数」の間に購入のない会員は、R=F=M=0の1行とする。"
  en: "members with no purchase in the lookback are one extra row with R=F=M=0"
standard: Quintile scoring as in A. M. Hughes, Strategic Database Marketing (1994); independent, nested and custom-border variants as in R package rfm (rfm_table_order). Borders above are our own defaults.
*/
WITH scored AS (
  SELECT s.customer_id, s.recency, s.orders, s.amount, s.r_score, s.f_score, s.m_score
  FROM rfm_scored AS s
  UNION ALL
  SELECT c.customer_id, NULL, NULL, NULL, 0, 0, 0
  FROM population AS c
  LEFT JOIN rfm_scored AS s ON s.customer_id = c.customer_id
  WHERE s.customer_id IS NULL
),
scored_products AS (
  SELECT s.r_score, s.f_score, s.m_score, l.product_id
  FROM rfm_scored AS s
  JOIN purchase_lines AS l ON l.customer_id = s.customer_id
  WHERE l.purchase_date > DATE_ADD('month', -:lookback_months, :as_of)
),
-- One row for each three scores; what is shown and the borders follow from these few.
corners AS (
  SELECT
    r_score,
    f_score,
    m_score,
    COUNT(*) AS customers,
    SUM(recency) AS recency,
    SUM(orders) AS orders,
    SUM(amount) AS amount,
    MAX(recency) AS upper_recency,
    MIN(orders) AS lower_orders,
    MIN(amount) AS lower_amount
  FROM rfm_scored
  GROUP BY r_score, f_score, m_score
),
-- All who are scored are members, so the others are the rest of the population.
unscored AS (
  SELECT c.members - COALESCE(s.customers, 0) AS customers
  FROM (SELECT COUNT(*) AS members FROM population) AS c
  CROSS JOIN (SELECT SUM(customers) AS customers FROM corners) AS s
),
viewed AS (
  SELECT
    CASE WHEN :view <> 'fm' THEN r_score END AS r_score,
    CASE WHEN :view <> 'rm' THEN f_score END AS f_score,
    CASE WHEN :view <> 'rf' THEN m_score END AS m_score,
    customers,
    recency,
    orders,
    amount
  FROM corners
  UNION ALL
  SELECT
    CASE WHEN :view <> 'fm' THEN 0 END,
    CASE WHEN :view <> 'rm' THEN 0 END,
    CASE WHEN :view <> 'rf' THEN 0 END,
    customers,
    NULL,
    NULL,
    NULL
  FROM unscored
  WHERE customers > 0
),
lowest AS (
  SELECT
    'R ' || ARRAY_JOIN(ARRAY_AGG(r_score || ':' || upper_recency ORDER BY r_score), ' ') AS said
  FROM (
    SELECT CAST(r_score AS VARCHAR) AS r_score, CAST(MAX(upper_recency) AS VARCHAR) AS upper_recency
    FROM corners
    GROUP BY r_score
  ) AS r
),
borders AS (
  SELECT
    r.said || ' / ' || f.said || ' / ' || m.said AS said
  FROM lowest AS r
  CROSS JOIN (
    SELECT 'F ' || ARRAY_JOIN(ARRAY_AGG(f_score || ':' || lower_orders ORDER BY f_score), ' ') AS said
    FROM (
      SELECT CAST(f_score AS VARCHAR) AS f_score, CAST(MIN(lower_orders) AS VARCHAR) AS lower_orders
      FROM corners
      GROUP BY f_score
    ) AS f
  ) AS f
  CROSS JOIN (
    SELECT 'M ' || ARRAY_JOIN(ARRAY_AGG(m_score || ':' || lower_amount ORDER BY m_score), ' ') AS said
    FROM (
      SELECT CAST(m_score AS VARCHAR) AS m_score, CAST(CAST(MIN(lower_amount) AS BIGINT) AS VARCHAR) AS lower_amount
      FROM corners
      GROUP BY m_score
    ) AS m
  ) AS m
)
SELECT
  v.r_score,
  v.f_score,
  v.m_score,
  CAST(SUM(v.customers) AS BIGINT) AS customers,
  RATIO(SUM(v.customers), SUM(SUM(v.customers)) OVER ()) AS share,
  COALESCE(SUM(v.amount), 0) AS amount,
  RATIO(COALESCE(SUM(v.amount), 0), SUM(SUM(v.amount)) OVER ()) AS amount_share,
  RATIO(SUM(v.recency), SUM(v.customers)) AS avg_recency,
  RATIO(SUM(v.orders), SUM(v.customers)) AS avg_orders,
  CAST(RATIO(SUM(v.amount), SUM(v.customers)) AS DECIMAL(18, 2)) AS avg_amount
FROM viewed AS v
GROUP BY v.r_score, v.f_score, v.m_score
ORDER BY v.r_score DESC, v.f_score DESC, v.m_score DESC
