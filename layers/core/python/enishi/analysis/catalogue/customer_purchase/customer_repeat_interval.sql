/*
id: customer_repeat_interval
name: {ja: 顧客別リピート間隔分析, en: Repeat interval by customer}
category: customer_purchase
origin: brief
brief_names: [顧客別レポート間隔分析, 顧客別リピート間隔分析]
tier: core
question:
  ja: 顧客ごとに、ふだん何日おきに買っているか。いつもより遅れている顧客はだれか。
  en: "How often does each customer buy, and who is now later than usual?"
method:
  ja: "購入が「最少購入回数」以上の顧客ごとに、購入間隔の日数の平均、中央値、ばらつきと、最終購入からの日数、超過倍率＝最終購入からの日数／間隔中央値を求める。"
  en: "Per customer with at least min_purchases: mean, median and spread of days between purchases, days since the last one, and overdue = days since last / median interval."
parameter_groups: [asof, base, pur, top]
parameters:
- {name: min_purchases, type: int, default: 3, minimum: 2, label_ja: 最少購入回数, note: inside the lookback}
- {name: lookback_months, type: int, default: 36, minimum: 1, label_ja: 集計月数, note: ""}
- {name: overdue_border, type: double, default: 1.5, minimum: 0, label_ja: 遅れの境界, note: "overdue at or above it is late: counted below the table, and the cell is_late"}
columns:
- {name: customer_id, type: string, unit: none, label_ja: 顧客ID}
- {name: purchases, type: int, unit: orders, label_ja: 購入回数}
- {name: interval_mean, type: double, unit: days, label_ja: 平均間隔}
- {name: interval_median, type: double, unit: days, label_ja: 間隔中央値}
- {name: interval_sd, type: double, unit: days, label_ja: 標準偏差}
- {name: days_since_last, type: int, unit: days, label_ja: 経過日数}
- {name: overdue, type: double, unit: ratio, label_ja: 超過倍率}
- {name: expected_next, type: date, unit: date, label_ja: 次回予測日}
charts:
- {kind: table}
- {kind: scatter, x: interval_median, y: days_since_last, size: purchases, where: {overdue: {min: 0}}}
cells:
- {name: overdue, keys: [overdue, expected_next, interval_median, days_since_last, is_late], types: {is_late: bool}, customers: rhythms, becomes: {ja: "自分の間隔より遅れている顧客（超過倍率の範囲）、またはその期間に次回の購入が見込まれる顧客（次回予測日の範囲）", en: "customers late against their own rhythm (overdue range), or due in those days (expected_next range)"}}
- {name: customer, keys: [customer_id], customers: rhythms, becomes: {ja: "その顧客", en: "that customer"}}
rules: [TZ, PUR, RET, GUEST, MERGE, TIE, SET]
notes:
- ja: "同じ日の再購入は間隔0とする。「購入の数え方」がdayの場合は数えない。"
  en: "same-day repeats give interval 0 and are dropped when purchase_unit=day"
- ja: "間隔中央値が0の場合、超過倍率は空欄。"
  en: "overdue is null when the median is 0"
- ja: "自分の間隔に比べて遅れの大きい順に並べる。「表示件数」を超える分は、その他の1行にまとめる。"
  en: "the latest against their own rhythm stand first; beyond top_n the rest is one row その他"
- ja: "標準偏差は標本標準偏差で、間隔が1つなら空欄。次回予測日は最終購入日に間隔中央値を足した日で、間隔中央値が0なら空欄。"
  en: "interval_sd is that of a sample, null for one interval; expected_next is the last purchase plus the median, null when the median is 0"
footnotes:
- {label_ja: 遅れている顧客数, cte: late}
*/
WITH followed AS (
  SELECT
    p.customer_id,
    p.purchase_date,
    p.amount,
    CASE
      WHEN :date_basis = 'ordered' THEN p.previous_date
      ELSE LAG(p.purchase_date) OVER (PARTITION BY p.customer_id ORDER BY p.purchase_date, p.n)
    END AS previous_date
  FROM purchases AS p
  WHERE p.purchase_date > DATE_ADD('month', -:lookback_months, :as_of)
),
intervals AS (
  SELECT
    customer_id,
    purchase_date,
    amount,
    CASE
      WHEN previous_date > DATE_ADD('month', -:lookback_months, :as_of) THEN DATE_DIFF('day', previous_date, purchase_date)
    END AS days
  FROM followed
),
-- A median of places and not of lists, which no engine could put down to disk for millions of customers.
ordered AS (
  SELECT
    i.*,
    ROW_NUMBER() OVER (PARTITION BY i.customer_id ORDER BY i.days NULLS LAST) AS place,
    COUNT(i.days) OVER (PARTITION BY i.customer_id) AS intervals
  FROM intervals AS i
),
measured AS (
  SELECT
    customer_id,
    COUNT(*) AS purchases,
    SUM(amount) AS amount,
    MAX(purchase_date) AS last_date,
    AVG(CAST(days AS DOUBLE)) AS interval_mean,
    AVG(CASE WHEN place * 2 BETWEEN intervals AND intervals + 2 THEN CAST(days AS DOUBLE) END) AS interval_median,
    STDDEV_SAMP(CAST(days AS DOUBLE)) AS interval_sd
  FROM ordered
  GROUP BY customer_id
  HAVING COUNT(*) >= :min_purchases
),
compared AS (
  SELECT
    m.*,
    DATE_DIFF('day', m.last_date, :as_of) AS days_since_last,
    RATIO(DATE_DIFF('day', m.last_date, :as_of), m.interval_median) AS overdue
  FROM measured AS m
),
rhythms AS (
  SELECT
    customer_id,
    purchases,
    amount,
    interval_mean,
    interval_median,
    interval_sd,
    days_since_last,
    overdue,
    COALESCE(overdue >= :overdue_border, FALSE) AS is_late,
    CASE WHEN interval_median > 0 THEN DATE_ADD('day', CAST(ROUND(interval_median) AS BIGINT), last_date) END
      AS expected_next
  FROM compared
),
late AS (
  SELECT COUNT(*) AS customers FROM rhythms WHERE is_late
),
placed AS (
  SELECT
    r.*,
    ROW_NUMBER() OVER (
      ORDER BY r.overdue DESC NULLS LAST, r.amount DESC, r.purchases DESC, r.customer_id
    ) AS place
  FROM rhythms AS r
),
listed AS (
  SELECT * FROM placed WHERE place <= :top_n
),
kept AS (
  SELECT
    place, customer_id, purchases, interval_mean, interval_median, interval_sd, days_since_last, overdue, expected_next
  FROM listed
  UNION ALL
  SELECT :top_n + 1, :other, SUM(purchases), NULL, NULL, NULL, NULL, NULL, NULL
  FROM rhythms
  WHERE customer_id NOT IN (SELECT customer_id FROM listed)
  HAVING COUNT(*) > 0
)
SELECT
  k.customer_id,
  k.purchases,
  k.interval_mean,
  k.interval_median,
  k.interval_sd,
  k.days_since_last,
  k.overdue,
  k.expected_next
FROM kept AS k
ORDER BY k.place
