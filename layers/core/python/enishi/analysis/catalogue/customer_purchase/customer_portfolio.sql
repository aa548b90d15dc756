/*
id: customer_portfolio
name: {ja: 顧客ポートフォリオ分析, en: Customer portfolio (CPM)}
category: customer_purchase
origin: brief
brief_names: [顧客ポートフォリオ分析]
tier: core
question:
  ja: 初回・よちよち・コツコツ・流行・優良の客層は何人ずつで、それぞれ何人が離脱したか。
  en: "How many customers are newcomers, learners, steady, trendy or best, and which of each have lapsed?"
method:
  ja: "在籍日数＝最終購入日 - 初回購入日。基準日 - 最終購入日 >=「離脱の日数」なら離脱。購入1回：初回。2回以上：在籍日数 <「よちよちの日数」はよちよち、在籍日数 >=「よちよちの日数」かつ金額 <「金額の境界」はコツコツ、在籍日数が「よちよちの日数」以上「優良の日数」未満かつ金額 >=「金額の境界」は流行、在籍日数 >=「優良の日数」かつ金額 >=「金額の境界」は優良。それぞれを現役と離脱に分け、10セルとする。"
  en: "tenure = last minus first purchase date; lapsed when as_of minus last purchase >= lapse_days. One purchase: 初回. Two or more: tenure < toddler_days よちよち; tenure >= toddler_days and amount < amount_border コツコツ; tenure from toddler_days to below loyal_days and amount >= border 流行; tenure >= loyal_days and amount >= border 優良. Each splits into 現役 and 離脱, ten cells."
parameter_groups: [asof, base, pur]
parameters:
- {name: toddler_days, type: int, default: 90, label_ja: よちよちの日数, note: ""}
- {name: loyal_days, type: int, default: 210, label_ja: 優良の日数, note: ""}
- {name: amount_border, type: money, default: 70000, label_ja: 金額の境界, note: ""}
- {name: lapse_days, type: int, default: 240, label_ja: 離脱の日数, note: "set from repeat_interval_distribution"}
columns:
- {name: stage, type: enum, unit: none, label_ja: 客層}
- {name: state, type: enum, unit: none, label_ja: 現役/離脱}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: amount, type: money, unit: JPY, label_ja: 累計購入金額}
- {name: amount_share, type: ratio, unit: ratio, label_ja: 金額構成比}
- {name: avg_orders, type: double, unit: count/person, label_ja: 平均購入回数}
- {name: avg_tenure, type: double, unit: days, label_ja: 平均在籍日数}
- {name: avg_amount, type: money, unit: JPY/person, label_ja: 1人あたり金額}
charts:
- {kind: heatmap, x: state, y: stage, color: customers}
- {kind: stacked_bar, x: stage, y: customers, color: state}
- {kind: table}
cells:
- {name: cell, keys: [stage, state], customers: staged, products: staged_products, becomes: {ja: "基準日にそのセルにいる顧客", en: "customers in that cell at as_of"}}
rules: [TZ, PUR, RET, GUEST, MERGE, WD, NEG, SET]
notes:
- ja: "購入履歴は期間内ではなく生涯による。"
  en: "purchase history is lifetime, not the period"
- ja: "購入のない会員は、10セルとは別の見込（N=0）の行とする。"
  en: "members with no purchase are the extra row 見込 (N=0), outside the ten cells"
- ja: "「購入の数え方」がdayの場合、同じ日の2枚のレシートも初回のまま。"
  en: "with purchase_unit=day two receipts of one day are still 初回"
standard: "CPM, 顧客ポートフォリオ理論 of 西野博道 (Yazuya), per kzn.intermedia.co.jp FAQ; default numbers 90/210/240 days and 70,000 JPY from LTV-Lab help (faqhelp.ltv-lab.jp, CPM集計とは). The border rule 'amount exactly equal' is ours (counts as high)."
*/
WITH staged AS (
  SELECT
    CASE WHEN h.customer_id IS NULL THEN '見込' ELSE CPM_STAGE_OF(h.orders, h.tenure, h.amount) END AS stage,
    CASE WHEN h.customer_id IS NULL THEN '-' WHEN h.idle_days >= :lapse_days THEN '離脱' ELSE '現役' END AS state,
    c.customer_id,
    h.orders,
    COALESCE(h.amount, 0) AS amount,
    h.tenure
  FROM population AS c
  LEFT JOIN buying_histories AS h ON h.customer_id = c.customer_id
),
staged_products AS (
  SELECT s.stage, s.state, l.product_id
  FROM staged AS s
  JOIN purchase_lines AS l ON l.customer_id = s.customer_id
),
cells AS (
  SELECT t.place, t.stage, u.state
  FROM (VALUES (1, '優良'), (2, '流行'), (3, 'コツコツ'), (4, 'よちよち'), (5, '初回')) AS t(place, stage)
  CROSS JOIN (VALUES ('現役'), ('離脱')) AS u(state)
  UNION ALL
  SELECT 6, '見込', '-'
),
summed AS (
  SELECT
    stage,
    state,
    COUNT(*) AS customers,
    SUM(amount) AS amount,
    AVG(CAST(orders AS DOUBLE)) AS avg_orders,
    AVG(CAST(tenure AS DOUBLE)) AS avg_tenure
  FROM staged
  GROUP BY stage, state
)
SELECT
  c.stage,
  c.state,
  COALESCE(s.customers, 0) AS customers,
  RATIO(COALESCE(s.customers, 0), SUM(s.customers) OVER ()) AS share,
  COALESCE(s.amount, 0) AS amount,
  RATIO(COALESCE(s.amount, 0), SUM(s.amount) OVER ()) AS amount_share,
  s.avg_orders,
  s.avg_tenure,
  CAST(RATIO(s.amount, s.customers) AS DECIMAL(18, 2)) AS avg_amount
FROM cells AS c
LEFT JOIN summed AS s ON s.stage = c.stage AND s.state = c.state
ORDER BY c.place, c.state
