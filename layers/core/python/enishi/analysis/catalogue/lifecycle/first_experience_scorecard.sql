/*
id: first_experience_scorecard
name: {ja: 初回体験スコアカード, en: First-experience scorecard}
category: lifecycle
origin: extension
tier: standard
question:
  ja: 初めて購入した顧客の体験(配達・ケア配信・返品・問合せ)はどうだったか。つまずいた顧客は2回目を買うか。
  en: "How did the whole first experience go for new buyers: delivery, care mail, return, contact, points?"
method:
  ja: "初回購入月ごとのスコアカード。納期の遵守、ケア配信のクリック、返品、問合せ、F2転換率。問題が0、1、2件以上の顧客の人数と、そのF2転換率。"
  en: "One scorecard per first-purchase cohort: on-time delivery, care message clicked, return, contact, F2; number of customers with 0, 1, 2+ problems and their F2."
parameter_groups: [period, base, pur, grain]
parameters:
- {name: window_days, type: int, default: 90, minimum: 1, label_ja: 初回からの日数, note: "for everything that is read, F2 too"}
- {name: promised_days, type: int, default: 3, minimum: 0, label_ja: 配達の約束日数, note: "from order to delivery; longer is late"}
- {name: care_campaigns, type: list, default: all, label_ja: ケア配信の施策, note: "campaigns or scenarios; all = any message in the window"}
columns:
- {name: cohort, type: month, unit: months, label_ja: 初回購入月}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: on_time, type: ratio, unit: ratio, label_ja: 納期遵守率}
- {name: care_clicked, type: ratio, unit: ratio, label_ja: ケア配信反応率}
- {name: returned, type: ratio, unit: ratio, label_ja: 返品率}
- {name: contacted, type: ratio, unit: ratio, label_ja: 問合せ率}
- {name: problems, type: int, unit: count, label_ja: 問題数}
- {name: f2_rate, type: ratio, unit: ratio, label_ja: F2転換率}
charts:
- {kind: heatmap, title_ja: 問題数とF2転換率, x: cohort, y: problems, color: f2_rate, where: {problems: [0, 1, 2]}}
- {kind: table}
cells:
- {name: problems, keys: [cohort, problems], types: {cohort: date}, customers: waiting, becomes: {ja: "その問題数の初回購入者のうち、2回目をまだ買っていない顧客", en: "first buyers with so many problems who have never bought a second time"}}
rules: [TZ, PUR, RET, MERGE, MPP, CENSOR, DIV0, SET]
notes:
- ja: "初回購入月ごとの行（問題数は空欄）に続けて、問題数が0、1、2以上の顧客の行を並べる。問題は、配達の遅れ、返品、問合せ。"
  en: "a row a cohort (problems empty), then its customers with 0, 1 and 2 or more problems; a problem is a late delivery, a return, a contact"
- ja: "率は、「初回からの日数」が基準日までに過ぎた顧客による（CENSORの規則）。人数は、その時点までの問題数で全員を数える。"
  en: "rates are of customers whose window_days have passed by as_of (rule CENSOR); 人数 counts all, with the problems so far"
- ja: "納期遵守率：配達する受注（店舗を除く）による。約束の日までに配達のない受注は遅れとする。問合せ：苦情、修理、電話。"
  en: "on_time: of orders that are delivered (none of the stores); one without a delivery by the promised day is late. contacted: a complaint, a repair or a call"
- ja: "ケア配信反応率：「初回からの日数」の間に配信を受けた顧客のうち、クリックした割合（開封は一部が機械によるため使わない：MPPの規則）。"
  en: "care_clicked: of those who were sent a message in the window, who clicked one (opens are partly machines', rule MPP)"
- ja: "全部返品された初回の受注は、購入ではない（RETの規則）。「返品の計上」がeventの場合は数える。"
  en: "a first order that came back whole is no purchase (rule RET); it counts with return_mode = event"
*/
WITH first_ones AS (
  SELECT
    p.customer_id,
    p.order_id,
    p.purchase_at,
    p.purchase_date,
    DATE_ADD('day', :window_days, p.purchase_date) AS until_date,
    DATE_ADD('day', :window_days, p.purchase_date) <= :as_of AS is_observed,
    CASE
      WHEN p.channel = 'store' THEN NULL
      WHEN o.delivered_date IS NOT NULL THEN DATE_DIFF('day', o.order_date, o.delivered_date) <= :promised_days
      WHEN DATE_ADD('day', :promised_days, o.order_date) < :as_of THEN FALSE
    END AS is_on_time
  FROM purchases AS p
  LEFT JOIN orders AS o ON o.order_id = p.order_id
  WHERE p.n = 1 AND p.purchase_date BETWEEN :period_start AND :period_end
),
second_ones AS (
  SELECT p.customer_id, p.purchase_date FROM purchases AS p WHERE p.n = 2
),
cared AS (
  SELECT f.customer_id, COUNT_IF(t.clicked_at IS NOT NULL) > 0 AS has_clicked
  FROM first_ones AS f
  JOIN v_touches AS t
    ON t.customer_id = f.customer_id AND t.sent_at > f.purchase_at AND t.sent_date <= f.until_date
  LEFT JOIN campaign_labels AS l ON l.campaign_id = t.campaign_id
  WHERE
    NOT t.is_control
    AND (t.campaign_id IN (:care_campaigns) OR t.scenario_id IN (:care_campaigns) OR l.campaign IN (:care_campaigns))
  GROUP BY f.customer_id
),
came_back AS (
  SELECT DISTINCT f.customer_id
  FROM first_ones AS f
  JOIN orders AS r ON r.original_order_id = f.order_id
  WHERE
    r.order_type = 'return' AND r.status NOT IN ('cancelled', 'payment_failed') AND r.order_date <= f.until_date
),
asked AS (
  SELECT DISTINCT f.customer_id
  FROM first_ones AS f
  JOIN service_contacts AS k
    ON k.customer_id = f.customer_id AND k.visit_date >= f.purchase_date AND k.visit_date <= f.until_date
  WHERE k.visit_type IN ('complaint', 'repair', 'phone')
),
experiences AS (
  SELECT
    GRAIN_OF(f.purchase_date) AS cohort,
    f.customer_id,
    f.is_observed,
    f.is_on_time,
    c.has_clicked,
    r.customer_id IS NOT NULL AS has_returned,
    a.customer_id IS NOT NULL AS has_contact,
    COALESCE(s.purchase_date <= f.until_date, FALSE) AS has_second,
    s.customer_id IS NOT NULL AS is_back,
    LEAST(
      CASE WHEN f.is_on_time = FALSE THEN 1 ELSE 0 END
      + CASE WHEN r.customer_id IS NOT NULL THEN 1 ELSE 0 END
      + CASE WHEN a.customer_id IS NOT NULL THEN 1 ELSE 0 END,
      2
    ) AS problems
  FROM first_ones AS f
  LEFT JOIN second_ones AS s ON s.customer_id = f.customer_id
  LEFT JOIN cared AS c ON c.customer_id = f.customer_id
  LEFT JOIN came_back AS r ON r.customer_id = f.customer_id
  LEFT JOIN asked AS a ON a.customer_id = f.customer_id
),
waiting AS (
  SELECT cohort, problems, customer_id
  FROM experiences
  WHERE NOT is_back
)
SELECT
  e.cohort,
  COUNT(*) AS customers,
  RATIO(COUNT_IF(e.is_observed AND e.is_on_time), COUNT_IF(e.is_observed AND e.is_on_time IS NOT NULL)) AS on_time,
  RATIO(COUNT_IF(e.is_observed AND e.has_clicked), COUNT_IF(e.is_observed AND e.has_clicked IS NOT NULL))
    AS care_clicked,
  RATIO(COUNT_IF(e.is_observed AND e.has_returned), COUNT_IF(e.is_observed)) AS returned,
  RATIO(COUNT_IF(e.is_observed AND e.has_contact), COUNT_IF(e.is_observed)) AS contacted,
  e.problems,
  RATIO(COUNT_IF(e.is_observed AND e.has_second), COUNT_IF(e.is_observed)) AS f2_rate
FROM experiences AS e
GROUP BY GROUPING SETS ((e.cohort), (e.cohort, e.problems))
ORDER BY e.cohort, e.problems IS NOT NULL, e.problems
