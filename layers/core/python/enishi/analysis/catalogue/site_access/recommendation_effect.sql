/*
id: recommendation_effect
name: {ja: レコメンド枠効果分析, en: Recommendation slot effect}
category: site_access
origin: extension
tier: standard
question:
  ja: レコメンド枠は何をもたらしているか。新しいロジックは旧いものに勝っているか。
  en: "What do recommendation slots bring, and does the new logic beat the old one?"
method:
  ja: "枠・バリアントごとの表示数、クリック数、CTR、訪問内でのクリック商品の購入件数と売上（「成果とする購入」により、クリック後の注文のすべての商品も数えられる）、商品カバー率。バリアントは訪問者単位のCVRで比べる。"
  en: "Per slot and variant: impressions, clicks, click rate, orders of the clicked product within the session, direct and assisted amount, share of catalogue shown; variants compared by visitor-level CVR."
parameter_groups: [period, base, web, stat]
parameters:
- {name: slots, type: list, default: all, label_ja: 枠, note: ids of slots}
- {name: credit, type: "enum(clicked_product,any_product)", default: clicked_product, label_ja: 成果とする購入, note: "any_product = every product of an order after a click (assisted)"}
columns:
- {name: slot, type: string, unit: none, label_ja: 枠}
- {name: variant, type: string, unit: none, label_ja: バリアント}
- {name: impressions, type: int, unit: count, label_ja: 表示数}
- {name: clicks, type: int, unit: count, label_ja: クリック数}
- {name: ctr, type: ratio, unit: ratio, label_ja: CTR, of: impressions}
- {name: orders, type: int, unit: orders, label_ja: 購入件数}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: coverage, type: ratio, unit: ratio, label_ja: 商品カバー率}
- {name: p_value, type: double, unit: probability, label_ja: p値}
charts:
- {kind: bar, x: slot, y: ctr, color: variant}
- {kind: bar, x: slot, y: amount, color: variant}
- {kind: table}
cells:
- {name: clicked, keys: [slot, variant], customers: clicked_only, products: clicked_only, becomes: {ja: "クリックし、その訪問では購入しなかった人と、クリックした商品", en: "who clicked and did not buy it in the visit; products = the clicked ones"}}
footnotes:
- {label_ja: 枠の表示・クリックの記録数, cte: recorded}
rules: [TZ, BOT, DEDUP, MERGE, HOLD, DIV0, SMALL, SET]
notes:
- ja: "表示は、記録元でわかる場合、枠の半分が1秒見えたときに数える。"
  en: "an impression counts when half the slot was visible for one second, where the source tells"
- ja: "注文は、同じ訪問でそれより前のクリックに割り当て、枠・バリアントごとに1回とする。売上は割り当てた商品の額で、返品を差し引く。"
  en: "an order is credited to a click before it in the same visit, once to each slot and variant; the amount is of the credited products, net of returns"
- ja: "商品カバー率は、期間中に販売していた商品（サービスを除く）に対する割合。"
  en: "coverage is over the products on sale in the period, services left out"
- ja: "p値は、枠を表示した訪問で注文した訪問者についてのフィッシャーの正確検定。相手は対照群（control）のバリアント、なければ名前順で最初のもので、それ自身の値は空欄。"
  en: "p_value is Fisher's exact test of the visitors with an order in a visit that showed the slot, against the variant called control, else the first by name, which has none"
- ja: "記録に枠の表示もクリックもなければ、行がない。記録数は下の行に示す。"
  en: "without impressions or clicks of slots in the log there are no rows; the line below says how many there are"
step: variants
*/
WITH acted AS (
  SELECT
    e.slot_id AS slot,
    COALESCE(e.variant, :unknown) AS variant,
    e.event_type,
    e.visitor_id,
    e.visit,
    e.place,
    e.customer_id,
    e.product_id
  FROM session_events AS e
  WHERE
    e.event_type IN ('impression', 'click')
    AND e.slot_id IS NOT NULL
    AND e.slot_id IN (:slots)
    AND e.session_date BETWEEN :period_start AND :period_end
),
recorded AS (
  SELECT COUNT(*) AS events FROM acted
),
placed AS (
  SELECT o.visitor_id, o.visit, o.order_id, o.amount, e.place
  FROM session_orders AS o
  JOIN session_events AS e ON e.order_id = o.order_id AND e.visitor_id = o.visitor_id AND e.visit = o.visit
  WHERE e.event_type = 'purchase' AND o.amount > 0
),
kept_lines AS (
  SELECT p.order_id, l.product_id, SUM(l.line_amount) AS amount
  FROM (SELECT DISTINCT order_id FROM placed) AS p
  JOIN orders AS o ON p.order_id = CASE o.order_type WHEN 'return' THEN o.original_order_id ELSE o.order_id END
  JOIN order_lines AS l ON l.order_id = o.order_id
  WHERE o.status NOT IN ('cancelled', 'payment_failed')
  GROUP BY p.order_id, l.product_id
  HAVING SUM(l.line_amount) > 0
),
credited AS (
  SELECT DISTINCT a.slot, a.variant, p.order_id, l.product_id, l.amount
  FROM acted AS a
  JOIN placed AS p ON p.visitor_id = a.visitor_id AND p.visit = a.visit AND p.place > a.place
  JOIN kept_lines AS l
    ON l.order_id = p.order_id AND (:credit = 'any_product' OR l.product_id = a.product_id)
  WHERE a.event_type = 'click'
),
credits AS (
  SELECT slot, variant, COUNT(DISTINCT order_id) AS orders, SUM(amount) AS amount
  FROM credited
  GROUP BY slot, variant
),
clicked_only AS (
  SELECT a.slot, a.variant, a.customer_id, a.product_id
  FROM acted AS a
  LEFT JOIN placed AS p ON p.visitor_id = a.visitor_id AND p.visit = a.visit AND p.place > a.place
  LEFT JOIN kept_lines AS l ON l.order_id = p.order_id AND l.product_id = a.product_id
  WHERE a.event_type = 'click' AND a.product_id IS NOT NULL
  GROUP BY a.slot, a.variant, a.customer_id, a.product_id
  HAVING COUNT(l.order_id) = 0
),
exposed AS (
  SELECT a.slot, a.variant, a.visitor_id, COUNT(p.order_id) > 0 AS bought
  FROM acted AS a
  LEFT JOIN placed AS p ON p.visitor_id = a.visitor_id AND p.visit = a.visit AND p.place > a.place
  GROUP BY a.slot, a.variant, a.visitor_id
),
visitors AS (
  SELECT slot, variant, COUNT(*) AS visitors, COUNT_IF(bought) AS buyers
  FROM exposed
  GROUP BY slot, variant
),
on_sale AS (
  SELECT COUNT(*) AS products
  FROM products
  WHERE
    NOT COALESCE(is_service, FALSE)
    AND COALESCE(release_date <= :period_end, TRUE)
    AND COALESCE(discontinued_date >= :period_start, TRUE)
),
counted AS (
  SELECT
    slot,
    variant,
    COUNT_IF(event_type = 'impression') AS impressions,
    COUNT_IF(event_type = 'click') AS clicks,
    COUNT(DISTINCT CASE WHEN event_type = 'impression' THEN product_id END) AS products
  FROM acted
  GROUP BY slot, variant
)
SELECT
  c.slot,
  c.variant,
  c.impressions,
  c.clicks,
  RATIO(c.clicks, c.impressions) AS ctr,
  COALESCE(r.orders, 0) AS orders,
  COALESCE(r.amount, 0) AS amount,
  RATIO(c.products, s.products) AS coverage,
  v.visitors,
  v.buyers
FROM counted AS c
JOIN visitors AS v ON v.slot = c.slot AND v.variant = c.variant
CROSS JOIN on_sale AS s
LEFT JOIN credits AS r ON r.slot = c.slot AND r.variant = c.variant
ORDER BY c.slot, c.variant = :unknown, c.variant <> 'control', c.variant
