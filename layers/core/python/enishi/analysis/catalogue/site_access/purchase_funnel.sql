/*
id: purchase_funnel
name: {ja: 購入ファネル分析, en: Purchase funnel}
category: site_access
origin: extension
tier: core
question:
  ja: 商品閲覧からカート、レジ、注文までの、どこで離脱しているか。
  en: "Where between product view, cart, checkout and order do visitors drop out?"
method:
  ja: "セッション内、または訪問者の一定期間内の順に並んだステップのファネル（順番どおりに限る、または限らない）。通過率と全体率、ステップごとの所要時間の中央値を、端末、流入元、新規・再訪などで分けて示す。"
  en: "Closed or open funnel over ordered steps inside a session or inside a window per visitor; step and total rates, median time per step, split by device, source or new/existing."
parameter_groups: [period, base, web, axis]
parameters:
- {name: steps, type: list, default: "product_view,add_to_cart,checkout_step,purchase", label_ja: ステップ, note: ""}
- {name: scope, type: "enum(session,visitor_days)", default: session, label_ja: 数える単位, note: ""}
- {name: window_days, type: int, default: 7, label_ja: 期間(日), note: "", minimum: 1}
- {name: closed, type: bool, default: true, label_ja: 順番どおりに限る, note: ""}
- {name: axis, type: axis, default: device, over: [sessions, customers], shown_as: axis_value, label_ja: 集計軸, note: "of the first session of a visitor"}
columns:
- {name: step, type: string, unit: none, label_ja: ステップ}
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: entered, type: int, unit: people, label_ja: 到達数}
- {name: step_rate, type: ratio, unit: ratio, label_ja: 通過率}
- {name: total_rate, type: ratio, unit: ratio, label_ja: 全体率}
- {name: dropped, type: int, unit: people, label_ja: 離脱数}
- {name: median_time, type: double, unit: minutes, label_ja: 所要時間}
charts:
- {kind: funnel, x: step, y: entered, where: {axis_value: 合計}}
- {kind: table}
cells:
- {name: dropped, keys: [dropped_at, axis_value], types: {dropped_at: string}, customers: placed, products: placed_products, becomes: {ja: "このステップより先に進まなかった識別顧客と、そのステップの商品", en: "known customers who got no further than this step, with the products of that step"}}
- {name: reached, keys: [step, axis_value], customers: reached, becomes: {ja: "そのステップに達した識別顧客", en: "known customers who reached the step"}}
rules: [TZ, BOT, DEDUP, MERGE, MULTI, DIV0, SET]
notes:
- ja: "ステップは順に起きる必要があるが、間にほかの行動があってもよい。"
  en: "steps must occur in order, other events may lie between"
- ja: "注文にあってWebの記録にない購入（スクリプトの遮断など）は、カートIDが一致するときだけ最後のステップに加える。"
  en: "a purchase found in orders but not in web_events (blocked script) is added as a final step only when the cart id matches"
- ja: "数えるのはセッション。「数える単位」が訪問者（visitor_days）なら、最初のステップから「期間(日)」以内の訪問者。「順番どおりに限る」を外すと、前のステップがなくてもそのステップを数える。"
  en: "what is counted is a session, or with visitor_days a visitor within window_days of the first step; open (closed = false) counts a step whatever came before"
- ja: "記録のない注文のカートの購入は、注文の時刻が入る訪問に置く。"
  en: "the purchase of an ordered cart whose order no event names is placed into the visit that the order falls into"
- ja: "所要時間は、順番どおりのファネルで、前のステップからの時間。"
  en: "median_time is from the step before, in a closed funnel"
*/
WITH steps AS (
  SELECT step, CAST(place AS INTEGER) AS place FROM UNNEST(:steps) WITH ORDINALITY AS t(step, place)
),
untold_orders AS (
  SELECT s.session_id, o.ordered_at AS event_at
  FROM carts AS c
  JOIN orders AS o ON o.order_id = c.order_id AND o.status NOT IN ('cancelled', 'payment_failed')
  JOIN sessions AS s
    ON s.visitor_id = c.visitor_id
    AND o.ordered_at >= s.started_at
    AND o.ordered_at <= DATE_ADD('minute', :session_timeout_min, s.ended_at)
  LEFT JOIN (SELECT DISTINCT order_id FROM session_events WHERE event_type = 'purchase') AS e ON e.order_id = c.order_id
  WHERE e.order_id IS NULL
),
actions AS (
  SELECT e.session_id, e.event_at, e.place, e.event_type, e.product_id FROM session_events AS e
  UNION ALL
  SELECT u.session_id, u.event_at, 2147483647, 'purchase', NULL FROM untold_orders AS u
),
divided AS (
  SELECT
    CASE WHEN :scope = 'session' THEN sessions.session_id ELSE sessions.visitor_id END AS unit,
    sessions.customer_id,
    sessions.started_at,
    sessions.session_id,
    :axis AS axis_value
  FROM sessions
  LEFT JOIN population AS customers ON customers.customer_id = sessions.customer_id
  WHERE sessions.session_date BETWEEN :period_start AND :period_end
),
units AS (
  SELECT
    unit,
    MAX_BY(customer_id, CASE WHEN customer_id IS NOT NULL THEN started_at END) AS customer_id,
    MIN_BY(axis_value, started_at) AS axis_value
  FROM divided
  GROUP BY unit
),
ranked AS (
  SELECT axis_value, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, axis_value) AS rank
  FROM units
  WHERE axis_value <> :unknown
  GROUP BY axis_value
),
grouped AS (
  SELECT
    u.unit,
    u.customer_id,
    CASE WHEN r.rank > :max_axis_values THEN :other ELSE u.axis_value END AS axis_value
  FROM units AS u
  LEFT JOIN ranked AS r ON r.axis_value = u.axis_value
),
stepped AS (
  SELECT d.unit, a.event_at, a.place AS event_place, a.product_id, s.step, s.place
  FROM actions AS a
  JOIN divided AS d ON d.session_id = a.session_id
  JOIN steps AS s ON s.step = a.event_type
),
begun AS (
  SELECT unit, MIN(event_at) AS first_at FROM stepped WHERE place = 1 GROUP BY unit
),
-- The steps done up to each event, and from them how far the funnel has come: only the next step leads on.
walked AS (
  SELECT
    s.unit,
    s.event_at,
    s.event_place,
    s.place,
    ARRAY_AGG(s.place) OVER (
      PARTITION BY s.unit ORDER BY s.event_at, s.event_place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS so_far
  FROM stepped AS s
  LEFT JOIN begun AS b ON b.unit = s.unit
  WHERE
    :scope = 'session'
    OR NOT :closed
    OR s.event_at <= DATE_ADD('day', :window_days, b.first_at)
),
advanced AS (
  SELECT
    unit,
    event_at,
    place,
    REDUCE(so_far, 0, (far, x) -> CASE WHEN x = far + 1 THEN x ELSE far END, far -> far) AS far
  FROM walked
),
arrivals AS (
  SELECT unit, CASE WHEN :closed THEN far ELSE place END AS place, MIN(event_at) AS reached_at
  FROM advanced
  WHERE NOT :closed OR far > 0
  GROUP BY unit, CASE WHEN :closed THEN far ELSE place END
),
reached AS (
  SELECT
    a.unit,
    a.place,
    t.step,
    u.axis_value,
    u.customer_id,
    CASE WHEN :closed THEN CAST(
      DATE_DIFF('second', LAG(a.reached_at) OVER (PARTITION BY a.unit ORDER BY a.place), a.reached_at) AS DOUBLE
    ) / 60 END AS minutes
  FROM arrivals AS a
  JOIN steps AS t ON t.place = a.place
  JOIN grouped AS u ON u.unit = a.unit
),
placed AS (
  SELECT r.unit, r.step AS dropped_at, r.axis_value, r.customer_id
  FROM reached AS r
  WHERE
    r.place < (SELECT MAX(place) FROM steps)
    AND NOT EXISTS (SELECT 1 FROM reached AS n WHERE n.unit = r.unit AND n.place = r.place + 1)
),
placed_products AS (
  SELECT p.dropped_at, p.axis_value, p.customer_id, s.product_id
  FROM placed AS p
  JOIN stepped AS s ON s.unit = p.unit AND s.step = p.dropped_at
  WHERE s.product_id IS NOT NULL
),
counted AS (
  SELECT
    CASE WHEN GROUPING(axis_value) = 1 THEN :total ELSE axis_value END AS axis_value,
    place,
    COUNT(*) AS entered,
    QUANTILE_OF(minutes, 0.5) AS median_time
  FROM reached
  GROUP BY GROUPING SETS ((axis_value, place), (place))
  HAVING GROUPING(axis_value) = 1 OR NOT :axis_is_open
),
stopped AS (
  SELECT
    CASE WHEN GROUPING(axis_value) = 1 THEN :total ELSE axis_value END AS axis_value,
    dropped_at,
    COUNT(*) AS dropped
  FROM placed
  GROUP BY GROUPING SETS ((axis_value, dropped_at), (dropped_at))
  HAVING GROUPING(axis_value) = 1 OR NOT :axis_is_open
),
listed AS (
  SELECT
    v.axis_value,
    t.step,
    t.place,
    COALESCE(c.entered, 0) AS entered,
    c.median_time,
    COALESCE(x.dropped, 0) AS dropped
  FROM (SELECT DISTINCT axis_value FROM counted) AS v
  CROSS JOIN steps AS t
  LEFT JOIN counted AS c ON c.axis_value = v.axis_value AND c.place = t.place
  LEFT JOIN stopped AS x ON x.axis_value = v.axis_value AND x.dropped_at = t.step
)
SELECT
  l.step,
  l.axis_value,
  l.entered,
  RATIO(l.entered, LAG(l.entered) OVER (PARTITION BY l.axis_value ORDER BY l.place)) AS step_rate,
  RATIO(l.entered, FIRST_VALUE(l.entered) OVER (PARTITION BY l.axis_value ORDER BY l.place)) AS total_rate,
  CASE WHEN l.place < MAX(l.place) OVER () THEN l.dropped END AS dropped,
  l.median_time
FROM listed AS l
ORDER BY CASE l.axis_value WHEN :total THEN 0 WHEN :other THEN 2 WHEN :unknown THEN 3 ELSE 1 END, l.axis_value, l.place
