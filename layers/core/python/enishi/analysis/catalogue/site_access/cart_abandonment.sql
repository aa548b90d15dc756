/*
id: cart_abandonment
name: {ja: カート放棄分析, en: Cart abandonment}
category: site_access
origin: extension
tier: core
question:
  ja: カートはどのステップで、どれだけの金額が放棄され、どれだけ戻ってくるか。配信は効いているか。
  en: "How many carts are left, at which step and value, do they come back, and does a reminder or a point notice help?"
method:
  ja: "最後の変更から「放棄とみなす時間」内に注文のないカートを放棄とする。離脱ステップ別・金額帯別の放棄率と放棄金額、「復帰を待つ日数」内の復帰と、そのうち配信を経由した割合を示す。比較日の前後も比べられる。"
  en: "Cart abandoned when not ordered within abandon_hours after its last change. Rate and amount by step and value band; recovery within recover_days and share after a click in a message; before/after comparison at a date."
parameter_groups: [period, base, web, grain]
parameters:
- {name: abandon_hours, type: int, default: 24, label_ja: 放棄とみなす時間, note: "", minimum: 1}
- {name: recover_days, type: int, default: 7, label_ja: 復帰を待つ日数, note: "", minimum: 0}
- {name: value_bands, type: list(int), default: "3000,10000,30000,100000", label_ja: 金額の区切り, note: ""}
- {name: compare_at, type: date, default: null, label_ja: 比較日, note: "e.g. launch of point-expiry mails (a known case went from 10% to 5%)"}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: last_step, type: enum, unit: none, label_ja: 離脱ステップ}
- {name: value, type: string, unit: none, label_ja: 金額帯(円)}
- {name: carts, type: int, unit: count, label_ja: カート数}
- {name: abandoned, type: int, unit: count, label_ja: 放棄数}
- {name: abandon_rate, type: ratio, unit: ratio, label_ja: 放棄率}
- {name: lost_amount, type: money, unit: JPY, label_ja: 放棄金額}
- {name: recovered, type: int, unit: count, label_ja: 復帰数}
- {name: recovery_rate, type: ratio, unit: ratio, label_ja: 復帰率}
- {name: reminder_share, type: ratio, unit: ratio, label_ja: 配信経由率}
charts:
- {kind: line, x: bucket, y: abandon_rate, color: last_step, where: {value: 合計}}
- {kind: funnel, x: last_step, y: carts, where: {last_step: [カート, 住所, 支払, 確認], value: 合計}}
- {kind: bar, x: value, y: abandon_rate, where: {last_step: 合計, value: {not: [合計]}}, options: {weight: carts}, title_ja: 金額帯別の放棄率}
- {kind: table}
cells:
- {name: left, keys: [bucket, last_step, value], customers: left_carts, products: left_items, becomes: {ja: "放棄したままのカートがある顧客と、カートの商品", en: "customers with an open abandoned cart; products = items in it"}}
rules: [TZ, BOT, MERGE, GUEST, CENSOR, UNK, DIV0, SET]
notes:
- ja: "同じ訪問者の同じ日の複数のカートは、1つのカートとする。"
  en: "several carts of one visitor in one day are one cart"
- ja: "「復帰を待つ日数」内に店舗で同じ商品を購入したものは「店舗購入」とし、放棄としない。"
  en: "a store purchase of the same product within recover_days is shown as 店舗購入, not as lost"
- ja: "ステップのカート数は、少なくともそこまで進んだカート。放棄数はその先に進まなかったカート。「合計」はすべてのカート。"
  en: "carts of a step are those that came at least that far, abandoned those that went no further; 合計 are all carts"
- ja: "商品のないカートと、「放棄とみなす時間」が過ぎていないカートは除く。復帰率は「復帰を待つ日数」が過ぎたカートに対する割合。"
  en: "carts without an item, and those whose abandon_hours have not passed, are left out; recovery_rate is over carts whose recover_days have passed"
- ja: "カートの商品のいずれかのオンラインでの注文は、カート自身の注文と同じに扱う。配信経由率は、復帰したカートのうち配信のクリックのあとに復帰した割合。"
  en: "an online order of one of the items counts like the cart's own order; reminder_share is the share of recovered carts after a click in a message"
- ja: "比較日を指定すると、期間はその日より前とその日以降になる。"
  en: "with compare_at the buckets are before and from that day"
- ja: "金額帯は「金額の区切り」の区分（例：3000-9999）。「合計」はすべての金額。「不明」は商品の記録がない、注文されたカート。"
  en: "value is a band of value_bands, for example 3000-9999; 合計 are carts of any value, 不明 ordered ones of which no item is recorded"
needs: [carts]
*/
WITH items AS (
  SELECT l.cart_id, l.product_id, SUM(l.quantity * l.unit_price) AS amount
  FROM cart_lines AS l
  WHERE l.removed_at IS NULL
  GROUP BY l.cart_id, l.product_id
),
robots AS (
  SELECT DISTINCT visitor_id FROM web_events WHERE :exclude_bots AND is_bot
),
known_carts AS (
  SELECT
    c.cart_id,
    COALESCE(c.visitor_id, i.person_id, c.customer_id, c.cart_id) || ' ' || CAST(c.created_date AS VARCHAR) AS basket,
    c.visitor_id,
    c.created_date,
    c.updated_at,
    COALESCE(ARRAY_POSITION(ARRAY['address', 'payment', 'confirm'], c.last_step), 0) + 1 AS step,
    p.customer_id,
    o.ordered_at
  FROM carts AS c
  LEFT JOIN v_identity AS i ON i.customer_id = c.customer_id
  LEFT JOIN population AS p ON p.customer_id = COALESCE(i.person_id, c.customer_id)
  LEFT JOIN orders AS o ON o.order_id = c.order_id AND o.status NOT IN ('cancelled', 'payment_failed')
  WHERE
    c.created_date BETWEEN :period_start AND :period_end
    AND (p.customer_id IS NOT NULL OR (:everyone AND :visitor_scope = 'all' AND c.customer_id IS NULL))
    AND NOT COALESCE(c.visitor_id IN (SELECT r.visitor_id FROM robots AS r), FALSE)
    AND (
      :devices_is_open
      OR EXISTS (
        SELECT 1
        FROM sessions AS s
        WHERE s.visitor_id = c.visitor_id AND c.created_at BETWEEN s.started_at AND s.ended_at
      )
    )
),
baskets AS (
  SELECT
    basket,
    MIN(created_date) AS created_date,
    MAX(customer_id) AS customer_id,
    MAX(updated_at) AS changed_at,
    MAX(step) AS step,
    MIN(ordered_at) AS ordered_at
  FROM known_carts
  GROUP BY basket
),
basket_items AS (
  SELECT k.basket, i.product_id, SUM(i.amount) AS amount
  FROM known_carts AS k
  JOIN items AS i ON i.cart_id = k.cart_id
  GROUP BY k.basket, i.product_id
),
amounts AS (
  SELECT basket, SUM(amount) AS amount FROM basket_items GROUP BY basket
),
timed AS (
  SELECT
    b.*,
    a.amount,
    DATE_ADD('hour', :abandon_hours, b.changed_at) AS left_at,
    DATE_ADD('day', :recover_days, DATE_ADD('hour', :abandon_hours, b.changed_at)) AS given_up_at
  FROM baskets AS b
  LEFT JOIN amounts AS a ON a.basket = b.basket
  WHERE b.ordered_at IS NOT NULL OR a.basket IS NOT NULL
),
bought AS (
  SELECT
    t.basket,
    MIN(CASE WHEN l.channel = 'store' THEN l.purchase_at END) AS store_at,
    MIN(CASE WHEN l.channel <> 'store' THEN l.purchase_at END) AS online_at
  FROM timed AS t
  JOIN basket_items AS i ON i.basket = t.basket
  JOIN v_lines AS l ON l.customer_id = t.customer_id AND l.product_id = i.product_id
  WHERE l.purchase_at >= t.changed_at AND l.purchase_at <= t.given_up_at
  GROUP BY t.basket
),
followed AS (
  SELECT
    t.*,
    b.store_at,
    CASE
      WHEN t.ordered_at <= COALESCE(b.online_at, t.ordered_at) THEN t.ordered_at
      ELSE b.online_at
    END AS order_at
  FROM timed AS t
  LEFT JOIN bought AS b ON b.basket = t.basket
  WHERE LOCAL_DAY(t.left_at) <= :as_of
),
judged AS (
  SELECT
    f.*,
    CASE
      WHEN f.order_at <= f.left_at THEN 'ordered'
      WHEN f.store_at IS NOT NULL AND COALESCE(f.store_at <= f.order_at, TRUE) THEN 'store'
      ELSE 'abandoned'
    END AS outcome,
    f.order_at > f.left_at AND f.order_at <= f.given_up_at AS came_back,
    LOCAL_DAY(f.given_up_at) <= :as_of AS observed
  FROM followed AS f
),
reminded AS (
  SELECT DISTINCT j.basket
  FROM judged AS j
  JOIN v_touches AS t ON t.customer_id = j.customer_id
  WHERE j.came_back AND t.clicked_at BETWEEN j.changed_at AND j.order_at
),
outcomes AS (
  SELECT
    CASE
      WHEN :compare_at_is_open THEN GRAIN_OF(j.created_date)
      WHEN j.created_date < :compare_at THEN :period_start
      ELSE :compare_at
    END AS bucket,
    j.basket,
    j.customer_id,
    j.step,
    j.outcome,
    COALESCE(j.amount, 0) AS amount,
    j.amount IS NOT NULL AS is_priced,
    j.outcome = 'abandoned' AS abandoned,
    j.outcome = 'abandoned' AND j.observed AS observed,
    j.outcome = 'abandoned' AND j.observed AND COALESCE(j.came_back, FALSE) AS recovered,
    j.outcome = 'abandoned' AND COALESCE(j.came_back, FALSE) AS is_back,
    r.basket IS NOT NULL AS reminded
  FROM judged AS j
  LEFT JOIN reminded AS r ON r.basket = j.basket
),
steps AS (
  SELECT place, step FROM (VALUES (1, 'カート'), (2, '住所'), (3, '支払'), (4, '確認')) AS t(place, step)
),
bands AS (
  SELECT border, LEAD(border) OVER (ORDER BY border) AS next_border
  FROM (SELECT 0 AS border UNION SELECT border FROM UNNEST(:value_bands) AS t(border)) AS b
),
banded AS (
  SELECT
    o.basket,
    CASE
      WHEN NOT o.is_priced THEN :unknown
      WHEN b.next_border IS NULL THEN CAST(b.border AS VARCHAR) || '+'
      ELSE CAST(b.border AS VARCHAR) || '-' || CAST(b.next_border - 1 AS VARCHAR)
    END AS band,
    CASE WHEN o.is_priced THEN b.border END AS border
  FROM outcomes AS o
  JOIN bands AS b ON o.amount >= b.border AND COALESCE(o.amount < b.next_border, TRUE)
),
-- Each cart in its band, and in 合計.
valued AS (
  SELECT b.basket, t.value, CASE WHEN t.value = :total THEN -1 ELSE b.border END AS border
  FROM banded AS b
  CROSS JOIN UNNEST(ARRAY[b.band, :total]) AS t(value)
),
left_carts AS (
  SELECT o.bucket, t.last_step, v.value, o.customer_id, o.basket
  FROM outcomes AS o
  JOIN steps AS s ON s.place = o.step
  JOIN valued AS v ON v.basket = o.basket
  CROSS JOIN UNNEST(ARRAY[s.step, :total]) AS t(last_step)
  WHERE o.abandoned AND NOT o.is_back
),
left_items AS (
  SELECT l.bucket, l.last_step, l.value, l.customer_id, i.product_id
  FROM left_carts AS l
  JOIN basket_items AS i ON i.basket = l.basket
),
reached AS (
  SELECT o.bucket, s.place, s.step AS last_step, o.basket, s.place = o.step AS stopped_here
  FROM outcomes AS o
  JOIN steps AS s ON s.place <= CASE WHEN o.outcome = 'ordered' THEN 4 ELSE o.step END
  UNION ALL
  SELECT bucket, 5, '店舗購入', basket, FALSE FROM outcomes WHERE outcome = 'store'
  UNION ALL
  SELECT bucket, 6, :total, basket, TRUE FROM outcomes
),
counted AS (
  SELECT
    r.bucket,
    r.place,
    r.last_step,
    v.value,
    v.border,
    COUNT(*) AS carts,
    COUNT_IF(r.stopped_here AND o.abandoned) AS abandoned,
    SUM(CASE WHEN r.stopped_here AND o.abandoned THEN o.amount ELSE 0 END) AS lost_amount,
    COUNT_IF(r.stopped_here AND o.observed) AS observed,
    COUNT_IF(r.stopped_here AND o.recovered) AS recovered,
    COUNT_IF(r.stopped_here AND o.recovered AND o.reminded) AS reminded
  FROM reached AS r
  JOIN outcomes AS o ON o.basket = r.basket
  JOIN valued AS v ON v.basket = r.basket
  GROUP BY r.bucket, r.place, r.last_step, v.value, v.border
)
SELECT
  c.bucket,
  c.last_step,
  c.value,
  c.carts,
  c.abandoned,
  RATIO(c.abandoned, c.carts) AS abandon_rate,
  c.lost_amount,
  CASE WHEN c.observed > 0 THEN c.recovered END AS recovered,
  RATIO(c.recovered, c.observed) AS recovery_rate,
  RATIO(c.reminded, c.recovered) AS reminder_share
FROM counted AS c
ORDER BY c.bucket, c.place, c.border NULLS LAST
