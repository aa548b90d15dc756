/*
id: signup_activation
name: {ja: 入会後初期行動分析, en: Activation after joining}
category: lifecycle
origin: extension
tier: core
question:
  ja: 新規会員は、ログイン・お気に入り・アプリ・購入にどれだけ早く至るか。何もしていないのは誰か。
  en: "How quickly do new members make their first visit, purchase, app login or favourite, and who is stuck?"
method:
  ja: "入会月と集計軸の値ごとに、経過日（1、7、30、90日など）までに各到達行動に達した会員の割合を示す（初回購入の到達率がF1転換率）。未行動＝「未行動とみなす日数」（初期設定は14日）までにどの到達行動もない。"
  en: "By join cohort and axis value: share reaching each milestone by day 1, 7, 30, 90 (that of the first purchase is the F1 rate); stuck = none of them by stuck_days (day 14)."
parameter_groups: [period, base, grain, axis]
parameters:
- {name: axis, type: axis, default: join_channel, over: [customers, stores], shown_as: axis_value, label_ja: 集計軸, note: "any column of customers, of the store where they joined, or attributes[...]"}
- {name: max_axis_values, type: int, default: 10, minimum: 1, label_ja: 軸の最大件数, note: "rest goes to その他"}
- {name: milestones, type: list, default: "login,favourite,app,line,first_purchase,second_purchase", label_ja: 到達行動, note: "in the order in which they are shown"}
- {name: days, type: list(int), default: "1,7,30,90", minimum: 0, label_ja: 経過日, note: ""}
- {name: stuck_days, type: int, default: 14, minimum: 1, label_ja: 未行動とみなす日数, note: ""}
columns:
- {name: cohort, type: month, unit: months, label_ja: 入会月}
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: joined, type: int, unit: people, label_ja: 入会者数}
- {name: milestone, type: enum, unit: none, label_ja: 到達行動}
- {name: day, type: int, unit: days, label_ja: 経過日}
- {name: reached, type: int, unit: people, label_ja: 到達者数}
- {name: rate, type: ratio, unit: ratio, label_ja: 到達率}
- {name: stuck, type: int, unit: people, label_ja: 未行動者数}
charts:
- {kind: heatmap, title_ja: 到達率(入会月・区分を入会者数で加重), x: day, y: milestone, color: rate, options: {weight: joined}}
- {kind: line, title_ja: 30日の到達率, x: cohort, y: rate, color: milestone, where: {day: 30}, options: {weight: joined}}
- {kind: table}
cells:
- {name: stuck, keys: [cohort, axis_value], customers: stuck_members, becomes: {ja: "どの到達行動もしていない、その入会月の会員", en: "members of the cohort who did none of the milestones"}}
- {name: not_reached, keys: [cohort, axis_value, milestone, day], customers: not_reached, becomes: {ja: "その経過日が過ぎ、それまでにその行動に達していない、その入会月の会員", en: "members of the cohort whose days have passed and who had not reached the milestone by then"}}
rules: [TZ, PUR, MERGE, WD, N0, UNK, CENSOR, DIV0, SET]
notes:
- ja: "到達率と到達者数は、経過日が基準日までに過ぎた会員による。該当者がいなければ空欄。"
  en: "rate and reached are of those whose days have passed by the day of the question; null where that is nobody"
- ja: "未行動＝「未行動とみなす日数」以内に、対象の到達行動が1つもない（その日数が過ぎた会員による）。"
  en: "stuck = none of the listed milestones within stuck_days, of those whose stuck_days have passed"
- ja: "入会前に達した行動も、到達とみなす。初回購入と2回目購入は、生涯での1回目と2回目。"
  en: "what was reached before joining counts as reached; first and second purchase are those of the whole life"
- ja: "退会した会員は入会月には数えるが、そこから選ぶ顧客には含めない。"
  en: "who has left counts in the cohort, but is not in the sets that it opens"
*/
WITH joined AS (
  SELECT
    customers.customer_id,
    customers.registered_date,
    GRAIN_OF(customers.registered_date) AS cohort,
    DATE_DIFF('day', customers.registered_date, :as_of) AS observed_days,
    COALESCE(customers.status, 'active') = 'withdrawn' AND COALESCE(customers.withdrawn_date <= :as_of, TRUE) AS has_left,
    :axis AS own_value
  FROM population AS customers
  LEFT JOIN stores ON stores.store_id = customers.join_store_id
  WHERE customers.registered_date BETWEEN :period_start AND :period_end
),
ranked AS (
  SELECT
    own_value,
    ROW_NUMBER() OVER (PARTITION BY own_value = :unknown ORDER BY COUNT(*) DESC, own_value) AS place
  FROM joined
  GROUP BY own_value
),
members AS (
  SELECT
    j.*,
    CASE WHEN r.place <= :max_axis_values OR j.own_value = :unknown THEN j.own_value ELSE :other END AS axis_value
  FROM joined AS j
  JOIN ranked AS r ON r.own_value = j.own_value
),
done AS (
  SELECT customer_id, 'login' AS code, event_date AS done_date FROM web_events WHERE event_type = 'login'
  UNION ALL
  SELECT customer_id, 'favourite', LOCAL_DAY(added_at) FROM favourites
  UNION ALL
  SELECT customer_id, 'app', LOCAL_DAY(valid_from) FROM identities WHERE id_type = 'app_install'
  UNION ALL
  SELECT customer_id, 'line', LOCAL_DAY(valid_from) FROM identities WHERE id_type = 'line_uid'
  UNION ALL
  SELECT customer_id, 'first_purchase', purchase_date FROM v_purchases WHERE n_lifetime = 1
  UNION ALL
  SELECT customer_id, 'second_purchase', purchase_date FROM v_purchases WHERE n_lifetime = 2
),
first_done AS (
  SELECT COALESCE(i.person_id, d.customer_id) AS customer_id, d.code, MIN(d.done_date) AS done_date
  FROM done AS d
  LEFT JOIN v_identity AS i ON i.customer_id = d.customer_id
  WHERE d.code IN (:milestones)
  GROUP BY COALESCE(i.person_id, d.customer_id), d.code
),
steps AS (
  SELECT
    w.code,
    w.place,
    CASE w.code
      WHEN 'login' THEN 'ログイン'
      WHEN 'favourite' THEN 'お気に入り'
      WHEN 'app' THEN 'アプリ'
      WHEN 'line' THEN 'LINE連携'
      WHEN 'first_purchase' THEN '初回購入'
      WHEN 'second_purchase' THEN '2回目購入'
      ELSE w.code
    END AS milestone
  FROM UNNEST(:milestones) WITH ORDINALITY AS w(code, place)
),
progress AS (
  SELECT
    m.cohort,
    m.axis_value,
    m.customer_id,
    m.has_left,
    s.milestone,
    s.place,
    n.day,
    m.observed_days >= n.day AS is_observed,
    COALESCE(DATE_DIFF('day', m.registered_date, f.done_date) <= n.day, FALSE) AS is_reached
  FROM members AS m
  CROSS JOIN steps AS s
  CROSS JOIN UNNEST(:days) AS n(day)
  LEFT JOIN first_done AS f ON f.customer_id = m.customer_id AND f.code = s.code
),
not_reached AS (
  SELECT cohort, axis_value, milestone, day, customer_id
  FROM progress
  WHERE is_observed AND NOT is_reached AND NOT has_left
),
earliest AS (
  SELECT customer_id, MIN(done_date) AS done_date FROM first_done GROUP BY customer_id
),
inactive AS (
  SELECT m.cohort, m.axis_value, m.customer_id, m.has_left
  FROM members AS m
  LEFT JOIN earliest AS e ON e.customer_id = m.customer_id
  WHERE
    m.observed_days >= :stuck_days
    AND NOT COALESCE(DATE_DIFF('day', m.registered_date, e.done_date) <= :stuck_days, FALSE)
),
stuck_members AS (
  SELECT cohort, axis_value, customer_id FROM inactive WHERE NOT has_left
),
waiting AS (
  SELECT
    m.cohort,
    m.axis_value,
    COUNT(*) AS joined,
    CASE WHEN COUNT_IF(m.observed_days >= :stuck_days) > 0 THEN COUNT(s.customer_id) END AS stuck
  FROM members AS m
  LEFT JOIN inactive AS s ON s.customer_id = m.customer_id
  GROUP BY m.cohort, m.axis_value
),
measured AS (
  SELECT
    cohort,
    axis_value,
    milestone,
    place,
    day,
    COUNT_IF(is_observed) AS observed,
    COUNT_IF(is_observed AND is_reached) AS reached
  FROM progress
  GROUP BY cohort, axis_value, milestone, place, day
)
SELECT
  m.cohort,
  m.axis_value,
  w.joined,
  m.milestone,
  m.day,
  CASE WHEN m.observed > 0 THEN m.reached END AS reached,
  RATIO(m.reached, m.observed) AS rate,
  w.stuck
FROM measured AS m
JOIN waiting AS w ON w.cohort = m.cohort AND w.axis_value = m.axis_value
ORDER BY
  m.cohort,
  CASE m.axis_value WHEN :other THEN 1 WHEN :unknown THEN 2 ELSE 0 END,
  m.axis_value,
  m.place,
  m.day
