/*
id: f2_driver
name: {ja: F2転換要因分析, en: Drivers of the second purchase}
category: customer_purchase
origin: extension
tier: advanced
question:
  ja: 初回購入のあと、2回目を買った人と買わなかった人は何が違うか。
  en: What distinguishes first-time buyers who come back from those who do not?
method:
  ja: "初回購入から「要因を見る日数」までにわかる要因の候補（初回カテゴリ、初回金額、クーポン、チャネル、配信のクリック、サイト訪問、ポイント獲得、店舗までの距離、配達日数）ごとに、該当する顧客と該当しない顧客のF2率を比べ、初回購入月で層別したMantel-Haenszelのオッズ比を示す。人数の割合×効果の大きい順に並べる。"
  en: "For each candidate factor known by day factor_days after the first purchase (product, price, coupon, channel, mail click, site visit, points earned, store distance, delivery time) compare the F2 rate with and without, with a Mantel-Haenszel odds ratio stratified by acquisition month; list by share of population x effect."
parameter_groups: [period, base, pur, stat]
parameters:
- {name: window_days, type: int, default: 180, minimum: 1, label_ja: 2回目を待つ日数, note: "only first purchases whose days have all passed by as_of are compared"}
- {name: factor_days, type: int, default: 14, minimum: 0, label_ja: 要因を見る日数, note: "after the first purchase"}
- {name: factors, type: list, default: all, label_ja: 要因, note: "names of factors, with commas; all = every one"}
- {name: correction, type: "enum(none,holm,bh)", default: bh, label_ja: 多重比較の補正, note: ""}
- {name: price_borders, type: list(int), default: "3000,10000,30000", label_ja: 初回金額の境界, note: "three amounts"}
columns:
- {name: factor, type: string, unit: none, label_ja: 要因}
- {name: level, type: string, unit: none, label_ja: 水準}
- {name: customers, type: int, unit: people, label_ja: 該当人数}
- {name: f2_rate, type: ratio, unit: ratio, label_ja: F2率}
- {name: f2_rate_without, type: ratio, unit: ratio, label_ja: 非該当F2率}
- {name: odds_ratio, type: double, unit: ratio, label_ja: オッズ比}
- {name: ci_low, type: double, unit: ratio, label_ja: 下限}
- {name: ci_high, type: double, unit: ratio, label_ja: 上限}
- {name: p_adjusted, type: double, unit: probability, label_ja: 補正p値}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: forest, title_ja: 2回目購入のオッズ比（関連であり、原因の証明ではない）, x: level, y: odds_ratio, low: ci_low, high: ci_high}
- {kind: table}
cells:
- {name: waiting, keys: [factor, level], customers: waiting, becomes: {ja: "その水準の初回購入者のうち、まだ2回目を買っていない顧客", en: "first-time buyers with this level who have not repeated yet"}}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, SMALL, UNK, SET]
notes:
- ja: "関連だけを示し、原因の証明ではない旨を図の見出しに示す。"
  en: "association only; the header says it is not proof of cause"
- ja: "「要因を見る日数」以内にリピートした顧客は、購入のあとに起きる要因（クリック、サイト訪問、ポイント獲得、配達日数）の比較から除く。要因がまだ出そろっていないため。"
  en: "customers who repeat inside factor_days are left out of the comparisons of what comes after the purchase (クリック, サイト訪問, ポイント獲得, 配達日数): their factors are not yet complete"
- ja: "顧客は、初回の購入に含まれるすべてのカテゴリに入る（初回カテゴリ）。店舗までの距離は店舗での購入者、配達日数は「要因を見る日数」までに配達日がわかる受注で比べる。ほかの要因は全員を比べる。"
  en: "a customer is in each category of the first basket (初回カテゴリ); 店舗までの距離 compares buyers in shops, 配達日数 orders whose delivery day is known by factor_days; every other factor compares everybody"
- ja: "非該当F2率は、同じ比較のほかの顧客のF2率。該当人数が「参考値とする母数」未満の水準は最後に、ほかは人数の割合×率の差の大きい順に並べる。両方の顧客と両方の結果がそろう月がない場合、オッズ比は空欄。合算した表に空のセルがある場合は、信頼区間も空欄。"
  en: "f2_rate_without is the rate of the others in the same comparison; levels with fewer customers than min_cell are listed last; the others by share of customers x difference of the rates; the odds ratio is null where no month has both kinds of customers and both outcomes, its interval also where a cell of the pooled table is empty"
- ja: "セルは、追う期間が終わっていない顧客も含む、期間内の初回購入者を開く。"
  en: "the cell opens first-time buyers of the period, also those whose window has not passed"
standard: Mantel-Haenszel (1959) pooled odds ratio; Benjamini-Hochberg (1995) correction.
step: odds
*/
WITH bought AS (
  SELECT
    p.customer_id,
    MAX(CASE WHEN p.n = 1 THEN p.order_id END) AS order_id,
    MAX(CASE WHEN p.n = 1 THEN p.purchase_at END) AS first_at,
    MAX(CASE WHEN p.n = 1 THEN p.purchase_date END) AS first_date,
    MAX(CASE WHEN p.n = 1 THEN p.channel END) AS channel,
    MAX(CASE WHEN p.n = 1 THEN p.store_id END) AS store_id,
    MAX(CASE WHEN p.n = 1 THEN p.amount END) AS amount,
    MAX(CASE WHEN p.n = 2 THEN p.purchase_date END) AS second_date
  FROM purchases AS p
  WHERE p.n <= 2
  GROUP BY p.customer_id
),
firsts AS (
  SELECT
    b.*,
    DATE_ADD('day', :factor_days, b.first_date) AS factor_date,
    DATE_ADD('day', :window_days, b.first_date) <= :as_of AS is_observed,
    COALESCE(b.second_date <= DATE_ADD('day', :window_days, b.first_date), FALSE) AS is_repeater
  FROM bought AS b
  WHERE b.first_date BETWEEN :period_start AND :period_end
),
first_lines AS (
  SELECT l.customer_id, COALESCE(l.category_l1, :unknown) AS category, l.coupon_id
  FROM purchase_lines AS l
  WHERE l.n = 1 AND l.purchase_date BETWEEN :period_start AND :period_end
),
with_coupon AS (
  SELECT customer_id FROM first_lines WHERE coupon_id IS NOT NULL
  UNION
  SELECT f.customer_id
  FROM firsts AS f
  JOIN coupon_redemptions AS r ON r.order_id = f.order_id
),
clicking AS (
  SELECT DISTINCT f.customer_id
  FROM firsts AS f
  JOIN v_touches AS t ON t.customer_id = f.customer_id
  WHERE t.clicked_at > f.first_at AND LOCAL_DAY(t.clicked_at) <= f.factor_date
),
visiting AS (
  SELECT DISTINCT f.customer_id
  FROM firsts AS f
  JOIN v_sessions AS s ON s.customer_id = f.customer_id
  WHERE s.started_at > f.first_at AND s.session_date <= f.factor_date
),
earning AS (
  SELECT DISTINCT f.customer_id
  FROM point_ledger AS p
  LEFT JOIN v_identity AS i ON i.customer_id = p.customer_id
  JOIN firsts AS f ON f.customer_id = COALESCE(i.person_id, p.customer_id)
  WHERE p.entry_type IN ('earn', 'bonus') AND p.posted_date BETWEEN f.first_date AND f.factor_date
),
measured AS (
  SELECT
    f.*,
    w.customer_id IS NOT NULL AS has_coupon,
    k.customer_id IS NOT NULL AS has_clicked,
    v.customer_id IS NOT NULL AS has_visited,
    e.customer_id IS NOT NULL AS has_earned,
    s.is_shop,
    GREAT_CIRCLE_DISTANCE(c.latitude, c.longitude, s.latitude, s.longitude) AS km,
    CASE WHEN o.delivered_date <= f.factor_date THEN DATE_DIFF('day', o.order_date, o.delivered_date) END AS delivery_days
  FROM firsts AS f
  JOIN population AS c ON c.customer_id = f.customer_id
  JOIN orders AS o ON o.order_id = f.order_id
  LEFT JOIN store_labels AS s ON s.store_id = f.store_id
  LEFT JOIN with_coupon AS w ON w.customer_id = f.customer_id
  LEFT JOIN clicking AS k ON k.customer_id = f.customer_id
  LEFT JOIN visiting AS v ON v.customer_id = f.customer_id
  LEFT JOIN earning AS e ON e.customer_id = f.customer_id
),
-- A factor has no level for those whom it does not concern: they are in neither group of its comparison.
levelled AS (
  SELECT
    m.customer_id,
    v.factor,
    v.level,
    v.unfolds,
    m.first_date,
    m.second_date,
    m.factor_date,
    m.is_observed,
    m.is_repeater
  FROM measured AS m
  CROSS JOIN UNNEST(
    ARRAY[
      '初回金額', '購入チャネル', 'クーポン利用', 'クリック', 'サイト訪問', 'ポイント獲得', '店舗までの距離', '配達日数'
    ],
    ARRAY[
      CASE
        WHEN m.amount < ELEMENT_AT(:price_borders, 1)
          THEN CAST(ELEMENT_AT(:price_borders, 1) AS VARCHAR) || '円未満'
        WHEN m.amount < ELEMENT_AT(:price_borders, 2)
          THEN CAST(ELEMENT_AT(:price_borders, 1) AS VARCHAR) || '〜' || CAST(ELEMENT_AT(:price_borders, 2) AS VARCHAR)
            || '円未満'
        WHEN m.amount < ELEMENT_AT(:price_borders, 3)
          THEN CAST(ELEMENT_AT(:price_borders, 2) AS VARCHAR) || '〜' || CAST(ELEMENT_AT(:price_borders, 3) AS VARCHAR)
            || '円未満'
        ELSE CAST(ELEMENT_AT(:price_borders, 3) AS VARCHAR) || '円以上'
      END,
      CHANNEL_WORD(m.channel),
      CASE WHEN m.has_coupon THEN 'クーポンあり' ELSE 'なし' END,
      CASE WHEN m.has_clicked THEN 'クリックあり' ELSE 'なし' END,
      CASE WHEN m.has_visited THEN '訪問あり' ELSE 'なし' END,
      CASE WHEN m.has_earned THEN '獲得あり' ELSE 'なし' END,
      CASE
        WHEN NOT COALESCE(m.is_shop, FALSE) THEN NULL
        WHEN m.km < 5 THEN '5km未満'
        WHEN m.km < 20 THEN '5〜20km未満'
        WHEN m.km >= 20 THEN '20km以上'
        ELSE :unknown
      END,
      CASE
        WHEN m.delivery_days <= 2 THEN '2日以内'
        WHEN m.delivery_days <= 5 THEN '3〜5日'
        WHEN m.delivery_days > 5 THEN '6日以上'
      END
    ],
    ARRAY[FALSE, FALSE, FALSE, TRUE, TRUE, TRUE, FALSE, TRUE]
  ) AS v(factor, level, unfolds)
  WHERE v.level IS NOT NULL
  UNION ALL
  SELECT DISTINCT
    f.customer_id,
    '初回カテゴリ',
    l.category,
    FALSE,
    f.first_date,
    f.second_date,
    f.factor_date,
    f.is_observed,
    f.is_repeater
  FROM firsts AS f
  JOIN first_lines AS l ON l.customer_id = f.customer_id
),
waiting AS (
  SELECT factor, level, customer_id
  FROM levelled
  WHERE second_date IS NULL AND factor IN (:factors)
),
compared AS (
  SELECT factor, level, customer_id, is_repeater, DATE_TRUNC('month', first_date) AS first_month
  FROM levelled
  WHERE
    is_observed
    AND factor IN (:factors)
    AND NOT (unfolds AND COALESCE(second_date <= factor_date, FALSE))
)
-- Rows without a level are everybody in the comparison of that month.
SELECT
  factor,
  level,
  first_month,
  COUNT(DISTINCT customer_id) AS customers,
  COUNT(DISTINCT CASE WHEN is_repeater THEN customer_id END) AS repeaters
FROM compared
GROUP BY GROUPING SETS ((factor, level, first_month), (factor, first_month))
ORDER BY factor, level, first_month
