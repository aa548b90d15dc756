/*
id: access_decline_signal
name: {ja: サイト離れ予兆分析, en: Declining access as an early sign}
category: site_access
origin: extension
tier: advanced
question:
  ja: 訪問が減ることは離脱の予兆になるか。いま、その予兆が出ている優良な顧客は誰か。
  en: "Does a fall in visits foretell the loss of a customer, and who shows it today?"
method:
  ja: "「直近の週数」（既定4週）の訪問が、その前の「比べる週数」（既定12週）の本人の平均に対して何倍かを求める。訪問比クラスごとに、過去の実績でその後「離脱とみなす日数」内の離脱率を検証し、いま悪いクラスにいる顧客を挙げる。"
  en: "Ratio of visits in the last recent_weeks (4) to the own mean of the base_weeks (12) before; lapse rate in the lapse_days after per ratio class on history; list customers now in the classes."
parameter_groups: [asof, base, web]
parameters:
- {name: recent_weeks, type: int, default: 4, minimum: 1, maximum: 26, label_ja: 直近の週数, note: ""}
- {name: base_weeks, type: int, default: 12, minimum: 1, maximum: 52, label_ja: 比べる週数, note: ""}
- {name: lapse_days, type: int, default: 180, minimum: 1, maximum: 730, label_ja: 離脱とみなす日数, note: without a purchase}
- {name: min_base_visits, type: int, default: 4, minimum: 1, label_ja: 比べる期間の最少訪問数, note: ""}
columns:
- {name: class, type: string, unit: ratio, label_ja: 訪問比クラス}
- {name: customers_hist, type: int, unit: people, label_ja: 検証人数}
- {name: lapse_rate, type: ratio, unit: ratio, label_ja: 離脱率, of: customers_hist}
- {name: lift, type: double, unit: ratio, label_ja: 全体比, of: customers_hist}
- {name: customers_now, type: int, unit: people, label_ja: 現在該当}
- {name: amount_12m, type: money, unit: JPY, label_ja: 直近1年金額}
charts:
- {kind: bar, x: class, y: lapse_rate}
- {kind: bar, x: class, y: customers_now}
- {kind: table}
cells:
- {name: class, keys: [class], customers: now_in_class, becomes: {ja: "訪問がこの程度に減り、なお価値のある（直近12か月に購入のある）顧客", en: "customers with this fall who are still valuable (bought in the last 12 months)"}}
footnotes:
- {label_ja: 検証の基準日, cte: tested_on}
- {label_ja: 現在とする日, cte: today}
needs: [web_events]
example: {lapse_days: 30}
rules: [TZ, BOT, MERGE, CENSOR, SMALL, DIV0, SET]
notes:
- ja: "過去の検証には、その検証の基準日より前のデータだけを用いる。"
  en: "the history test uses only data before its own reference dates"
- ja: "現在とする日は基準日。Webログがそれより早く終わっていれば、ログの最後の日とする。ログのない日を来訪なしとはしない。"
  en: "now is as_of, or the last day of the web log where that ends earlier: nobody stays away on days that are not known"
- ja: "検証の基準日は現在とする日の「離脱とみなす日数」前で、離脱までの期間がすべて過ぎている。Webログが必要な週数までさかのぼれなければ空欄。"
  en: "the reference date of the history is lapse_days before it, so that the whole time to lapse has passed; it is empty where the web log does not reach back over all of its weeks"
- ja: "対象は、その日の前12か月以内に購入し、「比べる週数」の間に「比べる期間の最少訪問数」以上訪問した顧客。離脱は、その日の後「離脱とみなす日数」の間に購入がないこと。"
  en: "customers who bought within the 12 months before the date and visited min_base_visits times in the base weeks; lapsed = no purchase in lapse_days after the date"
- ja: "訪問比は、直近の週の週あたり訪問数/比べる週の週あたり訪問数。全体比は、「合計」の行の離脱率に対する比。"
  en: "the ratio is visits a week in the recent weeks over visits a week in the base weeks; lift is over the lapse rate of the row 合計"
*/
WITH logged AS (
  SELECT MIN(event_date) AS first_date, LEAST(MAX(event_date), :as_of) AS last_date FROM web_events
),
dates AS (
  SELECT DATE_ADD('day', 0 - :lapse_days, last_date) AS day, FALSE AS is_now FROM logged
  UNION ALL
  SELECT last_date, TRUE FROM logged
),
observed AS (
  SELECT
    d.is_now,
    d.day,
    DATE_ADD('day', -7 * :recent_weeks, d.day) AS recent_after,
    DATE_ADD('day', -7 * (:recent_weeks + :base_weeks), d.day) AS base_after
  FROM dates AS d
  JOIN logged AS g ON g.first_date <= DATE_ADD('day', 1 - 7 * (:recent_weeks + :base_weeks), d.day)
),
tested_on AS (
  SELECT day FROM observed WHERE NOT is_now
),
today AS (
  SELECT day FROM observed WHERE is_now
),
compared AS (
  SELECT
    o.is_now,
    o.day,
    s.customer_id,
    RATIO(COUNT_IF(s.session_date > o.recent_after), :recent_weeks)
      / RATIO(COUNT_IF(s.session_date <= o.recent_after), :base_weeks) AS ratio
  FROM observed AS o
  JOIN sessions AS s ON s.session_date > o.base_after AND s.session_date <= o.day
  WHERE s.customer_id IS NOT NULL
  GROUP BY o.is_now, o.day, s.customer_id
  HAVING COUNT_IF(s.session_date <= o.recent_after) >= :min_base_visits
),
spent AS (
  SELECT
    c.is_now,
    c.customer_id,
    SUM(CASE WHEN p.purchase_date <= c.day THEN p.amount ELSE 0 END) AS amount_12m,
    COUNT_IF(p.purchase_date <= c.day) AS purchases_before,
    COUNT_IF(p.purchase_date > c.day AND p.purchase_date <= DATE_ADD('day', :lapse_days, c.day)) AS purchases_after
  FROM compared AS c
  JOIN v_purchases AS p ON p.customer_id = c.customer_id AND p.purchase_date > DATE_ADD('year', -1, c.day)
  GROUP BY c.is_now, c.customer_id
),
classed AS (
  SELECT
    c.is_now,
    c.customer_id,
    s.amount_12m,
    s.purchases_after = 0 AS has_lapsed,
    CASE
      WHEN c.ratio = 0 THEN '来訪なし'
      WHEN c.ratio < 0.5 THEN '0.5未満'
      WHEN c.ratio < 1 THEN '0.5〜1未満'
      WHEN c.ratio < 1.5 THEN '1〜1.5未満'
      ELSE '1.5以上'
    END AS class
  FROM compared AS c
  JOIN spent AS s ON s.is_now = c.is_now AND s.customer_id = c.customer_id
  WHERE s.purchases_before > 0
),
now_in_class AS (
  SELECT t.class, c.customer_id
  FROM classed AS c
  CROSS JOIN UNNEST(ARRAY[c.class, :total]) AS t(class)
  WHERE c.is_now
),
classes AS (
  SELECT class, place
  FROM (
    VALUES ('来訪なし', 1), ('0.5未満', 2), ('0.5〜1未満', 3), ('1〜1.5未満', 4), ('1.5以上', 5), (:total, 6)
  ) AS v(class, place)
),
counted AS (
  SELECT
    k.class,
    k.place,
    COUNT_IF(NOT c.is_now) AS customers_hist,
    RATIO(COUNT_IF(NOT c.is_now AND c.has_lapsed), COUNT_IF(NOT c.is_now)) AS lapse_rate,
    COUNT_IF(c.is_now) AS customers_now,
    COALESCE(SUM(CASE WHEN c.is_now THEN c.amount_12m END), 0) AS amount_12m
  FROM classes AS k
  LEFT JOIN classed AS c ON c.class = k.class OR k.class = :total
  GROUP BY k.class, k.place
)
SELECT
  c.class,
  c.customers_hist,
  c.lapse_rate,
  RATIO(c.lapse_rate, t.lapse_rate) AS lift,
  c.customers_now,
  c.amount_12m
FROM counted AS c
JOIN counted AS t ON t.class = :total
ORDER BY c.place
