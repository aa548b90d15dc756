/*
id: early_signal_of_best
name: {ja: 優良化初期行動分析, en: Early behaviour of later best customers}
category: customer_purchase
origin: extension
tier: advanced
question:
  ja: いまの優良顧客は、最初の数週間に、ほかの顧客がしなかった何をしていたか。
  en: What did today's best customers do in their first weeks that others did not?
method:
  ja: "優良を見る期間の購入金額の上位（「優良とする上位の割合」）を優良とし、初回購入から「初期とする日数」の間の行動（購入回数、カテゴリ数、点数、アプリ登録、お気に入り登録、ポイント利用、店舗とECの両方での購入、メール・通知のクリック、サイト訪問）を比べる。行動ごとに適合率、再現率、リフトを示す。"
  en: "Label customers by spend in a target window (top share), then compare behaviours in the first early_days: orders, categories, items, app install, favourite, point use, store+EC, click in a message, site visit. For every behaviour give precision, recall and lift."
parameter_groups: [base, pur, stat]
parameters:
- {name: cohort_from, type: date, default: as_of - 36 months, label_ja: 初回購入日の始め, note: "first purchases from this day"}
- {name: cohort_to, type: date, default: as_of - 18 months, label_ja: 初回購入日の終わり, note: "up to this day"}
- {name: early_days, type: int, default: 90, minimum: 1, label_ja: 初期とする日数, note: "from the first purchase"}
- {name: target_days, type: int, default: 540, minimum: 1, label_ja: 優良を見る期間の終わり(日), note: "from the first purchase; spend counts from the end of the early days"}
- {name: top_share, type: ratio, default: 0.2, minimum: 0, maximum: 1, label_ja: 優良とする上位の割合, note: ""}
- {name: as_of, type: date, default: yesterday, label_ja: 基準日, note: ""}
columns:
- {name: behaviour, type: string, unit: none, label_ja: 初期行動}
- {name: customers, type: int, unit: people, label_ja: 該当人数}
- {name: best_rate, type: ratio, unit: ratio, label_ja: 優良化率}
- {name: base_rate, type: ratio, unit: ratio, label_ja: 全体優良化率}
- {name: lift, type: double, unit: ratio, label_ja: リフト}
- {name: recall, type: ratio, unit: ratio, label_ja: 再現率}
- {name: ci_low, type: ratio, unit: ratio, label_ja: 下限}
- {name: ci_high, type: ratio, unit: ratio, label_ja: 上限}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: behaviour, y: lift}
- {kind: table}
cells:
- {name: newcomers, keys: [behaviour, is_shown], types: {is_shown: bool}, customers: newcomers, becomes: {ja: "最近の新規顧客のうち、その行動をした（is_shown=true）、またはしていない（is_shown=false）顧客", en: "recent newcomers who show (is_shown=true) or miss (is_shown=false) this behaviour"}}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, TIE, SMALL, SET]
notes:
- ja: "初期の期間の購入金額は優良の判定に含めない。含めると循環してしまうため。"
  en: "spend in the early window is excluded from the label, otherwise the result would be circular"
- ja: "優良は、「初期とする日数」の終わりから「優良を見る期間の終わり」までの購入金額が、「優良とする上位の割合」に入る顧客。境界で金額の等しい顧客は全員優良とし、購入のない顧客は優良としない。優良を見る期間が基準日までに過ぎた顧客だけを対象とする。"
  en: "best are the top_share by spend between the end of the early days and target_days; customers with equal spend at the border are all best, who spends nothing then never is; only customers whose target window has passed by as_of are in the cohort"
- ja: "優良化率は、その行動の適合率（Wilsonの信頼区間つき）。再現率は優良のうちその行動をした割合。リフト＝優良化率／全体優良化率。"
  en: "best_rate is the precision of the behaviour, with Wilson's interval; recall is the share of the best who showed it; lift is best_rate over base_rate"
- ja: "セルの新規顧客は、初回購入が基準日前の「初期とする日数」以内の顧客で、初期の期間がまだ続いている。"
  en: "newcomers of a cell bought first within early_days before as_of: their early days still run"
- ja: "該当人数が「参考値とする母数」未満の行動は最後に、ほかはリフトの大きい順に並べる。あとで外されたお気に入りと、初回購入より前のアプリ登録・お気に入り登録も数える。"
  en: "behaviours with fewer customers than min_cell come last, the others by lift; a favourite that was removed later counts, and so do an app install and a favourite from before the first purchase"
standard: null
*/
WITH firsts AS (
  SELECT
    p.customer_id,
    p.purchase_at AS first_at,
    p.purchase_date AS first_date,
    DATE_ADD('day', :early_days, p.purchase_date) AS early_end,
    DATE_ADD('day', :target_days, p.purchase_date) AS target_end,
    p.purchase_date BETWEEN :cohort_from AND :cohort_to
      AND DATE_ADD('day', :target_days, p.purchase_date) <= DATE_ADD('day', 1, :as_of) AS is_cohort,
    DATE_ADD('day', :early_days, p.purchase_date) > :as_of AS is_newcomer
  FROM purchases AS p
  WHERE p.n = 1
),
people AS (
  SELECT * FROM firsts WHERE is_cohort OR is_newcomer
),
bought AS (
  SELECT
    f.customer_id,
    COUNT_IF(p.purchase_date < f.early_end) AS early_orders,
    SUM(CASE WHEN p.purchase_date < f.early_end THEN p.items ELSE 0 END) AS early_items,
    COUNT_IF(p.purchase_date < f.early_end AND p.channel = 'store') AS store_orders,
    COUNT_IF(p.purchase_date < f.early_end AND (p.channel = 'ec' OR p.channel = 'app')) AS online_orders,
    SUM(CASE WHEN p.purchase_date >= f.early_end AND p.purchase_date < f.target_end THEN p.amount ELSE 0 END) AS spend
  FROM people AS f
  JOIN purchases AS p ON p.customer_id = f.customer_id
  GROUP BY f.customer_id
),
tasted AS (
  SELECT f.customer_id, COUNT(DISTINCT l.category_l1) AS categories
  FROM people AS f
  JOIN purchase_lines AS l ON l.customer_id = f.customer_id
  WHERE l.purchase_date < f.early_end
  GROUP BY f.customer_id
),
-- What else somebody did in the early days, one row a person and deed.
deeds AS (
  SELECT f.customer_id, 'app' AS deed
  FROM identities AS a
  LEFT JOIN v_identity AS i ON i.customer_id = a.customer_id
  JOIN people AS f ON f.customer_id = COALESCE(i.person_id, a.customer_id)
  WHERE a.id_type = 'app_install' AND LOCAL_DAY(a.valid_from) < f.early_end
  UNION
  SELECT f.customer_id, 'favourite'
  FROM favourites AS k
  LEFT JOIN v_identity AS i ON i.customer_id = k.customer_id
  JOIN people AS f ON f.customer_id = COALESCE(i.person_id, k.customer_id)
  WHERE LOCAL_DAY(k.added_at) < f.early_end
  UNION
  SELECT f.customer_id, 'points'
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
  JOIN people AS f ON f.customer_id = COALESCE(i.person_id, p.customer_id)
  WHERE p.entry_type = 'use' AND p.posted_date >= f.first_date AND p.posted_date < f.early_end
  UNION
  SELECT f.customer_id, 'click'
  FROM v_touches AS t
  JOIN people AS f ON f.customer_id = t.customer_id
  WHERE t.clicked_at >= f.first_at AND LOCAL_DAY(t.clicked_at) < f.early_end
  UNION
  SELECT f.customer_id, 'visit'
  FROM v_sessions AS s
  JOIN people AS f ON f.customer_id = s.customer_id
  WHERE s.started_at > f.first_at AND s.session_date < f.early_end
),
done AS (
  SELECT
    customer_id,
    COUNT_IF(deed = 'app') > 0 AS has_app,
    COUNT_IF(deed = 'favourite') > 0 AS has_favourite,
    COUNT_IF(deed = 'points') > 0 AS has_used_points,
    COUNT_IF(deed = 'click') > 0 AS has_clicked,
    COUNT_IF(deed = 'visit') > 0 AS has_visited
  FROM deeds
  GROUP BY customer_id
),
placed AS (
  SELECT
    f.customer_id,
    b.spend,
    ROW_NUMBER() OVER (ORDER BY b.spend DESC, f.customer_id) AS place,
    COUNT(*) OVER () AS total
  FROM people AS f
  JOIN bought AS b ON b.customer_id = f.customer_id
  WHERE f.is_cohort
),
labelled AS (
  SELECT
    p.customer_id,
    p.spend > 0
      AND CAST(MIN(p.place) OVER (PARTITION BY p.spend) AS DOUBLE) <= :top_share * CAST(p.total AS DOUBLE) + 1e-9 AS is_best
  FROM placed AS p
),
behaved AS (
  SELECT f.customer_id, f.is_cohort, f.is_newcomer, v.behaviour, v.is_shown
  FROM people AS f
  JOIN bought AS b ON b.customer_id = f.customer_id
  LEFT JOIN tasted AS t ON t.customer_id = f.customer_id
  LEFT JOIN done AS d ON d.customer_id = f.customer_id
  CROSS JOIN UNNEST(
    ARRAY[
      '2回以上購入', '3回以上購入', '2カテゴリ以上購入', '3点以上購入', '店舗とECの両方で購入', 'アプリ登録', 'お気に入り登録',
      'ポイント利用', 'メール・通知のクリック', 'サイト訪問'
    ],
    ARRAY[
      b.early_orders >= 2,
      b.early_orders >= 3,
      COALESCE(t.categories, 0) >= 2,
      b.early_items >= 3,
      b.store_orders > 0 AND b.online_orders > 0,
      COALESCE(d.has_app, FALSE),
      COALESCE(d.has_favourite, FALSE),
      COALESCE(d.has_used_points, FALSE),
      COALESCE(d.has_clicked, FALSE),
      COALESCE(d.has_visited, FALSE)
    ]
  ) AS v(behaviour, is_shown)
),
newcomers AS (
  SELECT customer_id, behaviour, is_shown FROM behaved WHERE is_newcomer
),
counted AS (
  SELECT
    b.behaviour,
    COUNT_IF(b.is_shown) AS customers,
    COUNT_IF(b.is_shown AND l.is_best) AS best,
    COUNT_IF(l.is_best) AS all_best,
    COUNT(*) AS cohort
  FROM behaved AS b
  JOIN labelled AS l ON l.customer_id = b.customer_id
  WHERE b.is_cohort
  GROUP BY b.behaviour
),
rated AS (
  SELECT c.*, RATIO(c.best, c.customers) AS best_rate, RATIO(c.all_best, c.cohort) AS base_rate
  FROM counted AS c
)
SELECT
  r.behaviour,
  r.customers,
  r.best_rate,
  r.base_rate,
  RATIO(r.best_rate, r.base_rate) AS lift,
  RATIO(r.best, r.all_best) AS recall,
  WILSON_LOW(r.best, r.customers) AS ci_low,
  WILSON_HIGH(r.best, r.customers) AS ci_high,
  r.customers BETWEEN 1 AND :min_cell - 1 OR r.all_best BETWEEN 1 AND :min_cell - 1 OR r.cohort < :min_cell AS low_n
FROM rated AS r
ORDER BY
  r.customers < :min_cell,
  ROUND(RATIO(r.best_rate, r.base_rate), 9) DESC NULLS LAST,
  r.customers DESC,
  r.behaviour
