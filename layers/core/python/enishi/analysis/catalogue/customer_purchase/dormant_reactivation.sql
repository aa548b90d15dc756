/*
id: dormant_reactivation
name: {ja: 休眠復活分析, en: Reactivation of dormant customers}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: 休眠客のうち何人が、どれだけの休眠の後に、何をきっかけに何を買って戻ったか。戻った後も続けて買っているか。
  en: "How many sleepers wake up, after what silence, with which product, offer or store, and do they stay?"
method:
  ja: "「休眠とする日数」以上の無購入期間のあとの購入を、復活とする。休眠期間、きっかけ（「クリックから購入までの日数」以内の配信クリック、クーポン、失効間近のポイント、なし）、復活時に買ったカテゴリごとの件数と、「復活後に追う日数」以内の再購入を示す。"
  en: "A reactivation is a purchase after at least dormant_days of silence. Report counts by length of silence, trigger (last message click within 7 days, coupon, points near expiry, none), first product back, and purchase again within follow_days."
parameter_groups: [period, base, pur]
parameters:
- {name: dormant_days, type: int, default: 365, minimum: 1, label_ja: 休眠とする日数, note: days without a purchase}
- {name: follow_days, type: int, default: 180, minimum: 1, label_ja: 復活後に追う日数, note: ""}
- {name: silence_bands, type: list(int), default: "365,540,730,1095", label_ja: 休眠期間の区切り, note: "the first day of each band; the first band begins at dormant_days"}
- {name: click_days, type: int, default: 7, minimum: 1, label_ja: クリックから購入までの日数, note: ""}
- {name: expiry_days, type: int, default: 30, minimum: 0, label_ja: 失効間近とする日数, note: "points that end within so many days of the purchase"}
columns:
- {name: silence_band, type: string, unit: none, label_ja: 休眠期間}
- {name: dormant_pool, type: int, unit: people, label_ja: 休眠者数}
- {name: reactivated, type: int, unit: people, label_ja: 復活者数}
- {name: react_rate, type: ratio, unit: ratio, label_ja: 復活率}
- {name: trigger, type: enum, unit: none, label_ja: きっかけ}
- {name: first_category, type: string, unit: none, label_ja: 復活時カテゴリ}
- {name: amount, type: money, unit: JPY, label_ja: 復活時金額}
- {name: stay_rate, type: ratio, unit: ratio, label_ja: 再購入率}
charts:
- {kind: bar, title_ja: 休眠期間別の復活率, x: silence_band, y: react_rate, where: {trigger: 合計, first_category: 合計}}
- {kind: heatmap, title_ja: きっかけ別の復活者数, x: silence_band, y: trigger, color: reactivated, where: {first_category: 合計}}
- {kind: table}
cells:
- {name: returned, keys: [silence_band, trigger, first_category], customers: comebacks, products: comeback_products, becomes: {ja: "復活した顧客と、復活したときに買った商品", en: "reactivated customers, and the products that they came back with"}}
- {name: pool, keys: [silence_band, state], types: {state: string}, customers: pooled, becomes: {ja: "state=休眠中：その休眠期間にいまも休眠している顧客。復活：その休眠期間で復活した顧客。長期化：期間中にその休眠期間を通り過ぎた顧客", en: "state=休眠中: still sleeping customers of the band; 復活: reactivated in it; 長期化: passed through it in the period"}}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, UNK, DIV0, SET]
notes:
- ja: "休眠者は、期間初日の休眠者と、期間中に休眠した顧客の合計。"
  en: "the pool is counted at the first day of the period plus those who fall asleep inside it"
- ja: "休眠者は、期間中に無購入期間が通過したすべての休眠期間の区分に入り、復活は戻った日の区分に数える（MULTI）。このため、各区分の合計は、全員を1人ずつ数える「合計」の行を超えることがある。"
  en: "a sleeper belongs to the pool of every band through which the silence went in the period, and is reactivated in the band of the day of return (MULTI): bands may exceed the row 合計, which counts everybody once"
- ja: "各休眠期間に、合計、きっかけ別、カテゴリ別の行がある。復活率は、その休眠期間の休眠者に対する割合。"
  en: "each band has its total, its triggers and its categories; react_rate is over the pool of the band"
- ja: "きっかけは復活1回につき1つで、次のうち最初に当てはまるもの。配信クリック（「クリックから購入までの日数」以内の人によるクリック）、クーポン（その受注で利用）、ポイント失効間近（「失効間近とする日数」以内に失効するポイントを保有。ロットの記録のない利用は考慮しない）、なし。"
  en: "one trigger a return, the first that fits: 配信クリック (a human click within click_days before), クーポン (used on the order), ポイント失効間近 (points that end within expiry_days were still held; uses that name no lot are not in it), なし"
- ja: "復活時カテゴリは、復活した購入の金額が最大の明細のカテゴリ。"
  en: "first_category is that of the largest line of the return"
- ja: "再購入率は、「復活後に追う日数」が過ぎた復活のうち、その日数以内に再び購入した割合。"
  en: "stay_rate: of returns that follow_days have passed since, those with another purchase within them"
*/
WITH silences AS (
  SELECT
    p.customer_id,
    p.purchase_date AS since,
    LEAD(p.order_id) OVER (PARTITION BY p.customer_id ORDER BY p.purchase_date, p.n) AS order_id,
    LEAD(p.n) OVER (PARTITION BY p.customer_id ORDER BY p.purchase_date, p.n) AS n,
    LEAD(p.purchase_at) OVER (PARTITION BY p.customer_id ORDER BY p.purchase_date, p.n) AS woke_at,
    LEAD(p.purchase_date) OVER (PARTITION BY p.customer_id ORDER BY p.purchase_date, p.n) AS woke_date,
    LEAD(p.amount) OVER (PARTITION BY p.customer_id ORDER BY p.purchase_date, p.n) AS amount,
    LEAD(p.purchase_date, 2) OVER (PARTITION BY p.customer_id ORDER BY p.purchase_date, p.n) AS again_date
  FROM purchases AS p
),
-- From which to which length the silence went in the period, as sleep.
slept AS (
  SELECT
    s.*,
    COALESCE(s.woke_date <= :period_end, FALSE) AS has_woken,
    GREATEST(:dormant_days, DATE_DIFF('day', s.since, :period_start)) AS first_length,
    DATE_DIFF('day', s.since, LEAST(COALESCE(s.woke_date, :period_end), :period_end)) AS last_length
  FROM silences AS s
  WHERE COALESCE(s.woke_date >= :period_start, TRUE)
),
sleepers AS (
  SELECT * FROM slept WHERE last_length >= first_length
),
ends AS (
  SELECT low, LEAD(low) OVER (ORDER BY low) - 1 AS high
  FROM (
    SELECT :dormant_days AS low
    UNION
    SELECT border FROM UNNEST(:silence_bands) AS t(border) WHERE border > :dormant_days
  ) AS b
),
bands AS (
  SELECT
    low,
    high,
    CAST(low AS VARCHAR) || CASE WHEN high IS NULL THEN '日以上' ELSE '〜' || CAST(high AS VARCHAR) || '日' END
      AS silence_band
  FROM ends
  UNION ALL
  SELECT 0, NULL, :total
),
pooled AS (
  SELECT
    b.silence_band,
    b.low,
    CASE
      WHEN b.high < s.last_length THEN '長期化'
      WHEN s.has_woken THEN '復活'
      ELSE '休眠中'
    END AS state,
    s.customer_id,
    s.n
  FROM sleepers AS s
  JOIN bands AS b ON b.low <= s.last_length AND COALESCE(b.high >= s.first_length, TRUE)
),
woken AS (
  SELECT customer_id, n, order_id, woke_at, woke_date, amount, again_date
  FROM sleepers
  WHERE has_woken
),
clicked AS (
  SELECT DISTINCT w.customer_id, w.n
  FROM woken AS w
  JOIN v_touches AS v ON v.customer_id = w.customer_id
  JOIN message_events AS e ON e.message_id = v.message_id
  WHERE
    e.event_type = 'click'
    AND NOT COALESCE(e.is_machine, FALSE)
    AND NOT v.is_control
    AND e.event_at <= w.woke_at
    AND e.event_at > DATE_ADD('day', -:click_days, w.woke_at)
),
couponed AS (
  SELECT DISTINCT w.customer_id, w.n
  FROM woken AS w
  JOIN coupon_redemptions AS r ON r.order_id = w.order_id
),
taken AS (
  SELECT COALESCE(i.person_id, p.customer_id) AS customer_id, p.lot_id, p.posted_date, -p.points AS points
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
  WHERE p.points < 0 AND p.lot_id IS NOT NULL
),
ending_lots AS (
  SELECT w.customer_id, w.n, l.lot_id
  FROM woken AS w
  JOIN v_point_lots AS l
    ON l.customer_id = w.customer_id
    AND l.earned_date <= w.woke_date
    AND l.expires_date BETWEEN w.woke_date AND DATE_ADD('day', :expiry_days, w.woke_date)
  LEFT JOIN taken AS t
    ON t.customer_id = l.customer_id AND t.lot_id = l.lot_id AND t.posted_date < w.woke_date
  GROUP BY w.customer_id, w.n, l.lot_id, l.earned
  HAVING l.earned > COALESCE(SUM(t.points), 0)
),
pressed AS (
  SELECT DISTINCT customer_id, n FROM ending_lots
),
comeback_lines AS (
  SELECT
    w.customer_id,
    w.n,
    l.product_id,
    l.category_l1,
    ROW_NUMBER() OVER (
      PARTITION BY w.customer_id, w.n ORDER BY l.amount DESC, l.order_id, l.line_no, l.product_id
    ) AS place
  FROM woken AS w
  JOIN purchase_lines AS l ON l.customer_id = w.customer_id AND l.n = w.n
),
explained AS (
  SELECT
    w.customer_id,
    w.n,
    w.amount,
    CASE
      WHEN c.customer_id IS NOT NULL THEN '配信クリック'
      WHEN k.customer_id IS NOT NULL THEN 'クーポン'
      WHEN e.customer_id IS NOT NULL THEN 'ポイント失効間近'
      ELSE 'なし'
    END AS trigger,
    COALESCE(l.category_l1, :unknown) AS first_category,
    DATE_ADD('day', :follow_days, w.woke_date) <= :as_of AS is_observed,
    COALESCE(w.again_date <= DATE_ADD('day', :follow_days, w.woke_date), FALSE) AS has_stayed
  FROM woken AS w
  LEFT JOIN clicked AS c ON c.customer_id = w.customer_id AND c.n = w.n
  LEFT JOIN couponed AS k ON k.customer_id = w.customer_id AND k.n = w.n
  LEFT JOIN pressed AS e ON e.customer_id = w.customer_id AND e.n = w.n
  LEFT JOIN comeback_lines AS l ON l.customer_id = w.customer_id AND l.n = w.n AND l.place = 1
),
-- Each return in the total of its band, under its trigger and under its category.
comebacks AS (
  SELECT
    p.silence_band,
    CASE WHEN v.by_trigger THEN x.trigger ELSE :total END AS trigger,
    CASE WHEN v.by_category THEN x.first_category ELSE :total END AS first_category,
    x.customer_id,
    x.n,
    x.amount,
    x.is_observed,
    x.has_stayed
  FROM pooled AS p
  JOIN explained AS x ON x.customer_id = p.customer_id AND x.n = p.n
  CROSS JOIN (VALUES (FALSE, FALSE), (TRUE, FALSE), (FALSE, TRUE)) AS v(by_trigger, by_category)
  WHERE p.state = '復活'
),
comeback_products AS (
  SELECT c.silence_band, c.trigger, c.first_category, l.product_id
  FROM comebacks AS c
  JOIN comeback_lines AS l ON l.customer_id = c.customer_id AND l.n = c.n
),
pools AS (
  SELECT silence_band, low, COUNT(DISTINCT customer_id) AS customers
  FROM pooled
  GROUP BY silence_band, low
),
counted AS (
  SELECT
    silence_band,
    trigger,
    first_category,
    COUNT(DISTINCT customer_id) AS reactivated,
    SUM(amount) AS amount,
    RATIO(COUNT_IF(is_observed AND has_stayed), COUNT_IF(is_observed)) AS stay_rate
  FROM comebacks
  GROUP BY silence_band, trigger, first_category
),
listed AS (
  SELECT silence_band, trigger, first_category FROM counted
  UNION
  SELECT silence_band, :total, :total FROM pools
)
SELECT
  p.silence_band,
  p.customers AS dormant_pool,
  COALESCE(c.reactivated, 0) AS reactivated,
  RATIO(COALESCE(c.reactivated, 0), p.customers) AS react_rate,
  l.trigger,
  l.first_category,
  COALESCE(c.amount, 0) AS amount,
  c.stay_rate
FROM listed AS l
JOIN pools AS p ON p.silence_band = l.silence_band
LEFT JOIN counted AS c
  ON c.silence_band = l.silence_band AND c.trigger = l.trigger AND c.first_category = l.first_category
ORDER BY
  p.low,
  l.first_category <> :total,
  CASE l.trigger WHEN :total THEN 0 WHEN '配信クリック' THEN 1 WHEN 'クーポン' THEN 2 WHEN 'ポイント失効間近' THEN 3 ELSE 4 END,
  l.first_category = :unknown,
  c.reactivated DESC,
  c.amount DESC,
  l.first_category
