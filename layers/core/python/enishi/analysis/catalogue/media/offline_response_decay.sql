/*
id: offline_response_decay
name: {ja: オフライン反応減衰分析, en: Response decay of offline media}
category: media
origin: extension
tier: standard
question:
  ja: 出稿から何日で反応が出そろうか。出稿の成否はいつ判断できるか。
  en: "How many days after publication do responses arrive, so when can a placement be judged?"
method:
  ja: "終了した出稿から、媒体種別ごとの出稿後の経過日別の累積反応率を求める。実施中の出稿の着地予測＝これまでの反応/その日の累積反応率。"
  en: "Cumulative share of responses by day since publication per medium type from finished placements; projection for running ones = responses so far / share at that day."
parameter_groups: [period, base]
parameters:
- {name: max_days, type: int, default: 90, minimum: 1, maximum: 1000, label_ja: 最大経過日, note: "later responses are left out"}
- {name: finished_days, type: int, default: 60, minimum: 1, label_ja: 終了とみなす日数, note: "a younger placement is a running one"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "responses of finished placements under which low_n is set"}
columns:
- {name: medium_type, type: string, unit: none, label_ja: 媒体種別}
- {name: day, type: int, unit: days, label_ja: 経過日}
- {name: cum_share, type: ratio, unit: ratio, label_ja: 累積反応率}
- {name: placement, type: string, unit: none, label_ja: 出稿}
- {name: responses_so_far, type: int, unit: count, label_ja: 現在反応数}
- {name: projected, type: double, unit: count, label_ja: 着地予測}
- {name: low, type: double, unit: count, label_ja: 下限}
- {name: high, type: double, unit: count, label_ja: 上限}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: line, x: day, y: cum_share, color: medium_type, where: {placement: null}}
- {kind: table}
cells:
- {name: placement, keys: [placement], customers: responded, becomes: {ja: "反応した顧客", en: "customers who responded"}}
rules: [TZ, GUEST, CENSOR, SMALL, DIV0, SET]
notes:
- ja: "日数は掲載日から数える。テレビなら放送の時刻から時間単位で数えられるが、媒体費用のデータは日付だけを持つ。"
  en: "days are counted from publication; for TV the broadcast minute may be used with hours, but media_costs tells the day only"
- ja: "出稿のない行は、集計期間に掲載された終了済みの出稿による媒体種別の曲線。出稿のある行は実施中の出稿で、経過日は掲載からの日数、累積反応率はその日の曲線の値。"
  en: "rows without a placement are the curve of the type, from the finished placements published in the period; rows with one are the running placements, day their age and cum_share the curve on it"
- ja: "反応は、媒体のコードのある注文（非会員や返品された注文も含む）と、コードのわからない、その媒体を申告した顧客の初回購入。それより前の最後の掲載に割り当てるため、曲線は通常次の掲載までで終わる。"
  en: "responses are orders with the medium's code, guests' and returned ones too, and first purchases without a known code of customers who declared it; they belong to the medium's last publication before them, so a curve ends where the next one usually comes"
- ja: "出稿は経過した日までを示すため、曲線は「最大経過日」から逆向きに求める。ある日より前の割合＝その日までの割合×（1−その日の反応/その日までの反応）。"
  en: "a placement tells about the days that it has lived: the curve is worked out backwards from max_days, share before a day = share up to it x (1 - responses on it / responses up to it)"
- ja: "下限・上限は95%で、曲線をわかったものとし、これから来る分のばらつきによる。反応が少ないと広くなる。"
  en: "low and high are of 95 %, by the spread of what is still to come while the curve is taken as known; few responses make them wide"
needs: [media, media_costs]
*/
WITH publications AS (
  SELECT
    m.medium_id,
    MEDIUM_WORD(l.medium_type) AS medium_type,
    CONCAT_WS(' ', l.medium, m.placement, CAST(m.cost_date AS VARCHAR)) AS placement,
    m.cost_date,
    LEAD(m.cost_date) OVER (PARTITION BY m.medium_id ORDER BY m.cost_date) AS next_date,
    DATE_DIFF('day', m.cost_date, :as_of) AS age
  FROM (
    SELECT medium_id, cost_date, MIN(placement) AS placement
    FROM media_costs
    WHERE cost_date <= :as_of
    GROUP BY medium_id, cost_date
  ) AS m
  JOIN media_labels AS l ON l.medium_id = m.medium_id AND l.kind = 'offline'
),
coded AS (
  SELECT COALESCE(i.person_id, o.customer_id) AS customer_id, o.order_date AS day, r.medium_id
  FROM orders AS o
  JOIN media_codes AS r ON r.response_code = o.response_code
  LEFT JOIN v_identity AS i ON i.customer_id = o.customer_id
  WHERE o.order_type IN ('normal', 'subscription', 'exchange') AND o.status NOT IN ('cancelled', 'payment_failed')
),
declared AS (
  SELECT p.customer_id, p.purchase_date AS day, c.acquisition_medium_id AS medium_id
  FROM v_purchases AS p
  JOIN population AS c ON c.customer_id = p.customer_id
  LEFT JOIN media_codes AS r ON r.response_code = p.response_code
  WHERE p.n_lifetime = 1 AND r.medium_id IS NULL
),
responses AS (
  SELECT d.customer_id, d.day, d.medium_id
  FROM coded AS d
  LEFT JOIN population AS c ON c.customer_id = d.customer_id
  WHERE c.customer_id IS NOT NULL OR (:everyone AND d.customer_id IS NULL)
  UNION ALL
  SELECT customer_id, day, medium_id FROM declared
),
responded AS (
  SELECT
    p.medium_type,
    p.placement,
    p.age,
    r.customer_id,
    DATE_DIFF('day', p.cost_date, r.day) AS day
  FROM responses AS r
  JOIN publications AS p
    ON p.medium_id = r.medium_id AND p.cost_date <= r.day AND COALESCE(r.day < p.next_date, TRUE)
  WHERE
    p.cost_date BETWEEN :period_start AND :period_end
    AND r.day <= :as_of
    AND DATE_DIFF('day', p.cost_date, r.day) <= :max_days
),
finished AS (
  SELECT medium_type, age, day, COUNT(*) AS responses
  FROM responded
  WHERE age >= :finished_days
  GROUP BY medium_type, age, day
),
days AS (
  SELECT f.medium_type, t.day
  FROM (SELECT medium_type, LEAST(MAX(age), :max_days) AS last_day FROM finished GROUP BY medium_type) AS f
  CROSS JOIN UNNEST(SEQUENCE(0, :max_days)) AS t(day)
  WHERE t.day <= f.last_day
),
behind AS (
  SELECT medium_type, SUM(responses) AS responses
  FROM finished
  GROUP BY medium_type
),
-- Of the responses up to a day, those on it; among the placements that have lived it.
arrivals AS (
  SELECT
    d.medium_type,
    d.day,
    RATIO(SUM(CASE WHEN f.day = d.day THEN f.responses ELSE 0 END), SUM(f.responses)) AS share
  FROM days AS d
  JOIN finished AS f ON f.medium_type = d.medium_type AND f.day <= d.day AND f.age >= d.day
  GROUP BY d.medium_type, d.day
),
curves AS (
  SELECT
    d.medium_type,
    d.day,
    CASE
      WHEN MAX(a.share) OVER later >= 1 THEN 0e0
      ELSE COALESCE(EXP(SUM(LN(NULLIF(1 - COALESCE(a.share, 0e0), 0e0))) OVER later), 1e0)
    END AS cum_share
  FROM days AS d
  LEFT JOIN arrivals AS a ON a.medium_type = d.medium_type AND a.day = d.day
  WINDOW later AS (
    PARTITION BY d.medium_type ORDER BY d.day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
),
running AS (
  SELECT
    p.medium_type,
    p.age AS day,
    c.cum_share,
    p.placement,
    COUNT(r.day) AS responses_so_far
  FROM publications AS p
  LEFT JOIN responded AS r ON r.placement = p.placement
  LEFT JOIN curves AS c ON c.medium_type = p.medium_type AND c.day = p.age
  WHERE p.cost_date BETWEEN :period_start AND :period_end AND p.age < :finished_days
  GROUP BY p.medium_type, p.age, c.cum_share, p.placement
),
projections AS (
  SELECT
    r.*,
    RATIO(r.responses_so_far, r.cum_share) AS projected,
    1.959964e0 * RATIO(SQRT(r.responses_so_far * (1 - r.cum_share)), r.cum_share) AS reach
  FROM running AS r
)
SELECT
  c.medium_type,
  c.day,
  c.cum_share,
  NULL AS placement,
  NULL AS responses_so_far,
  NULL AS projected,
  NULL AS low,
  NULL AS high,
  b.responses < :min_cell AS low_n
FROM curves AS c
JOIN behind AS b ON b.medium_type = c.medium_type
UNION ALL
SELECT
  p.medium_type,
  p.day,
  p.cum_share,
  p.placement,
  p.responses_so_far,
  p.projected,
  GREATEST(p.projected - p.reach, CAST(p.responses_so_far AS DOUBLE)),
  p.projected + p.reach,
  COALESCE(p.cum_share IS NOT NULL AND b.responses < :min_cell, FALSE)
FROM projections AS p
LEFT JOIN behind AS b ON b.medium_type = p.medium_type
ORDER BY medium_type, placement NULLS FIRST, day
