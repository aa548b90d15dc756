/*
id: event_linked_sales
name: {ja: イベント連動売上分析, en: Sales around an event}
category: overview
origin: extension
tier: standard
question:
  ja: スポーツ大会・テレビ放送・年賀状・セール週などのイベントは、どのカテゴリにいくら上乗せし、誰が買ったか。
  en: "What did a world cup, a TV broadcast, New Year cards or a sale week add, in which category and to which customers?"
method:
  ja: "ベースライン＝他の年の同じ週と前後の週の売上を、イベントに関わらないカテゴリの動きで調整したもの。増分＝実績−ベースライン（前・中・後のそれぞれ）。購買者数と、そのうちのカテゴリ新規も出す。"
  en: "Baseline from the same weeks of other years and the weeks around, scaled by untouched categories; uplift = actual - baseline in pre, during and post windows; share of buyers with prior interest."
parameter_groups: [asof, base, pur]
parameters:
- {name: event_key, type: string, default: required, label_ja: イベント, note: a key of the table calendar_events}
- {name: pre_days, type: int, default: 14, minimum: 1, maximum: 90, label_ja: 前の期間(日), note: ""}
- {name: post_days, type: int, default: 14, minimum: 1, maximum: 90, label_ja: 後の期間(日), note: ""}
- {name: baseline_weeks, type: int, default: 8, minimum: 2, maximum: 26, label_ja: ベースラインの週数, note: "half of them before the windows, half after"}
- {name: control_categories, type: list, default: all, label_ja: 比較対象の大カテゴリ, note: "none chosen: every other category than the event's"}
columns:
- {name: phase, type: enum, unit: none, label_ja: 前/中/後}
- {name: category, type: string, unit: none, label_ja: カテゴリ}
- {name: actual, type: money, unit: JPY, label_ja: 実績}
- {name: baseline, type: money, unit: JPY, label_ja: ベースライン}
- {name: uplift, type: money, unit: JPY, label_ja: 増分}
- {name: uplift_rate, type: ratio, unit: ratio, label_ja: 増分率}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: new_to_category, type: int, unit: people, label_ja: カテゴリ新規}
charts:
- {kind: bar, x: category, y: uplift, color: phase}
- {kind: line, x: phase, y: [actual, baseline], where: {category: 合計}}
- {kind: table}
cells:
- {name: cell, keys: [phase, category], customers: bought, products: bought, becomes: {ja: "その期間のそのカテゴリの購買者と、買った商品", en: "buyers of the category in the phase, and what they bought"}}
- {name: edition, keys: [edition, category], types: {edition: string}, customers: earlier_buyers, products: earlier_buyers, becomes: {ja: "過去の開催回（イベントのキーで指定）の購買者。次回の対象者", en: "buyers of an earlier edition (its event_key): targets for the next one"}}
needs: [calendar_events]
example: {event_key: EV05-2026}
rules: [TZ, PUR, RET, NEG, GUEST, DIV0, SET]
notes:
- ja: "イベント後の落ち込みは、負の増分としてそのまま残す（需要の先食い）。"
  en: "a fall after the event is kept as a negative uplift (demand moved forward)"
- ja: "行はイベントの大カテゴリに属する中カテゴリ。イベントに大カテゴリがなければすべての大カテゴリ。「合計」はその全体で、同じ人は1人と数える。"
  en: "rows are the middle categories of the event's category, or all top categories where it has none; 合計 is all of them, its people counted once"
- ja: "ベースラインは、前後の週、364日前、728日前の同じ日々による最大3つの推定（売上がある範囲）の平均。同じ名前のイベントがあった年は使わない。各推定は、比較対象の大カテゴリの、今回の売上÷そのときの売上で調整する。比較対象がないとき（全カテゴリのイベント）は日数で調整する。"
  en: "the baseline is the mean of up to three estimates: the weeks around, and the same days 364 and 728 days earlier, as far as there are sales; a year with an edition of the same name is no baseline. Each is scaled by what the compared categories sold in the phase over what they sold then; without compared categories (an event for all) by the days"
- ja: "前・中・後の各期間は基準日で終わり、まだ始まっていない期間の行はない。1店舗のイベントはその店舗だけを見る。"
  en: "phases end with as_of; one that has not begun has no row. An event of one store looks at that store alone"
- ja: "カテゴリ新規＝前の期間の初日より前に、そのカテゴリの購入がない人。"
  en: "new to the category: no purchase of it before the first day of the window"
standard: Difference-in-differences form of the baseline.
*/
WITH event AS (
  SELECT event_key, name, start_date, end_date, category_l1, store_id
  FROM calendar_events
  WHERE event_key = :event_key
),
phases AS (
  SELECT p.phase, p.place, p.from_day, LEAST(p.to_day, :as_of) AS to_day
  FROM (
    SELECT '前' AS phase, 1 AS place, DATE_ADD('day', 0 - :pre_days, start_date) AS from_day,
      DATE_ADD('day', -1, start_date) AS to_day
    FROM event
    UNION ALL
    SELECT '中', 2, start_date, end_date FROM event
    UNION ALL
    SELECT '後', 3, DATE_ADD('day', 1, end_date), DATE_ADD('day', :post_days, end_date) FROM event
  ) AS p
  WHERE p.from_day <= :as_of
),
weeks_around AS (
  SELECT
    DATE_ADD('day', 0 - :pre_days - 7 * (:baseline_weeks / 2), start_date) AS from_day,
    DATE_ADD('day', 0 - :pre_days - 1, start_date) AS to_day
  FROM event
  UNION ALL
  SELECT
    DATE_ADD('day', :post_days + 1, end_date),
    DATE_ADD('day', :post_days + 7 * (:baseline_weeks / 2), end_date)
  FROM event
),
years AS (
  SELECT y.back
  FROM event AS e
  CROSS JOIN UNNEST(SEQUENCE(1, 2)) AS y(back)
  LEFT JOIN calendar_events AS x
    ON x.name = e.name
    AND x.event_key <> e.event_key
    AND x.start_date <= DATE_ADD('day', :post_days - 364 * y.back, e.end_date)
    AND x.end_date >= DATE_ADD('day', 0 - :pre_days - 364 * y.back, e.start_date)
  WHERE x.event_key IS NULL
),
first_sale AS (
  SELECT MIN(order_date) AS day FROM orders
),
-- The days of each phase (reference 0) and of what it is compared with: the weeks around (1) and other years (2, 3).
spans AS (
  SELECT 0 AS reference, phase, from_day, to_day FROM phases
  UNION ALL
  SELECT 1, p.phase, w.from_day, LEAST(w.to_day, :as_of)
  FROM phases AS p
  CROSS JOIN weeks_around AS w
  WHERE w.from_day <= :as_of
  UNION ALL
  SELECT
    1 + y.back,
    p.phase,
    DATE_ADD('day', -364 * y.back, p.from_day),
    DATE_ADD('day', -364 * y.back, p.to_day)
  FROM phases AS p
  CROSS JOIN years AS y
  JOIN first_sale AS f ON f.day <= DATE_ADD('day', -364 * y.back, p.from_day)
),
sold AS (
  SELECT
    l.sale_date,
    COALESCE(CASE WHEN e.category_l1 IS NULL THEN l.category_l1 ELSE l.category_l2 END, :unknown) AS category,
    COALESCE(e.category_l1 IS NULL OR l.category_l1 = e.category_l1, FALSE) AS is_touched,
    COALESCE(
      e.category_l1 IS NOT NULL AND l.category_l1 <> e.category_l1 AND l.category_l1 IN (:control_categories), FALSE
    ) AS is_control,
    l.amount
  FROM sales_lines AS l
  CROSS JOIN event AS e
  WHERE
    NOT l.is_adjustment
    AND (e.store_id IS NULL OR l.store_id = e.store_id)
    AND l.sale_date >= DATE_ADD('day', -728 - :pre_days - 7 * :baseline_weeks, e.start_date)
),
booked AS (
  SELECT s.reference, s.phase, c.category, SUM(l.amount) AS amount
  FROM spans AS s
  JOIN sold AS l ON l.sale_date BETWEEN s.from_day AND s.to_day AND l.is_touched
  CROSS JOIN UNNEST(ARRAY[l.category, :total]) AS c(category)
  GROUP BY s.reference, s.phase, c.category
),
compared AS (
  SELECT s.reference, s.phase, SUM(l.amount) AS amount
  FROM spans AS s
  JOIN sold AS l ON l.sale_date BETWEEN s.from_day AND s.to_day AND l.is_control
  GROUP BY s.reference, s.phase
),
lengths AS (
  SELECT reference, phase, SUM(DATE_DIFF('day', from_day, to_day) + 1) AS days
  FROM spans
  GROUP BY reference, phase
),
categories AS (
  SELECT DISTINCT category FROM booked
),
estimates AS (
  SELECT
    t.phase,
    c.category,
    CASE
      WHEN now.amount IS NULL AND then_.amount IS NULL
        THEN CAST(COALESCE(b.amount, 0) AS DOUBLE) * RATIO(p.days, t.days)
      ELSE CAST(COALESCE(b.amount, 0) AS DOUBLE) * RATIO(now.amount, then_.amount)
    END AS amount
  FROM lengths AS t
  CROSS JOIN categories AS c
  JOIN lengths AS p ON p.reference = 0 AND p.phase = t.phase
  LEFT JOIN booked AS b ON b.reference = t.reference AND b.phase = t.phase AND b.category = c.category
  LEFT JOIN compared AS now ON now.reference = 0 AND now.phase = t.phase
  LEFT JOIN compared AS then_ ON then_.reference = t.reference AND then_.phase = t.phase
  WHERE t.reference > 0
),
baselines AS (
  SELECT phase, category, AVG(amount) AS amount
  FROM estimates
  GROUP BY phase, category
),
purchased AS (
  SELECT
    c.category,
    l.customer_id,
    l.product_id,
    l.purchase_date,
    MIN(l.purchase_date) OVER (PARTITION BY c.category, l.customer_id) AS first_date
  FROM purchase_lines AS l
  CROSS JOIN event AS e
  CROSS JOIN UNNEST(
    ARRAY[COALESCE(CASE WHEN e.category_l1 IS NULL THEN l.category_l1 ELSE l.category_l2 END, :unknown), :total]
  ) AS c(category)
  WHERE
    (e.category_l1 IS NULL OR l.category_l1 = e.category_l1)
    AND (e.store_id IS NULL OR l.store_id = e.store_id)
),
bought AS (
  SELECT
    s.phase,
    p.category,
    p.customer_id,
    p.product_id,
    p.first_date >= DATE_ADD('day', 0 - :pre_days, e.start_date) AS is_new
  FROM purchased AS p
  CROSS JOIN event AS e
  JOIN phases AS s ON p.purchase_date BETWEEN s.from_day AND s.to_day
),
earlier_buyers AS (
  SELECT x.event_key AS edition, p.category, p.customer_id, p.product_id
  FROM event AS e
  JOIN calendar_events AS x ON x.name = e.name AND x.end_date < e.start_date
  JOIN purchased AS p ON p.purchase_date BETWEEN x.start_date AND x.end_date
),
buyers AS (
  SELECT
    phase,
    category,
    COUNT(DISTINCT customer_id) AS buyers,
    COUNT(DISTINCT CASE WHEN is_new THEN customer_id END) AS new_to_category
  FROM bought
  GROUP BY phase, category
),
measured AS (
  SELECT
    p.phase,
    p.place,
    c.category,
    COALESCE(a.amount, 0) AS actual,
    CAST(b.amount AS DECIMAL(18, 2)) AS baseline,
    COALESCE(n.buyers, 0) AS buyers,
    COALESCE(n.new_to_category, 0) AS new_to_category
  FROM phases AS p
  CROSS JOIN categories AS c
  LEFT JOIN booked AS a ON a.reference = 0 AND a.phase = p.phase AND a.category = c.category
  LEFT JOIN baselines AS b ON b.phase = p.phase AND b.category = c.category
  LEFT JOIN buyers AS n ON n.phase = p.phase AND n.category = c.category
)
SELECT
  phase,
  category,
  actual,
  baseline,
  actual - baseline AS uplift,
  RATIO(actual - baseline, baseline) AS uplift_rate,
  buyers,
  new_to_category
FROM measured
ORDER BY place, category = :unknown, category <> :total, SUM(actual) OVER (PARTITION BY category) DESC, category
