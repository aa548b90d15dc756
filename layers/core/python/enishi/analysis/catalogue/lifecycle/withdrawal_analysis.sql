/*
id: withdrawal_analysis
name: {ja: 退会分析, en: Withdrawals}
category: lifecycle
origin: extension
tier: standard
question:
  ja: だれが、入会からどれくらいで、何のあとに退会しているか。失った価値はどれだけか。
  en: "Who leaves the programme, when, after what, and with how much value?"
method:
  ja: "在籍期間、会員ランク、最終購入、最終配信、残ポイント、配信停止の理由などの区分ごとに、退会者数、退会率、退会時の無購入日数を示す。"
  en: "Withdrawals by tenure, rank, last purchase, last message, point balance, reason of the opt-out or another axis: withdrawn, rate over members, days without a purchase before it."
parameter_groups: [period, base, grain, axis]
parameters:
- {name: axis, type: axis, default: tenure, label_ja: 集計軸, over: [habits, customers], shown_as: axis_value, note: "tenure, silence, points_band, last_message, opt_out_reason as they stood when the period began, or a column of customers"}
columns:
- {name: bucket, type: date, unit: date, label_ja: 期間}
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: members, type: int, unit: people, label_ja: 会員数}
- {name: withdrawn, type: int, unit: people, label_ja: 退会者数}
- {name: rate, type: ratio, unit: ratio, label_ja: 退会率, of: members}
- {name: silent_days, type: double, unit: days, label_ja: 無購入日数中央値}
- {name: value_12m, type: money, unit: JPY/person, label_ja: 直近1年価値}
- {name: points_left, type: double, unit: points, label_ja: 残ポイント平均}
charts:
- {kind: line, x: bucket, y: rate, color: axis_value}
- {kind: bar, x: axis_value, y: withdrawn, color: bucket}
- {kind: table}
cells:
- {name: pattern, keys: [axis_value], customers: at_risk, becomes: {ja: "同じ傾向の現在の会員（退会した人自身は選ばない）", en: "present members with the same pattern (the withdrawn themselves are never a set)"}}
rules: [TZ, MERGE, WD, UNK, DIV0, SMALL]
notes:
- ja: "退会した人を対象にすることはない。同じ傾向だけをほかの会員に当てはめる。"
  en: "withdrawn people are never a target; only the pattern is applied to others"
- ja: "会員数は、期間の初日に在籍していた会員と、その期間に入会した会員。退会率＝退会者数／会員数（×1,000で千人あたり）。"
  en: "members were in the programme on the first day of the bucket or joined in it; rate is withdrawn over members (x 1,000 for a rate per mille)"
- ja: "在籍期間（入会からの満月数）、無購入期間（最終購入からの満月数）、残ポイント帯、最終配信からの日数、配信停止の理由（最後の配信停止のもの）は、期間の初日の値。セルでは基準日の翌日の値。顧客の列は現在の値（ATTRの規則）。"
  en: "tenure (full months since joining), silence (full months since the last purchase), points_band, last_message (days since the last message) and opt_out_reason (of the last opt-out) are read on the first day of the bucket, for the cell the day after as_of; columns of customers are today's (rule ATTR)"
- ja: "無購入日数中央値、直近1年価値、残ポイント平均は、退会の日の値（ポイントはその日の記帳の前）。購入したことのない会員には、無購入日数がない。"
  en: "silent_days, value_12m and points_left are read on the day of the withdrawal, before that day's postings; who never bought has no silent days"
- ja: "退会日のない退会者は、どこにも数えない。退会そのものの理由はデータにない。最も近いものは配信停止の理由。"
  en: "who is marked as withdrawn without a day counts nowhere. The lake holds no reason of a withdrawal itself; opt_out_reason is the nearest to it"
*/
WITH moments AS (
  SELECT GRAIN_OF(d.day) AS bucket, MIN(d.day) AS first_day, MAX(d.day) AS last_day
  FROM UNNEST(SEQUENCE(:period_start, LEAST(:period_end, :as_of), INTERVAL '1' DAY)) AS d(day)
  GROUP BY GRAIN_OF(d.day)
  UNION ALL
  SELECT NULL, DATE_ADD('day', 1, :as_of), DATE_ADD('day', 1, :as_of)
),
memberships AS (
  SELECT
    c.customer_id,
    COALESCE(c.registered_date, DATE '1900-01-01') AS joined_date,
    CASE
      WHEN COALESCE(c.status, 'active') = 'withdrawn' AND COALESCE(c.withdrawn_date <= :as_of, TRUE)
        THEN COALESCE(c.withdrawn_date, DATE '1900-01-01')
      ELSE DATE '9999-12-31'
    END AS left_date
  FROM population AS c
),
stays AS (
  SELECT
    m.bucket,
    m.first_day,
    s.customer_id,
    s.joined_date,
    CASE WHEN s.left_date BETWEEN m.first_day AND m.last_day THEN s.left_date END AS left_date
  FROM memberships AS s
  JOIN moments AS m ON s.joined_date <= m.last_day AND s.left_date >= m.first_day
),
last_purchases AS (
  SELECT m.first_day, p.customer_id, MAX(p.purchase_date) AS day
  FROM moments AS m
  JOIN v_purchases AS p ON p.purchase_date < m.first_day
  WHERE :axis_reads_habits AND CAST(:axis_name AS VARCHAR) LIKE '%silence%'
  GROUP BY m.first_day, p.customer_id
),
last_messages AS (
  SELECT m.first_day, t.customer_id, MAX(t.sent_date) AS day
  FROM moments AS m
  JOIN v_touches AS t ON t.sent_date < m.first_day
  WHERE NOT t.is_control AND :axis_reads_habits AND CAST(:axis_name AS VARCHAR) LIKE '%last_message%'
  GROUP BY m.first_day, t.customer_id
),
postings AS (
  SELECT COALESCE(i.person_id, e.customer_id) AS customer_id, e.posted_date, e.points
  FROM point_ledger AS e
  LEFT JOIN v_identity AS i ON i.customer_id = e.customer_id
),
balances AS (
  SELECT m.first_day, e.customer_id, SUM(e.points) AS points
  FROM moments AS m
  JOIN postings AS e ON e.posted_date < m.first_day
  WHERE :axis_reads_habits AND CAST(:axis_name AS VARCHAR) LIKE '%points_band%'
  GROUP BY m.first_day, e.customer_id
),
opt_outs AS (
  SELECT
    m.first_day,
    COALESCE(i.person_id, n.customer_id) AS customer_id,
    MAX_BY(n.reason, ROW(n.changed_at, n.channel)) AS reason
  FROM moments AS m
  JOIN consents AS n ON n.changed_date < m.first_day
  LEFT JOIN v_identity AS i ON i.customer_id = n.customer_id
  WHERE n.state <> 'opt_in' AND :axis_reads_habits AND CAST(:axis_name AS VARCHAR) LIKE '%opt_out_reason%'
  GROUP BY m.first_day, COALESCE(i.person_id, n.customer_id)
),
-- What a member was like when the bucket began.
measured AS (
  SELECT
    s.bucket,
    s.customer_id,
    s.left_date,
    GREATEST(DATE_DIFF('month', s.joined_date, s.first_day), 0) AS months,
    DATE_DIFF('month', p.day, s.first_day) AS silent_months,
    COALESCE(b.points, 0) AS points,
    DATE_DIFF('day', t.day, s.first_day) AS message_days,
    o.reason
  FROM stays AS s
  LEFT JOIN last_purchases AS p ON p.customer_id = s.customer_id AND p.first_day = s.first_day
  LEFT JOIN last_messages AS t ON t.customer_id = s.customer_id AND t.first_day = s.first_day
  LEFT JOIN balances AS b ON b.customer_id = s.customer_id AND b.first_day = s.first_day
  LEFT JOIN opt_outs AS o ON o.customer_id = s.customer_id AND o.first_day = s.first_day
),
banded AS (
  SELECT
    bucket,
    customer_id,
    left_date,
    CASE
      WHEN months < 3 THEN '00〜02か月'
      WHEN months < 12 THEN '03〜11か月'
      WHEN months < 36 THEN '12〜35か月'
      ELSE '36か月以上'
    END AS tenure,
    CASE
      WHEN silent_months < 3 THEN '00〜02か月'
      WHEN silent_months < 6 THEN '03〜05か月'
      WHEN silent_months < 12 THEN '06〜11か月'
      WHEN silent_months >= 12 THEN '12か月以上'
      ELSE '購入なし'
    END AS silence,
    CASE
      WHEN points <= 0 THEN '0'
      WHEN points < 500 THEN '0001〜0499'
      WHEN points < 2000 THEN '0500〜1999'
      ELSE '2000以上'
    END AS points_band,
    CASE
      WHEN message_days < 7 THEN '00〜06日'
      WHEN message_days < 30 THEN '07〜29日'
      WHEN message_days >= 30 THEN '30日以上'
      ELSE '配信なし'
    END AS last_message,
    reason AS opt_out_reason
  FROM measured
),
grouped AS (
  SELECT habits.bucket, habits.customer_id, habits.left_date, :axis AS full_value
  FROM banded AS habits
  JOIN population AS customers ON customers.customer_id = habits.customer_id
),
ranked AS (
  SELECT full_value, ROW_NUMBER() OVER (ORDER BY full_value = :unknown, COUNT(*) DESC, full_value) AS place
  FROM grouped
  WHERE bucket IS NOT NULL
  GROUP BY full_value
),
shown AS (
  SELECT
    g.bucket,
    g.customer_id,
    g.left_date,
    CASE WHEN r.place <= :max_axis_values OR g.full_value = :unknown THEN g.full_value ELSE :other END AS axis_value
  FROM grouped AS g
  LEFT JOIN ranked AS r ON r.full_value = g.full_value
),
at_risk AS (
  SELECT axis_value, customer_id
  FROM shown
  WHERE bucket IS NULL
),
leavers AS (
  SELECT customer_id, left_date FROM shown WHERE left_date IS NOT NULL
),
worth AS (
  SELECT
    l.customer_id,
    MAX(p.purchase_date) AS last_date,
    SUM(CASE WHEN p.purchase_date > DATE_ADD('month', -12, l.left_date) THEN p.amount ELSE 0 END) AS value_12m
  FROM leavers AS l
  JOIN v_purchases AS p ON p.customer_id = l.customer_id AND p.purchase_date <= l.left_date
  GROUP BY l.customer_id
),
left_over AS (
  SELECT l.customer_id, SUM(e.points) AS points
  FROM leavers AS l
  JOIN postings AS e ON e.customer_id = l.customer_id AND e.posted_date < l.left_date
  GROUP BY l.customer_id
)
SELECT
  s.bucket,
  s.axis_value,
  COUNT(*) AS members,
  COUNT(s.left_date) AS withdrawn,
  RATIO(COUNT(s.left_date), COUNT(*)) AS rate,
  QUANTILE_OF(DATE_DIFF('day', w.last_date, s.left_date), 0.5) AS silent_days,
  CAST(
    AVG(CASE WHEN s.left_date IS NOT NULL THEN CAST(COALESCE(w.value_12m, 0) AS DOUBLE) END) AS DECIMAL(18, 2)
  ) AS value_12m,
  AVG(CASE WHEN s.left_date IS NOT NULL THEN CAST(COALESCE(o.points, 0) AS DOUBLE) END) AS points_left
FROM shown AS s
LEFT JOIN worth AS w ON w.customer_id = s.customer_id AND s.left_date IS NOT NULL
LEFT JOIN left_over AS o ON o.customer_id = s.customer_id AND s.left_date IS NOT NULL
WHERE s.bucket IS NOT NULL
GROUP BY s.bucket, s.axis_value
ORDER BY s.bucket, CASE s.axis_value WHEN :unknown THEN 2 WHEN :other THEN 1 ELSE 0 END, s.axis_value
