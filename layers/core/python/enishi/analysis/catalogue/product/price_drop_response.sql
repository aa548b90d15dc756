/*
id: price_drop_response
name: {ja: 値下げ反応分析, en: Response to price drops}
category: product
origin: extension
tier: standard
question:
  ja: 値下げのあと、だれが買うか。どれだけ下げればよいか。通知は効いているか。
  en: "Who buys after a price drop, how deep must it be, and what does the notice add?"
method:
  ja: "値下げごとに、関心者（お気に入り、カート、2回以上の閲覧）の期間内の購入率を、同じ人の値下げ前の購入率と比べる。値下げ幅別、通知の有無別。"
  en: "For each drop: watchers (favourite, cart, at least 2 views) and their purchase rate in the window, against the rate of the same people before; by depth and with or without notice."
parameter_groups: [period, base]
parameters:
- {name: window_days, type: int, default: 7, minimum: 1, label_ja: 反応とみなす日数, note: ""}
- {name: before_days, type: int, default: 28, minimum: 1, label_ja: 値下げ前の日数, note: "of interest and of the rate before"}
- {name: depth_bands, type: list(ratio), default: "0.05,0.10,0.20,0.30", minimum: 0, maximum: 1, label_ja: 値下げ幅の下限, note: "whole percents"}
- {name: notices, type: list, default: favourite_price_down, label_ja: 値下げ通知の施策, note: "scenarios or campaigns that tell of price drops; all = any message"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "watches, or those with or without a notice among them, under which low_n is set"}
columns:
- {name: depth, type: string, unit: ratio, label_ja: 値下げ幅}
- {name: drops, type: int, unit: count, label_ja: 値下げ件数}
- {name: watchers, type: int, unit: people, label_ja: 関心者数}
- {name: buy_rate, type: ratio, unit: ratio, label_ja: 購入率}
- {name: before_rate, type: ratio, unit: ratio, label_ja: 値下げ前購入率}
- {name: notified_rate, type: ratio, unit: ratio, label_ja: 通知者購入率}
- {name: not_notified_rate, type: ratio, unit: ratio, label_ja: 未通知者購入率}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: depth, y: buy_rate}
- {kind: line, x: depth, y: [buy_rate, before_rate, notified_rate, not_notified_rate]}
- {kind: table}
cells:
- {name: watchers, keys: [depth, has_bought], types: {has_bought: bool}, customers: watches, products: watched_products, becomes: {ja: "関心者。買わなかった人（has_bought=false）は、その値下げ幅に反応しなかった顧客。商品はその商品", en: "watchers; those who did not buy (has_bought=false): customers with the depth they have not reacted to; products = the items"}}
rules: [TZ, BOT, PUR, GUEST, MERGE, HOLD, SCD, SMALL, SET]
needs: [price_history]
notes:
- ja: "対照群がないので、通知者と未通知者の差は通知の効果ではない。"
  en: "without a control group the gap between notified and not notified is not the effect of the notice"
- ja: "値下げ＝誰かが払う最安値の下落で、全体またはサイトの価格によるもの。一部の店舗の価格と会員価格は入れない。「反応とみなす日数」が過ぎていない値下げは除く。"
  en: "a drop is a fall of the lowest price that anybody pays, for everybody or on the site; prices of single stores and of members are none; drops whose window has not passed are left out"
- ja: "関心者は、値下げの時点で、その商品をお気に入りに入れている、「値下げ前の日数」以内にカートに入れて注文していない、または「値下げ前の日数」以内に2回以上閲覧した顧客。"
  en: "watchers at the drop: the item is in her favourites, in a cart that she filled within before_days and has not ordered, or she viewed it twice within before_days"
- ja: "率は関心（人と値下げの組）に対する割合、関心者数は重複を除いた人数。値下げ前購入率は「反応とみなす日数」の長さに換算する。"
  en: "rates are over watches (a person and a drop), watchers are distinct people; before_rate is brought to the length of the window"
- ja: "通知者＝期間内に、購入した人はその購入より前に、通知を配信された人。対照群の行は通知に数えない。購入は返品を引き、チャネルを問わない。"
  en: "notified = a notice was sent in the window, before the purchase if she bought; control rows are none; purchases are net of returns, in any channel"
*/
WITH drops AS (
  SELECT
    d.product_id,
    d.dropped_at,
    DATE_ADD('day', :window_days, d.dropped_at) AS ends_at,
    DATE_ADD('day', -:before_days, d.dropped_at) AS starts_at,
    COALESCE(b.place, 0) AS place,
    COALESCE(
      b.depth, CAST(CAST(ROUND(ELEMENT_AT(:depth_bands, 1) * 100) AS BIGINT) AS VARCHAR) || '%未満'
    ) AS depth
  FROM price_drops AS d
  LEFT JOIN discount_bands AS b ON d.depth >= b.low AND d.depth < b.high
  WHERE
    LOCAL_DAY(d.dropped_at) BETWEEN :period_start AND :period_end
    AND LOCAL_DAY(DATE_ADD('day', :window_days, d.dropped_at)) <= :as_of
),
interests AS (
  SELECT d.product_id, d.dropped_at, f.customer_id
  FROM drops AS d
  JOIN favourites AS f
    ON f.target_id = d.product_id
    AND f.added_at < d.dropped_at
    AND COALESCE(f.removed_at > d.dropped_at, TRUE)
  WHERE f.target_type = 'product'
  UNION
  SELECT d.product_id, d.dropped_at, c.customer_id
  FROM drops AS d
  JOIN cart_lines AS l
    ON l.product_id = d.product_id
    AND l.added_at >= d.starts_at
    AND l.added_at < d.dropped_at
    AND COALESCE(l.removed_at > d.dropped_at, TRUE)
  JOIN carts AS c ON c.cart_id = l.cart_id
  WHERE NOT COALESCE(c.status IN ('ordered', 'emptied') AND c.updated_at <= d.dropped_at, FALSE)
  UNION
  SELECT d.product_id, d.dropped_at, COALESCE(i.person_id, e.customer_id)
  FROM drops AS d
  JOIN web_events AS e
    ON e.product_id = d.product_id AND e.event_at >= d.starts_at AND e.event_at < d.dropped_at
  LEFT JOIN v_identity AS i ON i.customer_id = e.customer_id
  WHERE e.event_type = 'product_view' AND NOT COALESCE(e.is_bot, FALSE)
  GROUP BY d.product_id, d.dropped_at, COALESCE(i.person_id, e.customer_id)
  HAVING COUNT(*) >= 2
),
watchers AS (
  SELECT DISTINCT d.place, d.depth, d.product_id, d.dropped_at, d.starts_at, d.ends_at, c.customer_id
  FROM interests AS w
  JOIN drops AS d ON d.product_id = w.product_id AND d.dropped_at = w.dropped_at
  LEFT JOIN v_identity AS i ON i.customer_id = w.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, w.customer_id)
),
bought AS (
  SELECT
    w.product_id,
    w.dropped_at,
    w.customer_id,
    MIN(CASE WHEN l.purchase_at >= w.dropped_at THEN l.purchase_at END) AS bought_at,
    SUM(CASE WHEN l.purchase_at >= w.dropped_at THEN l.amount ELSE 0 END) AS amount,
    COUNT_IF(l.purchase_at < w.dropped_at) > 0 AS bought_before
  FROM watchers AS w
  JOIN v_lines AS l ON l.customer_id = w.customer_id AND l.product_id = w.product_id
  WHERE l.quantity > 0 AND l.purchase_at >= w.starts_at AND l.purchase_at < w.ends_at
  GROUP BY w.product_id, w.dropped_at, w.customer_id
),
notices AS (
  SELECT t.customer_id, t.sent_at
  FROM v_touches AS t
  WHERE NOT t.is_control AND (t.scenario_id IN (:notices) OR t.campaign_id IN (:notices))
),
notified AS (
  SELECT DISTINCT w.product_id, w.dropped_at, w.customer_id
  FROM watchers AS w
  JOIN notices AS n ON n.customer_id = w.customer_id AND n.sent_at >= w.dropped_at AND n.sent_at < w.ends_at
  LEFT JOIN bought AS b
    ON b.product_id = w.product_id AND b.dropped_at = w.dropped_at AND b.customer_id = w.customer_id
  WHERE COALESCE(n.sent_at <= b.bought_at, TRUE)
),
watches AS (
  SELECT
    w.place,
    w.depth,
    w.product_id,
    w.customer_id,
    b.bought_at IS NOT NULL AS has_bought,
    COALESCE(b.bought_before, FALSE) AS bought_before,
    COALESCE(b.amount, 0) AS amount,
    n.customer_id IS NOT NULL AS is_notified
  FROM watchers AS w
  LEFT JOIN bought AS b
    ON b.product_id = w.product_id AND b.dropped_at = w.dropped_at AND b.customer_id = w.customer_id
  LEFT JOIN notified AS n
    ON n.product_id = w.product_id AND n.dropped_at = w.dropped_at AND n.customer_id = w.customer_id
),
watched_products AS (
  SELECT DISTINCT depth, has_bought, product_id FROM watches
),
responses AS (
  SELECT
    depth,
    COUNT(DISTINCT customer_id) AS watchers,
    RATIO(COUNT_IF(has_bought), COUNT(*)) AS buy_rate,
    RATIO(COUNT_IF(bought_before) * :window_days, COUNT(*) * :before_days) AS before_rate,
    RATIO(COUNT_IF(has_bought AND is_notified), COUNT_IF(is_notified)) AS notified_rate,
    RATIO(COUNT_IF(has_bought AND NOT is_notified), COUNT_IF(NOT is_notified)) AS not_notified_rate,
    SUM(amount) AS amount,
    COUNT(*) < :min_cell
      OR COUNT_IF(is_notified) BETWEEN 1 AND :min_cell - 1
      OR COUNT_IF(NOT is_notified) BETWEEN 1 AND :min_cell - 1 AS low_n
  FROM watches
  GROUP BY depth
)
SELECT
  d.depth,
  COUNT(*) AS drops,
  COALESCE(MAX(r.watchers), 0) AS watchers,
  MAX(r.buy_rate) AS buy_rate,
  MAX(r.before_rate) AS before_rate,
  MAX(r.notified_rate) AS notified_rate,
  MAX(r.not_notified_rate) AS not_notified_rate,
  COALESCE(MAX(r.amount), 0) AS amount,
  COALESCE(BOOL_OR(r.low_n), FALSE) AS low_n
FROM drops AS d
LEFT JOIN responses AS r ON r.depth = d.depth
GROUP BY d.place, d.depth
ORDER BY d.place
