/*
id: nps_value
name: {ja: NPSと購買分析, en: NPS and value}
category: lifecycle
origin: extension
tier: standard
question:
  ja: 推奨者は批判者より多く買い続けるか。何が批判者をつくっているか。
  en: "Are promoters worth more, and what turns people into detractors?"
method:
  ja: "NPS＝9〜10点の割合 - 0〜6点の割合。推奨者・中立・批判者ごとに回答後の購入額と継続率を示し、直前のイベント（配達遅れ、修理・問合せ、返品）から要因を見る。"
  en: "NPS = share 9-10 minus share 0-6; value and retention after the answer by group; drivers from recent events (late delivery, repair, return)."
parameter_groups: [period, base, pur, axis, stat]
parameters:
- {name: question_id, type: string, default: required, label_ja: 設問, note: "answered by a score from 0 to 10"}
- {name: survey_id, type: list, default: all, label_ja: アンケート, note: "where several surveys use the question's id"}
- {name: follow_days, type: int, default: 365, minimum: 1, label_ja: 回答後を見る日数, note: ""}
- {name: event_days, type: int, default: 90, minimum: 1, label_ja: 直前とみなす日数, note: "events on the day of the answer or that many days before"}
- {name: promised_days, type: int, default: 3, minimum: 0, label_ja: 配達の約束日数, note: "from order to delivery; longer is late"}
- {name: axis, type: axis, default: "null", label_ja: 集計軸, over: [customers], shown_as: axis_value, note: "a column of customers; null = all together"}
columns:
- {name: group, type: enum, unit: none, label_ja: 推奨者/中立/批判者}
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: respondents, type: int, unit: people, label_ja: 回答者数}
- {name: nps, type: double, unit: score, label_ja: NPS}
- {name: ci_low, type: double, unit: score, label_ja: 下限}
- {name: ci_high, type: double, unit: score, label_ja: 上限}
- {name: amount_after, type: money, unit: JPY/person, label_ja: 回答後購入額}
- {name: retention, type: ratio, unit: ratio, label_ja: 継続率}
- {name: event, type: string, unit: none, label_ja: 直前イベント}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, title_ja: 回答後の購入額, x: axis_value, y: amount_after, color: group, where: {event: null}}
- {kind: bar, title_ja: 直前イベントとNPS, x: event, y: nps, where: {group: 全体, event: [なし, 配達遅れ, 修理・問合せ, 返品]}}
- {kind: table}
cells:
- {name: group, keys: [group, axis_value], customers: grouped, becomes: {ja: "その回答者（批判者はフォロー、推奨者はレビュー依頼に）", en: "respondents (detractors for care, promoters for reviews)"}}
- {name: event, keys: [event, group], customers: grouped_by_event, becomes: {ja: "そのイベントのあとの回答者", en: "respondents after such an event"}}
rules: [TZ, PUR, MERGE, UNK, CENSOR, SMALL, SET]
notes:
- ja: "顧客ごとに最後の回答を使う。"
  en: "the last answer per customer counts"
- ja: "期間中の回答による。区間は +1、0、-1 の平均の正規近似で、-100..100 に収める。"
  en: "of the answers in the period; the interval is that of a mean of +1, 0 and -1 by the normal approximation, kept inside -100..100"
- ja: "イベントのない行は、集計軸の値ごとの推奨者・中立・批判者と全体。イベントのある行は、その直前イベントのあった全回答者で、回答者は該当するイベントのすべてに入る。"
  en: "rows without an event: the groups and 全体 for each axis value; rows with one: all respondents with it, a respondent in each that she had"
- ja: "回答後購入額と継続率（別の購入）は、回答日の翌日から「回答後を見る日数」の間。その日数が基準日までに過ぎた回答者による（CENSORの規則）。"
  en: "amount_after and retention (another purchase) are of the follow_days from the day after the answer, of respondents whose follow_days have passed by as_of (rule CENSOR)"
standard: Reichheld (2003).
needs: [surveys]
example: {question_id: Q1, follow_days: 30}
*/
WITH answers AS (
  SELECT
    c.customer_id,
    s.answered_date,
    s.score,
    ROW_NUMBER() OVER (PARTITION BY c.customer_id ORDER BY s.answered_date DESC, s.response_id DESC) AS place
  FROM surveys AS s
  LEFT JOIN v_identity AS i ON i.customer_id = s.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, s.customer_id)
  WHERE
    s.question_id = :question_id
    AND s.survey_id IN (:survey_id)
    AND s.score BETWEEN 0 AND 10
    AND s.answered_date BETWEEN :period_start AND :period_end
),
bought AS (
  SELECT a.customer_id, SUM(p.amount) AS amount
  FROM answers AS a
  JOIN purchases AS p
    ON p.customer_id = a.customer_id
    AND p.purchase_date > a.answered_date
    AND p.purchase_date <= DATE_ADD('day', :follow_days, a.answered_date)
  WHERE a.place = 1
  GROUP BY a.customer_id
),
scored AS (
  SELECT
    a.customer_id,
    a.answered_date,
    x.axis_value,
    CASE WHEN a.score >= 9 THEN '推奨者' WHEN a.score > 6 THEN '中立' ELSE '批判者' END AS "group",
    CASE WHEN a.score >= 9 THEN 1 WHEN a.score > 6 THEN 0 ELSE -1 END AS vote,
    CASE WHEN DATE_ADD('day', :follow_days, a.answered_date) <= :as_of THEN COALESCE(b.amount, 0) END AS amount,
    CASE WHEN DATE_ADD('day', :follow_days, a.answered_date) <= :as_of THEN b.customer_id IS NOT NULL END AS is_kept
  FROM answers AS a
  JOIN customers_by_axis AS x ON x.customer_id = a.customer_id
  LEFT JOIN bought AS b ON b.customer_id = a.customer_id
  WHERE a.place = 1
),
events AS (
  SELECT
    COALESCE(i.person_id, o.customer_id) AS customer_id,
    CASE WHEN o.order_type = 'return' THEN '返品' ELSE '配達遅れ' END AS event,
    CASE WHEN o.order_type = 'return' THEN o.order_date ELSE o.delivered_date END AS event_date
  FROM orders AS o
  LEFT JOIN v_identity AS i ON i.customer_id = o.customer_id
  WHERE
    o.status NOT IN ('cancelled', 'payment_failed')
    AND (
      o.order_type = 'return'
      OR (o.channel <> 'store' AND DATE_DIFF('day', o.order_date, o.delivered_date) > :promised_days)
    )
  UNION ALL
  SELECT k.customer_id, '修理・問合せ', k.visit_date
  FROM service_contacts AS k
  WHERE k.visit_type IN ('repair', 'complaint', 'phone')
),
recent AS (
  SELECT DISTINCT s.customer_id, e.event
  FROM scored AS s
  JOIN events AS e
    ON e.customer_id = s.customer_id
    AND e.event_date <= s.answered_date
    AND e.event_date >= DATE_ADD('day', -:event_days, s.answered_date)
),
happened AS (
  SELECT COALESCE(r.event, 'なし') AS event, s.*
  FROM scored AS s
  LEFT JOIN recent AS r ON r.customer_id = s.customer_id
),
-- Of the cells: a respondent in her group and in 全体.
grouped AS (
  SELECT g."group", s.axis_value, s.customer_id
  FROM scored AS s
  CROSS JOIN UNNEST(ARRAY[s."group", '全体']) AS g("group")
),
grouped_by_event AS (
  SELECT h.event, g."group", h.customer_id
  FROM happened AS h
  JOIN grouped AS g ON g.customer_id = h.customer_id
),
listed AS (
  SELECT
    CASE WHEN GROUPING("group") = 1 THEN '全体' ELSE "group" END AS "group",
    axis_value,
    CAST(NULL AS VARCHAR) AS event,
    COUNT(*) AS respondents,
    SUM(vote) AS votes,
    SUM(vote * vote) AS voters,
    AVG(CAST(amount AS DOUBLE)) AS amount_after,
    RATIO(COUNT_IF(is_kept), COUNT(is_kept)) AS retention,
    COUNT(is_kept) AS followed
  FROM scored
  GROUP BY GROUPING SETS ((axis_value), (axis_value, "group"))
  UNION ALL
  SELECT
    '全体',
    :total,
    event,
    COUNT(*),
    SUM(vote),
    SUM(vote * vote),
    AVG(CAST(amount AS DOUBLE)),
    RATIO(COUNT_IF(is_kept), COUNT(is_kept)),
    COUNT(is_kept)
  FROM happened
  GROUP BY event
),
estimated AS (
  SELECT
    l.*,
    CASE WHEN l."group" = '全体' THEN RATIO(l.votes, l.respondents) END AS mean,
    :z * SQRT(
      (RATIO(l.voters, l.respondents) - RATIO(l.votes, l.respondents) * RATIO(l.votes, l.respondents)) / l.respondents
    ) AS reach
  FROM listed AS l
)
SELECT
  e."group",
  e.axis_value,
  e.respondents,
  100 * e.mean AS nps,
  100 * GREATEST(e.mean - e.reach, -1e0) AS ci_low,
  100 * LEAST(e.mean + e.reach, 1e0) AS ci_high,
  CAST(e.amount_after AS DECIMAL(18, 2)) AS amount_after,
  e.retention,
  e.event,
  (e.mean IS NOT NULL AND e.respondents < :min_cell) OR e.followed BETWEEN 1 AND :min_cell - 1 AS low_n
FROM estimated AS e
LEFT JOIN (
  VALUES (1, '全体'), (2, '推奨者'), (3, '中立'), (4, '批判者')
) AS g(place, "group") ON g."group" = e."group"
LEFT JOIN (
  VALUES (1, 'なし'), (2, '配達遅れ'), (3, '修理・問合せ'), (4, '返品')
) AS v(place, event) ON v.event = e.event
ORDER BY
  e.event IS NOT NULL,
  CASE e.axis_value WHEN :unknown THEN 2 WHEN :other THEN 1 ELSE 0 END,
  e.axis_value,
  v.place,
  g.place
