/*
id: survey_interest
name: {ja: アンケート×購買分析, en: Survey answers and purchases}
category: lifecycle
origin: extension
tier: standard
question:
  ja: アンケートで答えた関心は購買と合っているか。関心があるのにまだ買っていないのは誰か。
  en: "What do stated interests say about purchases, and who is interested but has not bought?"
method:
  ja: "回答×カテゴリで、回答の前後の購入を示す。関心との一致、関心が購入につながった割合、全会員と比べた回答者の偏りを見る。"
  en: "Answers x category purchases before and after; agreement, conversion of stated interest, response bias against all members."
parameter_groups: [period, base, pur]
parameters:
- {name: survey_id, type: string, default: required, label_ja: アンケート, note: ""}
- {name: question_id, type: string, default: required, label_ja: 設問, note: ""}
- {name: follow_days, type: int, default: 180, minimum: 1, label_ja: 前後を見る日数, note: ""}
- {name: max_answers, type: int, default: 30, minimum: 1, label_ja: 回答の最大件数, note: "most frequent ones, the rest is その他"}
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: for the list of who has not bought}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "respondents, or those whose follow_days have passed, under which low_n is set"}
columns:
- {name: answer, type: string, unit: none, label_ja: 回答}
- {name: respondents, type: int, unit: people, label_ja: 回答者数}
- {name: category, type: string, unit: none, label_ja: カテゴリ}
- {name: bought_before, type: ratio, unit: ratio, label_ja: 回答前購入率}
- {name: bought_after, type: ratio, unit: ratio, label_ja: 回答後購入率}
- {name: index, type: double, unit: ratio, label_ja: 指数}
- {name: not_bought, type: int, unit: people, label_ja: 関心あり未購入}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: heatmap, x: category, y: answer, color: index}
- {kind: bar, x: category, y: bought_after, color: answer}
- {kind: table}
cells:
- {name: not_bought, keys: [answer, category], customers: interested, products: offered, becomes: {ja: "その回答で、そのカテゴリをまだ買っていない回答者。商品＝そのカテゴリ", en: "respondents with the answer who have not bought the category; products = the category"}}
rules: [TZ, PUR, RET, MERGE, MULTI, UNK, CENSOR, SMALL, SET]
notes:
- ja: "期間中の最後の回答を使い、匿名の回答は除く。複数選択の選択肢（カンマ、セミコロン、縦棒、読点で区切る）は、それぞれに1回数える。"
  en: "the last response of a customer in the period counts; anonymous ones are left out. Options of a multiple choice (between commas, semicolons, bars or 、) count once in each"
- ja: "前：回答日までの「前後を見る日数」。後：翌日からの同じ日数で、その日数が基準日までに過ぎた回答者による（CENSORの規則）。"
  en: "before: the follow_days up to the day of the answer; after: the follow_days from the next day on, of respondents whose follow_days have passed by as_of (rule CENSOR)"
- ja: "指数：回答後購入率を、全回答者（合計）の値で割る。合計は回答者を1人1回数える。非回答者は、それ以外のすべての会員（回答日の平均の日を回答日とみなす）で、回答者との違いを示す。"
  en: "index: bought_after over that of all respondents (合計). 合計 counts a respondent once; 非回答者 are all other members, from the mean day of the answers on, and show how far respondents differ from them"
- ja: "関心あり未購入：回答前の「前後を見る日数」から基準日まで、そのカテゴリを買っていない。"
  en: "not_bought: bought nothing of the category from the follow_days before the answer until as_of"
needs: [surveys]
example: {survey_id: NPS2026, question_id: Q2}
*/
WITH responses AS (
  SELECT
    c.customer_id,
    s.response_id,
    s.answered_date,
    s.question_type,
    COALESCE(s.answer, REGEXP_REPLACE(CAST(CAST(s.score AS DECIMAL(18, 2)) AS VARCHAR), '\.?0+$', '')) AS answer,
    ROW_NUMBER() OVER (PARTITION BY c.customer_id ORDER BY s.answered_date DESC, s.response_id DESC) AS place
  FROM surveys AS s
  LEFT JOIN v_identity AS i ON i.customer_id = s.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, s.customer_id)
  WHERE
    s.survey_id = :survey_id
    AND s.question_id = :question_id
    AND s.answered_date BETWEEN :period_start AND :period_end
),
respondents AS (
  SELECT
    customer_id,
    answered_date,
    CASE
      WHEN question_type = 'multi' THEN SPLIT(REGEXP_REPLACE(COALESCE(answer, ''), '[;|、]', ','), ',')
      ELSE ARRAY[answer]
    END AS answers
  FROM responses
  WHERE place = 1
),
said AS (
  SELECT DISTINCT r.customer_id, COALESCE(NULLIF(TRIM(a.answer), ''), :unknown) AS answer
  FROM respondents AS r
  CROSS JOIN UNNEST(r.answers) AS a(answer)
),
frequent AS (
  SELECT answer, ROW_NUMBER() OVER (ORDER BY answer = :unknown, COUNT(*) DESC, answer) AS place
  FROM said
  GROUP BY answer
),
answers AS (
  SELECT DISTINCT
    s.customer_id,
    CASE WHEN f.place <= :max_answers OR s.answer = :unknown THEN s.answer ELSE :other END AS answer
  FROM said AS s
  JOIN frequent AS f ON f.answer = s.answer
),
middle AS (
  SELECT
    DATE_ADD(
      'day', CAST(FLOOR(AVG(CAST(DATE_DIFF('day', :period_start, answered_date) AS DOUBLE))) AS INTEGER), :period_start
    ) AS day
  FROM respondents
),
people AS (
  SELECT
    c.customer_id,
    r.customer_id IS NOT NULL AS has_answered,
    COALESCE(r.answered_date, m.day) AS day,
    DATE_ADD('day', :follow_days, COALESCE(r.answered_date, m.day)) <= :as_of AS is_observed
  FROM population AS c
  CROSS JOIN middle AS m
  LEFT JOIN respondents AS r ON r.customer_id = c.customer_id
),
groups AS (
  SELECT customer_id, answer FROM answers
  UNION ALL
  SELECT customer_id, CASE WHEN has_answered THEN :total ELSE '非回答者' END FROM people
),
sizes AS (
  SELECT g.answer, COUNT(*) AS respondents, COUNT_IF(p.is_observed) AS observed
  FROM groups AS g
  JOIN people AS p ON p.customer_id = g.customer_id
  GROUP BY g.answer
),
tasted AS (
  SELECT
    p.customer_id,
    COALESCE(l.category_l1, :unknown) AS category,
    COUNT_IF(l.purchase_date <= p.day) > 0 AS before,
    p.is_observed
      AND COUNT_IF(l.purchase_date > p.day AND l.purchase_date <= DATE_ADD('day', :follow_days, p.day)) > 0 AS after
  FROM people AS p
  JOIN purchase_lines AS l
    ON l.customer_id = p.customer_id AND l.purchase_date > DATE_ADD('day', -:follow_days, p.day)
  WHERE NOT l.is_service
  GROUP BY p.customer_id, p.is_observed, COALESCE(l.category_l1, :unknown)
),
bought AS (
  SELECT g.answer, t.category, COUNT(*) AS buyers, COUNT_IF(t.before) AS before, COUNT_IF(t.after) AS after
  FROM groups AS g
  JOIN tasted AS t ON t.customer_id = g.customer_id
  GROUP BY g.answer, t.category
),
categories AS (
  SELECT COALESCE(d.category_l1, :unknown) AS category, d.product_id
  FROM products AS d
  WHERE NOT COALESCE(d.is_service, FALSE)
),
cells AS (
  SELECT
    s.answer,
    s.respondents,
    s.observed,
    k.category,
    RATIO(COALESCE(b.before, 0), s.respondents) AS bought_before,
    RATIO(COALESCE(b.after, 0), s.observed) AS bought_after,
    s.respondents - COALESCE(b.buyers, 0) AS not_bought
  FROM sizes AS s
  CROSS JOIN (SELECT DISTINCT category FROM categories) AS k
  LEFT JOIN bought AS b ON b.answer = s.answer AND b.category = k.category
),
interested AS (
  SELECT g.answer, k.category, g.customer_id
  FROM groups AS g
  CROSS JOIN (SELECT DISTINCT category FROM categories) AS k
  WHERE
    g.answer <> '非回答者'
    AND NOT EXISTS (SELECT 1 FROM tasted AS t WHERE t.customer_id = g.customer_id AND t.category = k.category)
),
offered AS (
  SELECT a.answer, k.category, k.product_id
  FROM (SELECT DISTINCT answer FROM groups WHERE answer <> '非回答者') AS a
  CROSS JOIN categories AS k
)
SELECT
  c.answer,
  c.respondents,
  c.category,
  c.bought_before,
  c.bought_after,
  RATIO(c.bought_after, t.bought_after) AS index,
  CASE WHEN c.answer <> '非回答者' THEN c.not_bought END AS not_bought,
  c.respondents < :min_cell OR c.observed BETWEEN 1 AND :min_cell - 1 AS low_n
FROM cells AS c
LEFT JOIN cells AS t ON t.answer = :total AND t.category = c.category
ORDER BY
  CASE c.answer WHEN '非回答者' THEN 4 WHEN :total THEN 3 WHEN :unknown THEN 2 WHEN :other THEN 1 ELSE 0 END,
  c.respondents DESC,
  c.answer,
  c.category = :unknown,
  c.category
