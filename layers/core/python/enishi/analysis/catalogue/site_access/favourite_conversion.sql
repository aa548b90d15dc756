/*
id: favourite_conversion
name: {ja: お気に入り転換分析, en: Favourite to purchase}
category: site_access
origin: extension
tier: core
question:
  ja: お気に入りに登録された商品は、どれだけ・いつ・何をきっかけに購入されるか。
  en: "How many favourites become purchases, when, and what moved them (price cut, restock, mail)?"
method:
  ja: "お気に入りに登録された商品ごとに、「購入を待つ日数」内に同じ商品（既定は親商品が同じもの）が購入されたか、購入までの日数、購入前7日間の出来事を追う。未購入の登録の数と金額をカテゴリ別に示す。"
  en: "Follow each favourite product: bought (by default the same parent) within window_days, days to buy, event in the last 7 days before the purchase; number and amount of unbought favourites by category."
parameter_groups: [period, base, top]
parameters:
- {name: window_days, type: int, default: 90, label_ja: 購入を待つ日数, note: "", minimum: 1}
- {name: same_level, type: "enum(sku,parent,category_l3)", default: parent, label_ja: 同じ商品とみなす単位, note: ""}
columns:
- {name: category, type: string, unit: none, label_ja: カテゴリ}
- {name: added, type: int, unit: count, label_ja: 登録数}
- {name: customers, type: int, unit: people, label_ja: 登録者数}
- {name: bought, type: int, unit: count, label_ja: 購入数}
- {name: conversion, type: ratio, unit: ratio, label_ja: 転換率}
- {name: median_days, type: double, unit: days, label_ja: 転換日数}
- {name: trigger, type: enum, unit: none, label_ja: きっかけ}
- {name: waiting, type: int, unit: count, label_ja: 未購入登録}
- {name: waiting_amount, type: money, unit: JPY, label_ja: 未購入金額}
charts:
- {kind: bar, x: category, y: conversion, where: {trigger: 合計}}
- {kind: table}
cells:
- {name: waiting, keys: [category], customers: waiting_ones, products: waiting_ones, becomes: {ja: "いまもお気に入りに入れている顧客と、その商品", en: "customers with the item still in favourites; products = these items"}}
- {name: bought, keys: [category, trigger], customers: bought_ones, products: bought_ones, becomes: {ja: "このきっかけのあとにお気に入りの商品を購入した顧客と、その商品", en: "customers who bought the favourite after this trigger, and these items"}}
rules: [TZ, BOT, MERGE, WD, CENSOR, UNK, SCD, SET]
notes:
- ja: "登録する前に購入した商品は転換としない。"
  en: "an item bought before it was added is not a conversion"
- ja: "登録を外された商品は、外した時点で追跡を終える。"
  en: "removed favourites are censored on removal"
- ja: "転換率は、「購入を待つ日数」の間お気に入りにあり（またはその間に購入され）、その期間が過ぎた登録に対する割合。購入数は、どのチャネルでもこれまでにその期間内に購入されたものを数える。"
  en: "conversion is over favourites that were kept for window_days (or bought within them) and whose window has passed; bought counts every purchase within the window so far, in any channel"
- ja: "きっかけは、購入前7日間の最後の値下げ、再入荷、配信のクリック。同時ならこの順に優先する。値下げは、誰でも、またはサイトで買える最も低い価格が下がったこと。きっかけ別の行は購入された登録だけを数える。"
  en: "trigger is the last price cut, restock or click in a message in the 7 days before the purchase; at one instant in this order; a price cut is a fall of the lowest price that anybody pays, everywhere or on the site; its rows count bought favourites only"
- ja: "未購入登録は、まだお気に入りにあり、その後購入されていないもの。未購入金額は現在の定価による。"
  en: "waiting are favourites still kept and not bought since; waiting_amount is at the current list price"
needs: [favourites]
*/
WITH levels AS (
  SELECT
    d.product_id,
    d.category_l1,
    d.list_price,
    CASE :same_level
      WHEN 'sku' THEN d.product_id
      WHEN 'category_l3' THEN COALESCE(d.category_l3, d.product_id)
      ELSE COALESCE(d.parent_id, d.product_id)
    END AS same
  FROM products AS d
),
kept AS (
  SELECT
    c.customer_id,
    f.target_id AS product_id,
    f.added_at,
    CASE WHEN LOCAL_DAY(f.removed_at) <= :as_of THEN f.removed_at END AS removed_at,
    DATE_ADD('day', :window_days, f.added_at) AS ends_at,
    COALESCE(l.same, f.target_id) AS same,
    COALESCE(l.category_l1, :unknown) AS category,
    COALESCE(l.list_price, f.price_at_add) AS price,
    COALESCE(c.withdrawn_date <= :as_of, COALESCE(c.status, 'active') = 'withdrawn') AS has_left
  FROM favourites AS f
  LEFT JOIN v_identity AS i ON i.customer_id = f.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, f.customer_id)
  LEFT JOIN levels AS l ON l.product_id = f.target_id
  WHERE f.target_type = 'product' AND LOCAL_DAY(f.added_at) BETWEEN :period_start AND :period_end
),
ranked AS (
  SELECT category, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, category) AS rank
  FROM kept
  WHERE category <> :unknown
  GROUP BY category
),
purchased AS (
  SELECT k.customer_id, k.product_id, k.added_at, MIN(v.purchase_at) AS bought_at
  FROM kept AS k
  JOIN v_lines AS v ON v.customer_id = k.customer_id
  LEFT JOIN levels AS l ON l.product_id = v.product_id
  WHERE
    COALESCE(l.same, v.product_id) = k.same
    AND v.purchase_at > k.added_at
    AND COALESCE(v.purchase_at <= k.removed_at, TRUE)
  GROUP BY k.customer_id, k.product_id, k.added_at
),
followed AS (
  SELECT
    k.customer_id,
    k.product_id,
    k.added_at,
    k.price,
    k.has_left,
    CASE WHEN r.rank > :top_n THEN :other ELSE k.category END AS category,
    CASE WHEN p.bought_at <= k.ends_at THEN p.bought_at END AS bought_at,
    p.bought_at IS NULL AND k.removed_at IS NULL AS is_waiting,
    LOCAL_DAY(k.ends_at) <= :as_of
      AND (COALESCE(p.bought_at <= k.ends_at, FALSE) OR COALESCE(k.removed_at > k.ends_at, TRUE)) AS observed
  FROM kept AS k
  LEFT JOIN ranked AS r ON r.category = k.category
  LEFT JOIN purchased AS p ON p.customer_id = k.customer_id AND p.product_id = k.product_id AND p.added_at = k.added_at
),
happened AS (
  SELECT f.customer_id, f.product_id, f.added_at, 1 AS place, '値下げ' AS trigger, LOCAL_TIME(s.dropped_at) AS at
  FROM followed AS f
  JOIN price_drops AS s ON s.product_id = f.product_id
  WHERE s.dropped_at BETWEEN DATE_ADD('day', -7, f.bought_at) AND f.bought_at
  UNION ALL
  SELECT f.customer_id, f.product_id, f.added_at, 2, '再入荷', CAST(n.snapshot_date AS TIMESTAMP)
  FROM followed AS f
  JOIN inventory AS n ON n.product_id = f.product_id AND n.restocked
  WHERE n.snapshot_date BETWEEN DATE_ADD('day', -7, LOCAL_DAY(f.bought_at)) AND LOCAL_DAY(f.bought_at)
  UNION ALL
  SELECT f.customer_id, f.product_id, f.added_at, 3, '配信', LOCAL_TIME(t.clicked_at)
  FROM followed AS f
  JOIN v_touches AS t ON t.customer_id = f.customer_id
  WHERE t.clicked_at BETWEEN DATE_ADD('day', -7, f.bought_at) AND f.bought_at
),
last_happened AS (
  SELECT
    customer_id,
    product_id,
    added_at,
    trigger,
    ROW_NUMBER() OVER (PARTITION BY customer_id, product_id, added_at ORDER BY at DESC, place) AS rank
  FROM happened
),
bought_ones AS (
  SELECT
    f.category,
    COALESCE(h.trigger, 'なし') AS trigger,
    f.customer_id,
    f.product_id,
    DATE_DIFF('day', LOCAL_DAY(f.added_at), LOCAL_DAY(f.bought_at)) AS days
  FROM followed AS f
  LEFT JOIN last_happened AS h
    ON h.customer_id = f.customer_id AND h.product_id = f.product_id AND h.added_at = f.added_at AND h.rank = 1
  WHERE f.bought_at IS NOT NULL
),
waiting_ones AS (
  SELECT category, customer_id, product_id, price FROM followed WHERE is_waiting AND NOT has_left
),
days_by_category AS (
  SELECT category, QUANTILE_OF(days, 0.5) AS median_days FROM bought_ones GROUP BY category
),
waiting_by_category AS (
  SELECT category, COUNT(*) AS waiting, SUM(price) AS waiting_amount FROM waiting_ones GROUP BY category
),
listed AS (
  SELECT
    f.category,
    COUNT(*) AS added,
    COUNT(DISTINCT f.customer_id) AS customers,
    COUNT(f.bought_at) AS bought,
    RATIO(COUNT_IF(f.observed AND f.bought_at IS NOT NULL), COUNT_IF(f.observed)) AS conversion,
    MAX(d.median_days) AS median_days,
    :total AS trigger,
    COALESCE(MAX(w.waiting), 0) AS waiting,
    COALESCE(MAX(w.waiting_amount), 0) AS waiting_amount
  FROM followed AS f
  LEFT JOIN days_by_category AS d ON d.category = f.category
  LEFT JOIN waiting_by_category AS w ON w.category = f.category
  GROUP BY f.category
  UNION ALL
  SELECT category, NULL, COUNT(DISTINCT customer_id), COUNT(*), NULL, QUANTILE_OF(days, 0.5), trigger, NULL, NULL
  FROM bought_ones
  GROUP BY category, trigger
)
SELECT
  l.category,
  l.added,
  l.customers,
  l.bought,
  l.conversion,
  l.median_days,
  l.trigger,
  l.waiting,
  l.waiting_amount
FROM listed AS l
ORDER BY
  CASE l.category WHEN :other THEN 1 WHEN :unknown THEN 2 ELSE 0 END,
  MAX(l.added) OVER (PARTITION BY l.category) DESC,
  l.category,
  ARRAY_POSITION(ARRAY[:total, '値下げ', '再入荷', '配信', 'なし'], l.trigger)
