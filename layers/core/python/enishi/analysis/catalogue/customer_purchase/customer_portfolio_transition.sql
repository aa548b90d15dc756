/*
id: customer_portfolio_transition
name: {ja: 顧客ポートフォリオ推移分析, en: Customer portfolio over time}
category: customer_purchase
origin: brief
brief_names: [顧客ポートフォリオ推移分析]
tier: core
question:
  ja: 客層(優良・流行・コツコツ・よちよち・初回)の人数は月ごとにどう変わり、どの客層からどの客層へ移ったか。
  en: "How does the portfolio change month by month, and from which cell to which do customers move?"
method:
  ja: "各時点で、その時点までのデータだけを使ってCPMの規則で分け、(a) 人数を積み上げ、(b) 選んだ2時点の間の移動を、移動前×移動後の表にする（行の合計は1）。"
  en: "Run the CPM rule at each period end using only data known by then, then (a) stack counts and (b) build a from-to matrix between two chosen ends, rows summing to 1."
parameter_groups: [base, pur, grain]
parameters:
- {name: points, type: int, default: 13, minimum: 1, maximum: 120, label_ja: 時点の数, note: "one grain apart, the last is as_of"}
- {name: as_of, type: date, default: yesterday, label_ja: 基準日, note: ""}
- {name: from_point, type: date, default: as_of - 12 months, label_ja: 移動前の時点, note: ""}
- {name: to_point, type: date, default: as_of, label_ja: 移動後の時点, note: ""}
- {name: toddler_days, type: int, default: 90, label_ja: よちよちの日数, note: ""}
- {name: loyal_days, type: int, default: 210, label_ja: 優良の日数, note: ""}
- {name: amount_border, type: money, default: 70000, label_ja: 金額の境界, note: ""}
- {name: lapse_days, type: int, default: 240, label_ja: 離脱の日数, note: ""}
columns:
- {name: point, type: date, unit: date, label_ja: 時点}
- {name: stage, type: enum, unit: none, label_ja: 客層}
- {name: state, type: enum, unit: none, label_ja: 現役/離脱}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: diff_prev, type: int, unit: people, label_ja: 前期差}
- {name: diff_year, type: int, unit: people, label_ja: 前年差}
- {name: from_cell, type: string, unit: none, label_ja: 移動前}
- {name: to_cell, type: string, unit: none, label_ja: 移動後}
- {name: moved, type: int, unit: people, label_ja: 移動人数}
- {name: move_rate, type: ratio, unit: ratio, label_ja: 移動率}
charts:
- {kind: area, title_ja: 現役と見込の客層, x: point, y: customers, color: stage, where: {state: [現役, "-"]}}
- {kind: stacked_bar, title_ja: 離脱の客層, x: point, y: customers, color: stage, where: {state: 離脱}}
- {kind: heatmap, x: to_cell, y: from_cell, color: move_rate}
- {kind: sankey, source: from_cell, target: to_cell, size: moved}
cells:
- {name: move, keys: [from_cell, to_cell], customers: moves, becomes: {ja: "その移動をした顧客", en: "customers who made that move"}}
- {name: point, keys: [point, stage, state], customers: standing, becomes: {ja: "その時点にそのセルにいた顧客", en: "customers in the cell at that point"}}
rules: [TZ, PUR, RET, GUEST, MERGE, WD, CENSOR, SET]
notes:
- ja: "2時点の間に獲得した顧客は、未購入という仮のセルから移る。"
  en: "customers acquired between the two points come from the pseudo cell 未購入"
- ja: "「返品の計上」がeventの場合、時点よりあとに計上された返品は、その時点の結果を変えない。"
  en: "returns posted after a point do not change that point when return_mode = event"
- ja: "時点は、基準日と、それより前の月（週、四半期、年）の同じ日。基準日が月末なら、すべて月末。"
  en: "the points are as_of and the same day of the months (weeks, quarters, years) before; where as_of ends a month they are all ends of months"
- ja: "行は2種類。時点のある行は人数、移動前のある行は「移動前の時点」から「移動後の時点」への移動。"
  en: "two kinds of rows: those with a point are the stock, those with from_cell the moves between from_point and to_point"
- ja: "1年前の時点がない場合、前年差は空欄。"
  en: "diff_year is null where the point one year before is none of the points"
- ja: "時点までに購入のない会員は、その時点では見込。移動では未購入とし、まだ購入していない会員は移動に含めない。"
  en: "members without a purchase by a point are 見込 there; they are 未購入 in the moves, which leave out those who have still not bought"
*/
WITH steps AS (
  SELECT
    t.k,
    CASE :grain
      WHEN 'day' THEN DATE_ADD('day', -t.k, :as_of)
      WHEN 'week' THEN DATE_ADD('week', -t.k, :as_of)
      WHEN 'month' THEN DATE_ADD('month', -t.k, :as_of)
      WHEN 'quarter' THEN DATE_ADD('month', -3 * t.k, :as_of)
      ELSE DATE_ADD('year', -t.k, :as_of)
    END AS day
  FROM UNNEST(SEQUENCE(0, :points - 1)) AS t(k)
),
points AS (
  SELECT
    k,
    CASE
      WHEN :as_of = LAST_DAY_OF_MONTH(:as_of) AND :grain <> 'day' AND :grain <> 'week' THEN LAST_DAY_OF_MONTH(day)
      ELSE day
    END AS point
  FROM steps
),
days AS (
  SELECT point AS day FROM points
  UNION
  SELECT :from_point
  UNION
  SELECT :to_point
),
-- What each purchase makes of its customer, from its day to the day before the next one.
histories AS (
  SELECT
    p.customer_id,
    p.purchase_date AS since,
    LEAD(p.purchase_date) OVER (PARTITION BY p.customer_id ORDER BY p.purchase_date, p.n) AS until,
    MIN(p.purchase_date) OVER (PARTITION BY p.customer_id) AS first_date,
    ROW_NUMBER() OVER (PARTITION BY p.customer_id ORDER BY p.purchase_date, p.n) AS orders,
    SUM(p.amount) OVER (PARTITION BY p.customer_id ORDER BY p.purchase_date, p.n) AS amount
  FROM purchases AS p
),
buyers AS (
  SELECT
    d.day,
    CPM_STAGE_OF(h.orders, DATE_DIFF('day', h.first_date, h.since), h.amount) AS stage,
    CASE WHEN DATE_DIFF('day', h.since, d.day) >= :lapse_days THEN '離脱' ELSE '現役' END AS state,
    h.customer_id
  FROM days AS d
  JOIN histories AS h ON h.since <= d.day AND (h.until IS NULL OR h.until > d.day)
),
first_dates AS (
  SELECT customer_id, MIN(first_date) AS first_date
  FROM histories
  GROUP BY customer_id
),
prospects AS (
  SELECT d.day, '見込' AS stage, '-' AS state, c.customer_id
  FROM population AS c
  CROSS JOIN days AS d
  LEFT JOIN first_dates AS f ON f.customer_id = c.customer_id
  WHERE COALESCE(c.registered_date <= d.day, TRUE) AND (f.first_date IS NULL OR f.first_date > d.day)
),
standing AS (
  SELECT p.point, b.stage, b.state, b.customer_id
  FROM points AS p
  JOIN buyers AS b ON b.day = p.point
  UNION ALL
  SELECT p.point, b.stage, b.state, b.customer_id
  FROM points AS p
  JOIN prospects AS b ON b.day = p.point
),
moves AS (
  SELECT
    COALESCE(b.stage || '・' || b.state, :never) AS from_cell,
    a.stage || '・' || a.state AS to_cell,
    a.customer_id
  FROM buyers AS a
  LEFT JOIN buyers AS b ON b.customer_id = a.customer_id AND b.day = :from_point
  WHERE a.day = :to_point
),
cells AS (
  SELECT t.place, t.stage, u.state
  FROM (VALUES (1, '優良'), (2, '流行'), (3, 'コツコツ'), (4, 'よちよち'), (5, '初回')) AS t(place, stage)
  CROSS JOIN (VALUES ('現役'), ('離脱')) AS u(state)
  UNION ALL
  SELECT 6, '見込', '-'
),
counts AS (
  SELECT point, stage, state, COUNT(*) AS customers
  FROM standing
  GROUP BY point, stage, state
),
stock AS (
  SELECT p.k, p.point, c.place, c.stage, c.state, COALESCE(n.customers, 0) AS customers
  FROM points AS p
  CROSS JOIN cells AS c
  LEFT JOIN counts AS n ON n.point = p.point AND n.stage = c.stage AND n.state = c.state
),
compared AS (
  SELECT
    s.k,
    s.point,
    s.place,
    s.stage,
    s.state,
    s.customers,
    s.customers - b.customers AS diff_prev,
    s.customers - y.customers AS diff_year
  FROM stock AS s
  LEFT JOIN stock AS b ON b.k = s.k + 1 AND b.stage = s.stage AND b.state = s.state
  LEFT JOIN stock AS y
    ON y.k = s.k + CASE :grain
      WHEN 'day' THEN 365
      WHEN 'week' THEN 52
      WHEN 'month' THEN 12
      WHEN 'quarter' THEN 4
      ELSE 1
    END
    AND y.stage = s.stage
    AND y.state = s.state
),
moved AS (
  SELECT
    from_cell,
    to_cell,
    COUNT(*) AS moved,
    RATIO(COUNT(*), SUM(COUNT(*)) OVER (PARTITION BY from_cell)) AS move_rate
  FROM moves
  GROUP BY from_cell, to_cell
),
placed AS (
  SELECT stage || '・' || state AS cell, place
  FROM cells
),
answered AS (
  SELECT
    c.point, c.stage, c.state, c.customers, c.diff_prev, c.diff_year,
    NULL AS from_cell, NULL AS to_cell, NULL AS moved, NULL AS move_rate,
    c.place, 0 AS to_place
  FROM compared AS c
  UNION ALL
  SELECT
    NULL, NULL, NULL, NULL, NULL, NULL,
    m.from_cell, m.to_cell, m.moved, m.move_rate,
    COALESCE(f.place, 7), t.place
  FROM moved AS m
  LEFT JOIN placed AS f ON f.cell = m.from_cell
  JOIN placed AS t ON t.cell = m.to_cell
)
SELECT
  a.point,
  a.stage,
  a.state,
  a.customers,
  a.diff_prev,
  a.diff_year,
  a.from_cell,
  a.to_cell,
  a.moved,
  a.move_rate
FROM answered AS a
ORDER BY a.point NULLS LAST, a.place, a.state, a.from_cell, a.to_place, a.to_cell
