/*
id: household_lifestage
name: {ja: 世帯・ライフステージ分析, en: Household and life stage}
category: lifecycle
origin: extension
tier: standard
question:
  ja: どのライフステージの世帯が何を買うか。まもなく次のステージに入る世帯はどこか。
  en: "Which life stages do our households have, what do they buy, and who enters a new one soon?"
method:
  ja: "世帯員の年齢と世帯人数からライフステージ（単身、夫婦、乳幼児、小学生、中高生、子独立、シニア）を定める。ステージごとのカテゴリの特化係数と、時期のわかる次のステージ（4月の小学校入学など、新居入居）を示す。"
  en: "Stage from the members' ages and the size of the household (single, couple, baby, school, teen, empty nest, senior); category index per stage; dated transitions (child starts school in April, moved in)."
parameter_groups: [asof, base, pur]
parameters:
- {name: lookahead_months, type: int, default: 6, minimum: 0, label_ja: 先を見る月数, note: "events until then; a move also that long ago"}
- {name: stage_rules, type: list(int), default: "6,12,18,50,65", minimum: 0, label_ja: ステージの境界年齢, note: "school, teen, grown up (by school year), empty nest, senior (by age)"}
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: for lists (rule WD)}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "households of the stage under which low_n is set"}
columns:
- {name: stage, type: enum, unit: none, label_ja: ライフステージ}
- {name: households, type: int, unit: count, label_ja: 世帯数}
- {name: amount_per_household, type: money, unit: JPY, label_ja: 世帯購入額}
- {name: category, type: string, unit: none, label_ja: カテゴリ}
- {name: index, type: double, unit: ratio, label_ja: 特化係数}
- {name: upcoming, type: enum, unit: none, label_ja: 次イベント}
- {name: due_date, type: date, unit: date, label_ja: 時期}
- {name: customers, type: int, unit: people, label_ja: 代表顧客数}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, title_ja: ライフステージ別の世帯数, x: stage, y: households, where: {category: null, upcoming: null}}
- {kind: heatmap, title_ja: カテゴリの特化係数, x: category, y: stage, color: index, where: {households: null}}
- {kind: table}
cells:
- {name: stage, keys: [stage], customers: staged, products: favoured, becomes: {ja: "世帯ごとに代表の顧客1人。商品＝特化係数が1を超えるカテゴリの商品", en: "one contact customer per household; products = categories with an index above 1"}}
- {name: upcoming, keys: [upcoming, due_date], customers: announced, becomes: {ja: "そのイベントを迎える世帯の代表の顧客", en: "one contact customer per household that comes to the event"}}
rules: [TZ, PUR, RET, MERGE, WD, UNK, SMALL, SET]
notes:
- ja: "代表の顧客は、許諾があり、購入回数が最も多い大人。該当者のいない世帯は、世帯数にだけ数える。"
  en: "the contact is the adult with permission and most purchases; a household without one counts in households alone"
- ja: "学齢は、日本の学年の区切りの4月2日から数える。"
  en: "school age is counted from 2 April, the Japanese school-year border"
- ja: "先にステージごとの行、次にそのカテゴリの行（金額はステージの全世帯あたり）、最後にイベントと日ごとの行を並べる。"
  en: "first a row a stage, then its categories (amounts over all households of the stage), then a row an event and day"
- ja: "購入は直近12か月。特化係数＝ステージ内のカテゴリの構成比／全世帯の構成比。"
  en: "purchases of the last 12 months; index = the category's share in the stage over its share in all households"
- ja: "乳幼児、小学生、中高生は、最年少の子どもで決める。子どもがいなければ、シニアは最年長者、子独立は2人以上の世帯で50歳（初期設定）から、それ以外は人数で単身または夫婦。年齢が欠けて判定できない世帯は不明（1人の世帯は年齢がわからなくても単身）。"
  en: "乳幼児, 小学生, 中高生 by the youngest child; without one シニア by the eldest, 子独立 from 50 on in households of two and more, else 単身 or 夫婦 by size; ages that are missing make 不明, except that one person alone is 単身"
- ja: "母集団の世帯だけによる。住居の種類はステージの判定に使わず、入居日は新居入居のイベントとする。"
  en: "households of the population only; the housing type tells no stage here, the day of moving in is the event 新居入居"
needs: [household_members]
*/
WITH listed_members AS (
  SELECT
    m.household_id,
    COALESCE(i.person_id, m.customer_id) AS customer_id,
    m.member_no,
    m.relation,
    COALESCE(m.birth_date, c.birth_date) AS birth_date
  FROM household_members AS m
  LEFT JOIN v_identity AS i ON i.customer_id = m.customer_id
  LEFT JOIN customers AS c ON c.customer_id = COALESCE(i.person_id, m.customer_id)
  WHERE COALESCE(m.relation, '') <> 'pet'
  UNION ALL
  SELECT c.household_id, c.customer_id, 0, 'self', c.birth_date
  FROM population AS c
  WHERE
    c.household_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM household_members AS m WHERE m.customer_id = c.customer_id)
),
-- A person once, also where two of her ids stand in the household.
members AS (
  SELECT
    household_id,
    MAX(customer_id) AS customer_id,
    MAX(CASE WHEN birth_date >= DATE '1900-01-01' THEN birth_date END) AS birth_date,
    COUNT_IF(relation = 'child') > 0 AS is_child
  FROM listed_members
  GROUP BY household_id, COALESCE(customer_id, CAST(member_no AS VARCHAR))
),
aged AS (
  SELECT
    m.*,
    DATE_DIFF('year', m.birth_date, :as_of) AS age,
    YEAR(DATE_ADD('month', -3, DATE_ADD('day', -1, m.birth_date))) AS school_year
  FROM members AS m
),
school AS (
  SELECT
    a.household_id,
    a.school_year,
    e.upcoming,
    e.place,
    DATE_ADD('year', a.school_year + 1 + ELEMENT_AT(:stage_rules, e.place) - 2000, DATE '2000-04-01') AS due_date
  FROM (SELECT DISTINCT household_id, school_year FROM aged WHERE is_child AND school_year IS NOT NULL) AS a
  CROSS JOIN (VALUES (1, '小学校入学'), (2, '中学校入学'), (3, '高校卒業')) AS e(place, upcoming)
),
-- How many of the three borders the youngest child has still before it.
children AS (
  SELECT household_id, MAX(borders) AS borders
  FROM (
    SELECT household_id, school_year, COUNT_IF(due_date > :as_of) AS borders
    FROM school
    GROUP BY household_id, school_year
  ) AS c
  GROUP BY household_id
),
homes AS (
  SELECT
    a.household_id,
    GREATEST(COALESCE(MAX(h.size), 0), COUNT(*)) AS size,
    MAX(a.age) AS eldest,
    MAX(h.moved_in_date) AS moved_in_date,
    (COUNT_IF(a.is_child) > 0 OR COUNT_IF(h.has_children) > 0) AND COUNT_IF(a.is_child AND a.age IS NOT NULL) = 0
      AS has_unknown_children
  FROM aged AS a
  LEFT JOIN households AS h ON h.household_id = a.household_id
  WHERE a.household_id IN (
    SELECT m.household_id FROM members AS m JOIN population AS p ON p.customer_id = m.customer_id
  )
  GROUP BY a.household_id
),
stages AS (
  SELECT
    h.household_id,
    h.moved_in_date,
    CASE
      WHEN c.borders = 3 THEN '乳幼児'
      WHEN c.borders = 2 THEN '小学生'
      WHEN c.borders = 1 THEN '中高生'
      WHEN h.has_unknown_children THEN :unknown
      WHEN h.eldest >= ELEMENT_AT(:stage_rules, 5) THEN 'シニア'
      WHEN h.size = 1 THEN '単身'
      WHEN h.eldest >= ELEMENT_AT(:stage_rules, 4) THEN '子独立'
      WHEN h.eldest IS NOT NULL THEN '夫婦'
      ELSE :unknown
    END AS stage
  FROM homes AS h
  LEFT JOIN children AS c ON c.household_id = h.household_id
),
bought AS (
  SELECT p.customer_id, COUNT(*) AS orders, SUM(p.amount) AS amount
  FROM purchases AS p
  WHERE p.purchase_date > DATE_ADD('month', -12, :as_of)
  GROUP BY p.customer_id
),
buyers AS (
  SELECT
    a.household_id,
    a.customer_id,
    COALESCE(b.amount, 0) AS amount,
    CASE
      WHEN COALESCE(a.age >= ELEMENT_AT(:stage_rules, 3), NOT a.is_child) AND r.customer_id IS NOT NULL
        THEN ROW(COALESCE(b.orders, 0), COALESCE(b.amount, 0), a.customer_id)
    END AS merit
  FROM aged AS a
  JOIN population AS c ON c.customer_id = a.customer_id
  LEFT JOIN bought AS b ON b.customer_id = a.customer_id
  LEFT JOIN (
    SELECT DISTINCT customer_id FROM reach_spans WHERE from_date <= :as_of AND until_date > :as_of
  ) AS r ON r.customer_id = a.customer_id
),
contacts AS (
  SELECT household_id, SUM(amount) AS amount, MAX_BY(customer_id, merit) AS customer_id
  FROM buyers
  GROUP BY household_id
),
staged AS (
  SELECT s.stage, s.household_id, c.customer_id, c.amount
  FROM stages AS s
  JOIN contacts AS c ON c.household_id = s.household_id
),
bought_lines AS (
  SELECT s.stage, COALESCE(l.category_l1, :unknown) AS category, l.product_id, l.amount
  FROM purchase_lines AS l
  JOIN buyers AS b ON b.customer_id = l.customer_id
  JOIN stages AS s ON s.household_id = b.household_id
  WHERE l.purchase_date > DATE_ADD('month', -12, :as_of)
),
categories AS (
  SELECT
    stage,
    category,
    amount,
    RATIO(amount, SUM(amount) OVER (PARTITION BY stage))
      / RATIO(SUM(amount) OVER (PARTITION BY category), SUM(amount) OVER ()) AS index
  FROM (SELECT stage, category, SUM(amount) AS amount FROM bought_lines GROUP BY stage, category) AS b
  WHERE amount > 0
),
favoured AS (
  SELECT l.stage, l.product_id
  FROM bought_lines AS l
  JOIN categories AS c ON c.stage = l.stage AND c.category = l.category
  WHERE c.index > 1
),
announced AS (
  SELECT DISTINCT e.upcoming, e.due_date, s.household_id, s.customer_id
  FROM school AS e
  JOIN staged AS s ON s.household_id = e.household_id
  WHERE e.due_date > :as_of AND e.due_date <= DATE_ADD('month', :lookahead_months, :as_of)
  UNION ALL
  SELECT '新居入居', h.moved_in_date, s.household_id, s.customer_id
  FROM stages AS h
  JOIN staged AS s ON s.household_id = h.household_id
  WHERE
    h.moved_in_date BETWEEN DATE_ADD('month', -:lookahead_months, :as_of)
    AND DATE_ADD('month', :lookahead_months, :as_of)
),
sizes AS (
  SELECT stage, COUNT(*) AS households, SUM(amount) AS amount, COUNT(customer_id) AS customers
  FROM staged
  GROUP BY stage
),
events AS (
  SELECT upcoming, due_date, COUNT(*) AS households, COUNT(customer_id) AS customers
  FROM announced
  GROUP BY upcoming, due_date
),
listed AS (
  SELECT
    stage,
    households,
    CAST(RATIO(amount, households) AS DECIMAL(18, 2)) AS amount_per_household,
    CAST(NULL AS VARCHAR) AS category,
    CAST(NULL AS DOUBLE) AS index,
    CAST(NULL AS VARCHAR) AS upcoming,
    CAST(NULL AS DATE) AS due_date,
    customers,
    households < :min_cell AS low_n
  FROM sizes
  UNION ALL
  SELECT
    c.stage,
    NULL,
    CAST(RATIO(c.amount, s.households) AS DECIMAL(18, 2)),
    c.category,
    c.index,
    NULL,
    NULL,
    NULL,
    s.households < :min_cell
  FROM categories AS c
  JOIN sizes AS s ON s.stage = c.stage
  UNION ALL
  SELECT NULL, households, NULL, NULL, NULL, upcoming, due_date, customers, FALSE
  FROM events
)
SELECT
  l.stage,
  l.households,
  l.amount_per_household,
  l.category,
  l.index,
  l.upcoming,
  l.due_date,
  l.customers,
  l.low_n
FROM listed AS l
LEFT JOIN (
  VALUES (1, '単身'), (2, '夫婦'), (3, '乳幼児'), (4, '小学生'), (5, '中高生'), (6, '子独立'), (7, 'シニア'), (8, :unknown)
) AS o(place, stage) ON o.stage = l.stage
ORDER BY
  l.stage IS NULL,
  o.place,
  l.category IS NOT NULL,
  l.amount_per_household DESC,
  l.category,
  l.due_date,
  l.upcoming
