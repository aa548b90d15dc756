/*
id: media_response_curve
name: {ja: 媒体費用反応曲線分析, en: Cost response curve}
category: media
origin: extension
tier: advanced
question:
  ja: 各媒体にあと10万円使うと、新規顧客は何人増えるか。
  en: "What would the next 100,000 yen bring in each medium?"
method:
  ja: "媒体ごとに、週別の費用（残存を加えた広告ストック）と新規顧客に飽和曲線を最小二乗法で当てはめ、現在の費用での限界CPAをブートストラップ区間とともに示す。"
  en: "Weekly cost against new customers per medium, adstock with decay, saturating curve fitted by least squares; marginal CPA at today's spend, with bootstrap interval."
parameter_groups: [period]
parameters:
- {name: weeks, type: int, default: 104, minimum: 3, label_ja: 使う週数, note: "whole weeks up to period_end, from the medium's first cost on"}
- {name: decay_grid, type: list(double), default: "0,0.3,0.5,0.7", label_ja: 残存率の候補, note: "the share of a week's effect that is left in the next"}
- {name: bootstrap, type: int, default: 200, minimum: 0, maximum: 10000, label_ja: 再標本化の回数, note: "0 = no interval"}
- {name: min_weeks_with_cost, type: int, default: 20, minimum: 2, label_ja: 費用のある最少週数, note: ""}
- {name: base_segment, type: segment, default: null, hidden: true, label_ja: 母集団, note: ""}
- {name: exclude_employees, type: bool, default: true, hidden: true, label_ja: 従業員を除く, note: ""}
- {name: exclude_withdrawn, type: bool, default: false, hidden: true, label_ja: 退会者を除く, note: ""}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "new customers of the weeks under which low_n is set"}
columns:
- {name: medium, type: string, unit: none, label_ja: 媒体}
- {name: point, type: string, unit: none, label_ja: 費用の水準}
- {name: spend, type: money, unit: JPY, label_ja: 週費用}
- {name: response, type: double, unit: people, label_ja: 推定獲得数}
- {name: next_customers, type: double, unit: people, label_ja: あと10万円の獲得数}
- {name: marginal_cpa, type: money, unit: JPY/person, label_ja: 限界CPA}
- {name: ci_low, type: money, unit: JPY/person, label_ja: 下限}
- {name: ci_high, type: money, unit: JPY/person, label_ja: 上限}
- {name: r2, type: double, unit: score, label_ja: 決定係数}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
step: response_curve
charts:
- {kind: line, x: spend, y: response, color: medium}
- {kind: forest, x: medium, y: marginal_cpa, low: ci_low, high: ci_high, where: {point: 現在}, title_ja: 限界CPA(対数目盛), options: {log: true}}
- {kind: table}
cells:
- {name: medium, keys: [medium], customers: acquired, becomes: {ja: "使った週に獲得した顧客（曲線の点は集合として開けない）", en: "customers acquired in the weeks used (curve points are not a set)"}}
rules: [TZ, GUEST, SMALL, EMPTY]
notes:
- ja: "費用の変動が足りない媒体は、当てはめずに「推定不可」とする。"
  en: "media without enough variation in spend are reported as 推定不可 rather than fitted"
- ja: "現在（費用の水準「現在」）は集計期間の週あたり平均費用。ほかの水準はその割合と倍数。"
  en: "today (point 現在) is the average weekly cost of the period; the other points are shares and multiples of it"
- ja: "週の新規顧客は、生涯の初回購入がその週にある人。媒体はその購入のコード、なければ申告された媒体による。"
  en: "new customers of a week are those with the first purchase of their lives in it, by its code, else by the medium that they declared"
- ja: "response = own + gain × a / (a + half)。aは週の費用の広告ストック。残存率とhalfは候補から探し、ownとgainは0を下回らない最小二乗法で求める。"
  en: "response = own + gain x a / (a + half), a the adstock of the weekly cost; decay and half are searched on a grid, own and gain are least squares, never below 0"
- ja: "区間は、週を復元抽出した95%区間。効果がまったくないとなる抽出が40回に1回を超えれば上限は空欄。週の結果に効果がないとき、限界CPAは空欄。"
  en: "the interval is of 95 % from weeks drawn with replacement; it has no upper end where more than one draw in forty sees no effect at all; marginal_cpa is null where the weeks show none"
- ja: "十分な変動とは、費用のある週が「費用のある最少週数」以上あり、標準偏差が平均の10分の1以上で、新規顧客がいること。"
  en: "enough variation is min_weeks_with_cost weeks with a cost, a standard deviation of a tenth of the mean, and new customers"
standard: Adstock (Broadbent 1979) with a Hill or log saturation.
needs: [media, media_costs]
*/
WITH spent AS (
  SELECT m.medium_id, m.medium, DATE_TRUNC('week', s.cost_date) AS week, SUM(s.cost) AS cost
  FROM media_costs AS s
  JOIN media_labels AS m ON m.medium_id = s.medium_id
  WHERE s.cost_date <= :period_end
  GROUP BY 1, 2, 3
),
-- The whole weeks of each medium: up to `weeks`, the last one ending by period_end.
weeks_used AS (
  SELECT f.medium_id, f.medium, t.week
  FROM (SELECT medium_id, medium, MIN(week) AS first_week FROM spent WHERE cost > 0 GROUP BY medium_id, medium) AS f
  CROSS JOIN UNNEST(
    SEQUENCE(
      DATE_ADD('day', -7 * :weeks, DATE_TRUNC('week', DATE_ADD('day', 1, :period_end))),
      DATE_ADD('day', -7, DATE_TRUNC('week', DATE_ADD('day', 1, :period_end))),
      INTERVAL '7' DAY
    )
  ) AS t(week)
  WHERE t.week >= f.first_week
),
acquired AS (
  SELECT w.medium, w.medium_id, w.week, p.customer_id
  FROM v_purchases AS p
  JOIN population AS c ON c.customer_id = p.customer_id
  LEFT JOIN media_codes AS r ON r.response_code = p.response_code
  JOIN weeks_used AS w
    ON w.medium_id = COALESCE(r.medium_id, c.acquisition_medium_id) AND w.week = DATE_TRUNC('week', p.purchase_date)
  WHERE p.n_lifetime = 1
),
won AS (
  SELECT medium_id, week, COUNT(*) AS customers
  FROM acquired
  GROUP BY medium_id, week
)
SELECT
  w.medium,
  w.week,
  COALESCE(s.cost, 0) AS cost,
  COALESCE(a.customers, 0) AS customers,
  w.week >= :period_start AS is_present
FROM weeks_used AS w
LEFT JOIN spent AS s ON s.medium_id = w.medium_id AND s.week = w.week
LEFT JOIN won AS a ON a.medium_id = w.medium_id AND a.week = w.week
ORDER BY w.medium, w.week
