/*
id: multi_touch_attribution
name: {ja: マルチタッチアトリビューション分析, en: Multi-touch attribution}
category: media
origin: extension
tier: advanced
question:
  ja: 最後の接点だけでなくすべての接点を数えると、注文への貢献はどう変わるか。
  en: "How does the credit for orders change when all contacts, not only the last, are counted?"
method:
  ja: "注文ごとの「さかのぼる日数」内の接点（有料クリック、配信のクリック、訪問、カタログ）の経路。最終接点、初回接点、均等、位置（40/20/40）、時間減衰（半減期7日（既定））、1次マルコフ連鎖の除去効果を並べて示す。"
  en: "Paths of touches (paid clicks, message clicks, visits, catalog) in lookback_days per order; last, first, linear, position (40/20/40), time decay (half-life 7 days) and a first-order Markov removal effect, side by side."
parameter_groups: [period, base, pur]
parameters:
- {name: lookback_days, type: int, default: 30, minimum: 1, label_ja: さかのぼる日数, note: ""}
- {name: touch_types, type: list, default: "media_click,message_click,catalog,direct_visit", label_ja: 数える接点, note: "media_click, message_click, catalog, direct_visit (any other visit)"}
- {name: half_life_days, type: double, default: 7, minimum: 0.01, label_ja: 半減期(日), note: ""}
- {name: goal, type: "enum(order,first_order)", default: order, label_ja: 成果, note: ""}
columns:
- {name: touch, type: string, unit: none, label_ja: 接点}
- {name: model, type: enum, unit: none, label_ja: モデル}
- {name: orders, type: double, unit: orders, label_ja: 貢献件数}
- {name: amount, type: money, unit: JPY, label_ja: 貢献売上}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: cost, type: money, unit: JPY, label_ja: 費用}
- {name: roas, type: ratio, unit: ratio, label_ja: ROAS}
- {name: removal_effect, type: ratio, unit: ratio, label_ja: 除去効果}
step: attribution
charts:
- {kind: bar, title_ja: 接点のあった購入, x: touch, y: orders, color: model, where: {touch: {not: [接点なし, 非会員]}}}
- {kind: heatmap, x: model, y: touch, color: share}
- {kind: table}
cells:
- {name: touch, keys: [touch], customers: credited, becomes: {ja: "注文までにこの接点のあった顧客", en: "customers with this touch on the way to an order"}}
rules: [TZ, BOT, MERGE, RET, DEDUP, RECON, DIV0, SET]
notes:
- ja: "各モデルで、1件の注文の貢献の合計は1。接点のない注文は「接点なし」の行とする。"
  en: "credits of an order sum to 1 in each model; orders without any touch are the row 接点なし"
- ja: "成果が注文（order）のとき、各モデルの合計は「売上推移」と一致する。非会員の注文は「非会員」の行、購入を超えて返品で減った分は「0以下」の行とする。"
  en: "with goal = order each model adds up to 売上推移: guests' orders are the row 非会員, what returns took beyond purchases the row 0以下"
- ja: "モデルは、最終接点、初回接点、均等、位置（40/20/40、接点が2つなら等分）、時間減衰、マルコフ。"
  en: "models: 最終接点 last, 初回接点 first, 均等 linear, 位置 position (40/20/40; two touches share equally), 時間減衰 time decay, マルコフ Markov"
- ja: "マルコフ：その接点がなければ失われる注文の割合（除去効果）を、接点のある注文の数に合わせて配分する。「さかのぼる日数」内に注文が続かなかった接点を、注文に至らない経路（顧客ごとに1つ）とする。まだ結果を待つ接点は除く。"
  en: "Markov: what share of the orders would be lost without the touch (removal_effect), shares scaled to the orders that had a touch; contacts that no order followed within lookback_days make the paths without an order, one a customer; those still waiting for theirs are left out"
- ja: "構成比は全注文に対する割合で、接点の下の行も含む。費用は期間中の媒体・配信・カタログの費用。わからなければ空欄。"
  en: "share is of all orders, the rows below the touches included; cost is what the period's media, messages and catalogs cost, null where nobody told"
standard: "Position 40/20/40 and 7-day half-life as in the Google Ads API AttributionModel enum; Markov removal effect, Anderl et al. (2016)."
*/
WITH goals AS (
  SELECT p.order_id, p.customer_id, p.purchase_date, p.amount, LOCAL_TIME(p.purchase_at) AS ordered_at
  FROM purchases AS p
  WHERE :goal = 'order' OR p.n = 1
),
goals_seen AS (
  SELECT * FROM goals WHERE purchase_date BETWEEN :period_start AND :period_end
),
chosen AS (
  SELECT * FROM contacts WHERE kind IN (:touch_types)
),
touched AS (
  SELECT
    g.order_id,
    g.customer_id,
    g.amount,
    c.touch,
    POW(2e0, -CAST(DATE_DIFF('second', c.touched_at, g.ordered_at) AS DOUBLE) / 86400 / :half_life_days) AS weight,
    ROW_NUMBER() OVER (PARTITION BY g.order_id ORDER BY c.touched_at, c.contact_id) AS nth,
    COUNT(*) OVER (PARTITION BY g.order_id) AS touches
  FROM goals_seen AS g
  JOIN chosen AS c ON c.customer_id = g.customer_id
  WHERE c.touched_at <= g.ordered_at AND c.touched_at > DATE_ADD('day', -:lookback_days, g.ordered_at)
),
credited AS (
  SELECT t.customer_id, t.amount, t.touch, v.model, v.credit
  FROM (SELECT t.*, SUM(t.weight) OVER (PARTITION BY t.order_id) AS weights FROM touched AS t) AS t
  CROSS JOIN UNNEST(
    ARRAY['最終接点', '初回接点', '均等', '位置', '時間減衰'],
    ARRAY[
      CASE WHEN t.nth = t.touches THEN 1e0 ELSE 0e0 END,
      CASE WHEN t.nth = 1 THEN 1e0 ELSE 0e0 END,
      RATIO(1, t.touches),
      CASE
        WHEN t.touches <= 2 THEN RATIO(1, t.touches)
        WHEN t.nth IN (1, t.touches) THEN 0.4e0
        ELSE 0.2e0 / (t.touches - 2)
      END,
      t.weight / t.weights
    ]
  ) AS v(model, credit)
),
-- Contacts of the period that no order followed, once it can no longer follow; where first orders are the goal, of somebody
-- who had not bought yet.
idle AS (
  SELECT c.customer_id, c.touch, c.touched_at, c.contact_id
  FROM chosen AS c
  LEFT JOIN goals AS g
    ON g.customer_id = c.customer_id
    AND g.ordered_at >= c.touched_at
    AND g.ordered_at < DATE_ADD('day', :lookback_days, c.touched_at)
  LEFT JOIN (SELECT customer_id, MIN(ordered_at) AS first_at FROM goals GROUP BY customer_id) AS f
    ON f.customer_id = c.customer_id
  WHERE
    g.order_id IS NULL
    AND (:goal = 'order' OR COALESCE(c.touched_at <= f.first_at, TRUE))
    AND CAST(c.touched_at AS DATE) BETWEEN :period_start AND :period_end
    AND CAST(DATE_ADD('day', :lookback_days, c.touched_at) AS DATE) <= :as_of
),
paths AS (
  SELECT order_id AS path_id, touch, nth, touches, 'order' AS ending
  FROM touched
  UNION ALL
  SELECT
    customer_id,
    touch,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY touched_at, contact_id),
    COUNT(*) OVER (PARTITION BY customer_id),
    'none'
  FROM idle
),
followed AS (
  SELECT p.*, LAG(p.touch) OVER (PARTITION BY p.ending, p.path_id ORDER BY p.nth) AS before
  FROM paths AS p
),
-- How often one touch follows another; null before the first, and after the last the ending.
steps AS (
  SELECT before AS from_touch, touch AS to_touch, NULL AS ending, COUNT(*) AS paths
  FROM followed
  GROUP BY before, touch
  UNION ALL
  SELECT touch, NULL, ending, COUNT(*)
  FROM paths
  WHERE nth = touches
  GROUP BY touch, ending
),
costs AS (
  SELECT touch, CAST(SUM(cost) AS DECIMAL(18, 2)) AS cost
  FROM (
    SELECT m.medium AS touch, s.cost
    FROM media_costs AS s
    JOIN media_labels AS m ON m.medium_id = s.medium_id
    WHERE s.cost_date BETWEEN :period_start AND :period_end
    UNION ALL
    SELECT CHANNEL_WORD(g.channel), g.unit_cost
    FROM messages AS g
    WHERE g.status = 'sent' AND NOT COALESCE(g.is_control, FALSE) AND g.sent_date BETWEEN :period_start AND :period_end
    UNION ALL
    SELECT 'カタログ', s.cost
    FROM catalog_copies AS s
    WHERE NOT s.is_control AND s.shipped_date BETWEEN :period_start AND :period_end
  ) AS c
  GROUP BY touch
),
documents AS (
  SELECT s.sale_order_id, s.is_guest, SUM(s.amount) AS amount
  FROM sales_lines AS s
  WHERE s.sale_date BETWEEN :period_start AND :period_end AND :goal = 'order'
  GROUP BY s.sale_order_id, s.is_guest
),
-- What no touch is credited with, in every model.
rest AS (
  SELECT '接点なし' AS touch, 1 AS place, COUNT(*) AS orders, SUM(g.amount) AS amount
  FROM goals_seen AS g
  LEFT JOIN (SELECT DISTINCT order_id FROM touched) AS t ON t.order_id = g.order_id
  WHERE t.order_id IS NULL
  UNION ALL
  SELECT :guest, 2, COUNT_IF(amount > 0), SUM(amount)
  FROM documents
  WHERE is_guest
  UNION ALL
  SELECT
    :not_positive,
    3,
    0,
    COALESCE((SELECT SUM(amount) FROM documents WHERE NOT is_guest), 0) - COALESCE(SUM(amount), 0)
  FROM goals_seen
  WHERE :goal = 'order'
),
rows_told AS (
  SELECT
    'credit' AS kind,
    model,
    touch,
    0 AS place,
    SUM(credit) AS orders,
    SUM(CAST(amount AS DOUBLE) * credit) AS amount
  FROM credited
  GROUP BY model, touch
  UNION ALL
  SELECT 'rest', NULL, touch, place, CAST(orders AS DOUBLE), CAST(amount AS DOUBLE)
  FROM rest
  WHERE orders > 0 OR amount <> 0
)
SELECT
  r.kind,
  r.model,
  r.touch,
  r.orders,
  r.amount,
  c.cost,
  NULL AS from_touch,
  NULL AS ending,
  r.place
FROM rows_told AS r
LEFT JOIN costs AS c ON c.touch = r.touch
UNION ALL
SELECT 'step', NULL, s.to_touch, CAST(s.paths AS DOUBLE), NULL, c.cost, s.from_touch, s.ending, 0
FROM steps AS s
LEFT JOIN costs AS c ON c.touch = s.to_touch
ORDER BY kind, place, model, touch, from_touch, ending
