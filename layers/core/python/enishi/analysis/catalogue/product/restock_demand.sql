/*
id: restock_demand
name: {ja: 再入荷待ち需要分析, en: Restock demand}
category: product
origin: extension
tier: standard
question:
  ja: 欠品中の商品を何人が待っているか。再入荷すると、どれだけ早く買われるか。
  en: "How many customers wait for items out of stock, and how fast do they buy when it returns?"
method:
  ja: "待機＝お気に入り、再入荷リクエスト、または販売できる在庫がない間の閲覧。再入荷については、転換率、半数購入時間、再欠品を出す。"
  en: "Waiting = favourite, restock request or a view while available = 0; on restock: conversion, hours until half of the buyers had bought, whether it sold out again."
parameter_groups: [period, base]
parameters:
- {name: window_days, type: int, default: 7, minimum: 1, label_ja: 反応とみなす日数, note: "the day of the restock included"}
- {name: waiting_days, type: int, default: 60, minimum: 1, label_ja: 待機とみなす日数, note: "of views and requests before the restock"}
columns:
- {name: item, type: string, unit: none, label_ja: 商品}
- {name: waiting, type: int, unit: people, label_ja: 待機者数}
- {name: restocked_at, type: date, unit: date, label_ja: 再入荷日}
- {name: restock_quantity, type: int, unit: items, label_ja: 入荷数}
- {name: buyers, type: int, unit: people, label_ja: 購入者数}
- {name: conversion, type: ratio, unit: ratio, label_ja: 転換率}
- {name: hours_to_half, type: double, unit: hours, label_ja: 半数購入時間}
- {name: soldout_again, type: bool, unit: none, label_ja: 再欠品}
charts:
- {kind: bar, x: item, y: waiting}
- {kind: scatter, x: waiting, y: conversion, size: restock_quantity}
- {kind: table}
cells:
- {name: waiting, keys: [item, restocked_at, has_bought, reason], types: {has_bought: bool, reason: string}, customers: waited, products: waited_products, becomes: {ja: "待っていた顧客（has_bought=false：まだ待っている顧客。reasonはfavourite（お気に入り）、requested（再入荷リクエスト）、viewed（閲覧））。商品はその商品", en: "customers who waited (has_bought=false: who still do; reason=favourite, requested, viewed); products = the item"}}
rules: [TZ, BOT, MERGE, GUEST, CENSOR, MULTI, SET]
needs: [inventory]
notes:
- ja: "1行は、商品と、それがどこかで再び販売できるようになった日（inventory.restocked）。1店舗でも複数でもよく、サイトも1店舗と数える。入荷数は、その日の終わりにこれらの店舗で販売できる数。"
  en: "a row is an item and a day on which it became sellable again somewhere (inventory.restocked): in one store or several, a site counts as one; restock_quantity is what these can sell at the close of the day"
- ja: "待機：その日にお気に入りに入っている、その前の「待機とみなす日数」以内に再入荷をリクエストした、またはその日数のうちこれらの店舗のどれかで在庫がない日に閲覧した。「待機とみなす日数」の間にその商品を買った人は待機としない。"
  en: "waiting: a favourite held on that day, a restock request in waiting_days before, or a view on one of these days on which one of these stores had none; whoever bought it in waiting_days is not waiting"
- ja: "購入者数：待機者のうち、「反応とみなす日数」以内にその商品を（場所を問わず）買った人で、返品を引く。その日数が過ぎるまで転換率は値なし。"
  en: "buyers: waiting people who bought the item, anywhere, in the window, net of returns; conversion is null until the window has passed"
- ja: "半数購入時間：再入荷日の0時（再入荷の時刻は分からない）から、購入者の半数が買うまで。購入者の時間の中央値。"
  en: "hours_to_half: from the first hour of the day of the restock (its hour is not known) until half of the buyers had bought, the median of their hours"
- ja: "再欠品：「反応とみなす日数」以内の後の日の終わりに、これらの店舗のどれかで在庫がなくなった。再入荷後の在庫記録がなければ値なし。"
  en: "soldout_again: one of these stores had none at a later close in the window; null while nothing was counted after the restock"
standard: null
*/
WITH restocked AS (
  SELECT s.product_id, n.product AS item, s.store_id, s.snapshot_date AS restocked_at, s.available_qty
  FROM inventory AS s
  JOIN products AS d ON d.product_id = s.product_id
  JOIN product_labels AS n ON n.product_id = s.product_id
  WHERE
    s.restocked
    AND s.snapshot_date BETWEEN :period_start AND :period_end
    AND NOT COALESCE(d.is_service, FALSE)
),
restocks AS (
  SELECT product_id, item, restocked_at, SUM(available_qty) AS restock_quantity
  FROM restocked
  GROUP BY product_id, item, restocked_at
),
empty_days AS (
  SELECT DISTINCT r.product_id, r.restocked_at, s.snapshot_date AS day
  FROM restocked AS r
  JOIN inventory AS s
    ON s.product_id = r.product_id
    AND s.store_id = r.store_id
    AND s.snapshot_date >= DATE_ADD('day', -:waiting_days, r.restocked_at)
    AND s.snapshot_date < r.restocked_at
  WHERE s.available_qty <= 0
),
reasons AS (
  SELECT r.product_id, r.restocked_at, 'favourite' AS reason, f.customer_id
  FROM restocks AS r
  JOIN favourites AS f
    ON f.target_id = r.product_id
    AND LOCAL_DAY(f.added_at) < r.restocked_at
    AND COALESCE(LOCAL_DAY(f.removed_at) >= r.restocked_at, TRUE)
  WHERE f.target_type = 'product'
  UNION
  SELECT r.product_id, r.restocked_at, 'requested', e.customer_id
  FROM restocks AS r
  JOIN web_events AS e
    ON e.product_id = r.product_id
    AND e.event_date >= DATE_ADD('day', -:waiting_days, r.restocked_at)
    AND e.event_date < r.restocked_at
  WHERE e.event_type = 'restock_request' AND NOT COALESCE(e.is_bot, FALSE)
  UNION
  SELECT x.product_id, x.restocked_at, 'viewed', e.customer_id
  FROM empty_days AS x
  JOIN web_events AS e ON e.product_id = x.product_id AND e.event_date = x.day
  WHERE e.event_type = 'product_view' AND NOT COALESCE(e.is_bot, FALSE)
),
interested AS (
  SELECT DISTINCT r.product_id, r.restocked_at, r.reason, c.customer_id
  FROM reasons AS r
  LEFT JOIN v_identity AS i ON i.customer_id = r.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, r.customer_id)
),
bought AS (
  SELECT
    w.product_id,
    w.restocked_at,
    w.customer_id,
    COUNT_IF(l.purchase_date < w.restocked_at) > 0 AS bought_before,
    MIN(CASE WHEN l.purchase_date >= w.restocked_at THEN LOCAL_TIME(l.purchase_at) END) AS bought_at
  FROM (SELECT DISTINCT product_id, restocked_at, customer_id FROM interested) AS w
  JOIN v_lines AS l ON l.customer_id = w.customer_id AND l.product_id = w.product_id
  WHERE
    l.quantity > 0
    AND l.purchase_date >= DATE_ADD('day', -:waiting_days, w.restocked_at)
    AND l.purchase_date < DATE_ADD('day', :window_days, w.restocked_at)
  GROUP BY w.product_id, w.restocked_at, w.customer_id
),
waited AS (
  SELECT
    r.item,
    w.product_id,
    w.restocked_at,
    w.reason,
    w.customer_id,
    b.bought_at IS NOT NULL AS has_bought,
    CAST(DATE_DIFF('minute', CAST(w.restocked_at AS TIMESTAMP), b.bought_at) AS DOUBLE) / 60 AS hours
  FROM interested AS w
  JOIN restocks AS r ON r.product_id = w.product_id AND r.restocked_at = w.restocked_at
  LEFT JOIN bought AS b
    ON b.product_id = w.product_id AND b.restocked_at = w.restocked_at AND b.customer_id = w.customer_id
  WHERE NOT COALESCE(b.bought_before, FALSE)
),
waited_products AS (
  SELECT DISTINCT item, restocked_at, has_bought, reason, product_id FROM waited
),
people AS (
  SELECT product_id, restocked_at, customer_id, MIN(hours) AS hours
  FROM waited
  GROUP BY product_id, restocked_at, customer_id
),
conversions AS (
  SELECT
    product_id,
    restocked_at,
    COUNT(*) AS waiting,
    COUNT(hours) AS buyers,
    QUANTILE_OF(hours, 0.5) AS hours_to_half
  FROM people
  GROUP BY product_id, restocked_at
),
later_counts AS (
  SELECT r.product_id, r.restocked_at, COUNT_IF(s.available_qty <= 0) > 0 AS soldout_again
  FROM restocked AS r
  JOIN inventory AS s
    ON s.product_id = r.product_id
    AND s.store_id = r.store_id
    AND s.snapshot_date > r.restocked_at
    AND s.snapshot_date < DATE_ADD('day', :window_days, r.restocked_at)
    AND s.snapshot_date <= :as_of
  GROUP BY r.product_id, r.restocked_at
)
SELECT
  r.item,
  COALESCE(c.waiting, 0) AS waiting,
  r.restocked_at,
  r.restock_quantity,
  COALESCE(c.buyers, 0) AS buyers,
  CASE WHEN DATE_ADD('day', :window_days - 1, r.restocked_at) <= :as_of THEN RATIO(c.buyers, c.waiting) END AS conversion,
  c.hours_to_half,
  l.soldout_again
FROM restocks AS r
LEFT JOIN conversions AS c ON c.product_id = r.product_id AND c.restocked_at = r.restocked_at
LEFT JOIN later_counts AS l ON l.product_id = r.product_id AND l.restocked_at = r.restocked_at
ORDER BY COALESCE(c.waiting, 0) DESC, r.restocked_at DESC, r.item
