/*
id: store_pickup
name: {ja: 店舗受取分析, en: Store pickup}
category: store
origin: extension
tier: standard
question:
  ja: 店舗受取は誰が使い、どれだけ早く取りに来て、そのとき他に何を買うか。
  en: "Who uses pickup, how fast do they come, and what else do they buy at the store?"
method:
  ja: "ECの注文に占める店舗受取の割合、受取までの時間、未受取、同じ日の店舗でのついで買い、ECだけだった顧客のその後の店舗購入。"
  en: "Pickup share of EC orders, hours to collect, not collected, extra store purchase within the same day, later store purchases of EC-only customers."
parameter_groups: [period, base, pur]
parameters:
- {name: same_day, type: bool, default: true, label_ja: 当日のついで買いだけ, note: "false counts the next day too"}
- {name: follow_days, type: int, default: 90, minimum: 1, label_ja: その後を見る日数, note: ""}
- {name: collect_days, type: int, default: 14, minimum: 1, label_ja: 受取期限(日), note: "not collected = not within so many days of being ready"}
- {name: near_km, type: double, default: 5.0, minimum: 0, label_ja: 近くとみなす距離(km), note: of EC buyers who never used pickup}
columns:
- {name: store, type: string, unit: none, label_ja: 受取店舗}
- {name: pickup_orders, type: int, unit: orders, label_ja: 受取件数}
- {name: pickup_share, type: ratio, unit: ratio, label_ja: 受取比率}
- {name: hours_median, type: double, unit: hours, label_ja: 受取までの時間}
- {name: not_collected, type: ratio, unit: ratio, label_ja: 未受取率}
- {name: addon_rate, type: ratio, unit: ratio, label_ja: ついで買い率}
- {name: addon_amount, type: money, unit: JPY/order, label_ja: ついで買い額}
- {name: later_store_rate, type: ratio, unit: ratio, label_ja: その後店舗購入率}
charts:
- {kind: bar, x: store, y: pickup_orders}
- {kind: bubble, x: hours_median, y: addon_rate, size: pickup_orders, color: store}
- {kind: table}
cells:
- {name: users, keys: [store, addon], types: {addon: string}, customers: collected, becomes: {ja: "そこで受け取った顧客。addonは「あり」または「なし」（なし＝ついで買いのない受取利用者）", en: "who collected there, addon=あり or なし (pickup users without add-on)"}}
- {name: near, keys: [near_store], types: {near_store: string}, customers: never_used, becomes: {ja: "集計期間のECの購買者のうち、受取のできる店舗の近くに住み、店舗受取を使ったことがない顧客", en: "EC buyers of the period near a pickup store who never used pickup"}}
rules: [TZ, RET, GUEST, MERGE, CENSOR, DIV0, SET]
notes:
- ja: "集計期間の、会員によるEC、アプリ、モールの注文。受取比率はその全件に対する割合なので、店舗の割合を足すと店舗受取の割合になる。"
  en: "members' orders of EC, app and marketplace in the period; pickup_share is of all of them, so the stores' shares add up to the share of pickup"
- ja: "キャンセルされた注文は、受取の準備ができていたときだけ数える（受け取られなかったもの）。未受取率は、基準日の「受取期限(日)」以上前に準備ができていた注文に対する割合（規則CENSOR）。"
  en: "a cancelled order counts only when it had been ready: it was not collected. not_collected is over orders that were ready at least collect_days before as_of (rule CENSOR)"
- ja: "ついで買い：受取の日の、その店舗での購入。ついで買い額は、ついで買いのあった受取1件あたり。どちらも、ついで買いを見る日が基準日までに終わった受取による。"
  en: "add-on: a purchase in that store on the day of collecting; addon_amount is per collected order with one; both of orders whose day (or two days) of looking for one have passed by as_of"
- ja: "その後店舗購入率：それまで店舗で買ったことのない会員の受取済み注文のうち、受取の日より後、「その後を見る日数」以内に店舗購入があった割合。その日数が過ぎたものに限る。"
  en: "later_store_rate: of collected orders of members who had never bought in a store before, those followed by a store purchase after the day of collecting within follow_days, once these have passed"
*/
WITH web_orders AS (
  SELECT
    o.order_id,
    c.customer_id,
    o.ordered_at,
    o.pickup_store_id,
    o.ready_at,
    o.collected_at,
    LOCAL_DAY(o.ready_at) AS ready_date,
    LOCAL_DAY(o.collected_at) AS collected_date
  FROM orders AS o
  LEFT JOIN v_identity AS i ON i.customer_id = o.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, o.customer_id)
  WHERE
    o.channel IN ('ec', 'app', 'marketplace')
    AND o.order_type IN ('normal', 'subscription', 'exchange')
    AND o.status <> 'payment_failed'
    AND (o.status <> 'cancelled' OR o.ready_at IS NOT NULL)
    AND o.order_date BETWEEN :period_start AND :period_end
),
in_store AS (
  SELECT p.customer_id, p.store_id, p.purchase_at, p.purchase_date, p.amount
  FROM purchases AS p
  WHERE p.channel = 'store'
),
first_in_store AS (
  SELECT customer_id, MIN(purchase_at) AS purchase_at
  FROM in_store
  GROUP BY customer_id
),
added AS (
  SELECT w.order_id, SUM(s.amount) AS amount
  FROM web_orders AS w
  JOIN in_store AS s
    ON s.customer_id = w.customer_id
    AND s.store_id = w.pickup_store_id
    AND s.purchase_date >= w.collected_date
    AND s.purchase_date <= DATE_ADD('day', CASE WHEN :same_day THEN 0 ELSE 1 END, w.collected_date)
  GROUP BY w.order_id
),
later AS (
  SELECT DISTINCT w.order_id
  FROM web_orders AS w
  JOIN in_store AS s
    ON s.customer_id = w.customer_id
    AND s.purchase_date > w.collected_date
    AND s.purchase_date <= DATE_ADD('day', :follow_days, w.collected_date)
),
pickups AS (
  SELECT
    COALESCE(l.store, w.pickup_store_id) AS store,
    w.pickup_store_id AS store_id,
    w.customer_id,
    w.collected_at IS NOT NULL AS is_collected,
    DATE_DIFF('minute', w.ready_at, w.collected_at) AS minutes,
    w.ready_date <= DATE_ADD('day', -:collect_days, :as_of) AS is_due,
    COALESCE(w.collected_date > DATE_ADD('day', :collect_days, w.ready_date), TRUE) AS is_late,
    a.amount AS added_amount,
    w.collected_date <= DATE_ADD('day', CASE WHEN :same_day THEN 0 ELSE -1 END, :as_of) AS is_settled,
    w.collected_date <= DATE_ADD('day', -:follow_days, :as_of) AND COALESCE(f.purchase_at >= w.ordered_at, TRUE)
      AND COALESCE(LOCAL_DAY(f.purchase_at) >= w.collected_date, TRUE) AS is_followed,
    n.order_id IS NOT NULL AS is_back
  FROM web_orders AS w
  LEFT JOIN store_labels AS l ON l.store_id = w.pickup_store_id
  LEFT JOIN added AS a ON a.order_id = w.order_id
  LEFT JOIN first_in_store AS f ON f.customer_id = w.customer_id
  LEFT JOIN later AS n ON n.order_id = w.order_id
  WHERE w.pickup_store_id IS NOT NULL
),
collected AS (
  SELECT store, customer_id, CASE WHEN added_amount IS NULL THEN 'なし' ELSE 'あり' END AS addon
  FROM pickups
  WHERE is_collected
),
pickup_users AS (
  SELECT COALESCE(i.person_id, o.customer_id) AS customer_id
  FROM orders AS o
  LEFT JOIN v_identity AS i ON i.customer_id = o.customer_id
  WHERE o.pickup_store_id IS NOT NULL AND o.customer_id IS NOT NULL
),
web_buyers AS (
  SELECT c.customer_id, c.latitude, c.longitude
  FROM population AS c
  WHERE
    c.customer_id IN (SELECT w.customer_id FROM web_orders AS w)
    AND c.customer_id NOT IN (SELECT u.customer_id FROM pickup_users AS u)
),
never_used AS (
  SELECT l.store AS near_store, c.customer_id
  FROM web_buyers AS c
  JOIN stores AS s ON s.offers_pickup AND ABS(c.latitude - s.latitude) <= :near_km / 110
  JOIN store_labels AS l ON l.store_id = s.store_id
  WHERE GREAT_CIRCLE_DISTANCE(c.latitude, c.longitude, s.latitude, s.longitude) <= :near_km
),
everything AS (
  SELECT COUNT(*) AS orders FROM web_orders
)
SELECT
  p.store,
  COUNT(*) AS pickup_orders,
  RATIO(COUNT(*), MAX(e.orders)) AS pickup_share,
  QUANTILE_OF(CAST(p.minutes AS DOUBLE) / 60, 0.5) AS hours_median,
  RATIO(COUNT_IF(p.is_due AND p.is_late), COUNT_IF(p.is_due)) AS not_collected,
  RATIO(COUNT_IF(p.is_settled AND p.added_amount IS NOT NULL), COUNT_IF(p.is_settled)) AS addon_rate,
  CAST(
    RATIO(
      SUM(CASE WHEN p.is_settled THEN p.added_amount END), COUNT_IF(p.is_settled AND p.added_amount IS NOT NULL)
    ) AS DECIMAL(18, 2)
  ) AS addon_amount,
  RATIO(COUNT_IF(p.is_followed AND p.is_back), COUNT_IF(p.is_followed)) AS later_store_rate
FROM pickups AS p
CROSS JOIN everything AS e
GROUP BY p.store_id, p.store
ORDER BY COUNT(*) DESC, p.store_id
