/*
id: trade_up_path
name: {ja: アップグレード経路分析, en: Trade-up path}
category: product
origin: extension
tier: standard
question:
  ja: 買い替えのとき、顧客は上位モデルへ移っているか。何がきっかけになっているか。
  en: "Do customers move to upper models when they buy again, and what triggers it?"
method:
  ja: "シリーズまたはカテゴリ内の連続する購入で、グレード（または定価の価格帯）を比べる。上・同・下の表、経過年数、買い替え前の配信やスタッフの接触。"
  en: "Consecutive purchases in a series or category: compare grade (or list price band); up, same, down matrix, years between, offer or staff contact before the step up."
parameter_groups: [period, base, pur]
parameters:
- {name: level, type: "enum(series,category_l3)", default: series, label_ja: 買い替えとみなす範囲, note: "what is bought again inside it"}
- {name: compare, type: "enum(grade,list_price)", default: grade, label_ja: 比べるもの, note: "list_price = bands of the regular price"}
- {name: same_tolerance, type: ratio, default: 0.1, minimum: 0, maximum: 1, label_ja: 同等とみなす価格差, note: "of list_price only"}
- {name: contact_days, type: int, default: 30, minimum: 1, label_ja: 接触とみなす日数, note: "before the second purchase"}
columns:
- {name: from_grade, type: string, unit: none, label_ja: 旧グレード}
- {name: to_grade, type: string, unit: none, label_ja: 新グレード}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: rate, type: ratio, unit: ratio, label_ja: 遷移率}
- {name: direction, type: enum, unit: none, label_ja: 上/同/下}
- {name: years_between, type: double, unit: years, label_ja: 経過年数}
- {name: price_gain, type: money, unit: JPY, label_ja: 単価差}
- {name: contact_share, type: ratio, unit: ratio, label_ja: 接触あり率}
charts:
- {kind: sankey, source: from_grade, target: to_grade, size: customers}
- {kind: heatmap, x: to_grade, y: from_grade, color: rate}
- {kind: table}
cells:
- {name: move, keys: [from_grade, to_grade, direction], customers: moves, products: moved_products, becomes: {ja: "そのように移った顧客。商品は移った先の商品", en: "customers who moved so; products = those to which they went"}}
- {name: due, keys: [from_grade, is_due], types: {is_due: bool}, customers: owners, products: next_models, becomes: {ja: "ふだんの時期を過ぎた、そのグレードの保有者（is_due=true）。商品は次のグレード", en: "owners of the grade after the usual time (is_due=true); products = next grade"}}
rules: [TZ, PUR, RET, GUEST, MERGE, UNK, MULTI, TIE, SET]
notes:
- ja: "複数のカテゴリにまたがるシリーズは、中カテゴリごとに別に数える。"
  en: "a series that runs through several categories counts in each middle category (category_l2) apart"
- ja: "同じ日に買ったものは買い足しで、買い替えではない。その日は最も高いグレード（または価格）で代表する。"
  en: "items bought on the same day are an addition and no trade-up; the day stands for its highest grade (or price)"
- ja: "移行は、シリーズ（またはカテゴリ）の購入があった日から次の購入日まで。後の購入が集計期間に入るもの。"
  en: "a move is from one day with a purchase in the series (or category) to the next; the second one lies in the period"
- ja: "人数は移行ごとに重複を除いた人数。遷移率は、そのグレードから移った全員に対する割合で、合計が1を超えることがある（規則MULTI）。"
  en: "customers are distinct people of a move; rate is over all people who moved from that grade, so rates may add up to more than 1 (rule MULTI)"
- ja: "単価差は、1点あたりの購入価格の差の平均。接触＝購入前の「接触とみなす日数」以内の、配信または下見・相談・電話。"
  en: "price_gain is the mean difference of the price paid a piece; contact = a message sent, or a preview, consultation or phone call, in contact_days before"
- ja: "ふだんの時期＝そのグレードから上への移行の日数の中央値。保有者は、その後シリーズの購入がなく、上位モデルが販売中の顧客。"
  en: "usual time = median time of the steps up from that grade; owners have not bought in the series since, and an upper model is on sale"
- ja: "シリーズ、グレード、定価のない商品は除く。サービスも除く。"
  en: "products without series, grade or list price are left out; services are out"
standard: null
*/
WITH ladder AS (
  SELECT
    d.product_id,
    CASE :level WHEN 'series' THEN COALESCE(d.category_l2, '') || '/' || d.series ELSE d.category_l3 END AS line,
    CASE :compare WHEN 'grade' THEN CAST(d.grade AS DOUBLE) ELSE CAST(d.list_price AS DOUBLE) END AS step,
    CASE :compare WHEN 'grade' THEN CAST(d.grade AS VARCHAR) ELSE PRICE_BAND_OF(d.list_price) END AS grade,
    COALESCE(d.release_date <= :as_of, TRUE) AND COALESCE(d.discontinued_date > :as_of, TRUE) AS is_on_sale
  FROM products AS d
  WHERE NOT COALESCE(d.is_service, FALSE)
),
-- Each day on which a customer bought in a line, by the highest step of the day.
owned AS (
  SELECT
    l.customer_id,
    d.line,
    l.purchase_date,
    MAX(d.step) AS step,
    MAX_BY(d.grade, ROW(d.step, d.product_id)) AS grade,
    MAX_BY(d.product_id, ROW(d.step, d.product_id)) AS product_id,
    MAX_BY(RATIO(l.amount, l.quantity), ROW(d.step, d.product_id)) AS price
  FROM purchase_lines AS l
  JOIN ladder AS d ON d.product_id = l.product_id
  WHERE l.quantity > 0 AND d.line IS NOT NULL AND d.step IS NOT NULL
  GROUP BY l.customer_id, d.line, l.purchase_date
),
paired AS (
  SELECT
    o.*,
    LAG(o.grade) OVER (PARTITION BY o.customer_id, o.line ORDER BY o.purchase_date) AS from_grade,
    LAG(o.step) OVER (PARTITION BY o.customer_id, o.line ORDER BY o.purchase_date) AS from_step,
    LAG(o.price) OVER (PARTITION BY o.customer_id, o.line ORDER BY o.purchase_date) AS from_price,
    LAG(o.purchase_date) OVER (PARTITION BY o.customer_id, o.line ORDER BY o.purchase_date) AS from_date,
    LEAD(o.purchase_date) OVER (PARTITION BY o.customer_id, o.line ORDER BY o.purchase_date) AS next_date
  FROM owned AS o
),
stepped AS (
  SELECT
    p.customer_id,
    p.line,
    p.product_id,
    p.purchase_date,
    p.from_grade,
    p.grade AS to_grade,
    CASE
      WHEN p.step > p.from_step * CASE :compare WHEN 'grade' THEN 1 ELSE 1 + :same_tolerance END THEN '上'
      WHEN p.step < p.from_step * CASE :compare WHEN 'grade' THEN 1 ELSE 1 - :same_tolerance END THEN '下'
      ELSE '同'
    END AS direction,
    DATE_DIFF('day', p.from_date, p.purchase_date) AS days,
    p.price - p.from_price AS price_gain
  FROM paired AS p
  WHERE p.from_date IS NOT NULL AND p.purchase_date BETWEEN :period_start AND :period_end
),
contacts AS (
  SELECT t.customer_id, t.sent_date AS contact_date
  FROM v_touches AS t
  WHERE NOT t.is_control
  UNION
  SELECT COALESCE(i.person_id, v.customer_id), v.visit_date
  FROM service_visits AS v
  LEFT JOIN v_identity AS i ON i.customer_id = v.customer_id
  WHERE v.visit_type IN ('preview', 'consultation', 'phone')
),
moves AS (
  SELECT
    s.customer_id,
    s.line,
    s.product_id,
    s.purchase_date,
    s.from_grade,
    s.to_grade,
    s.direction,
    s.days,
    s.price_gain,
    COUNT(c.contact_date) > 0 AS has_contact
  FROM stepped AS s
  LEFT JOIN contacts AS c
    ON c.customer_id = s.customer_id
    AND c.contact_date BETWEEN DATE_ADD('day', -:contact_days, s.purchase_date) AND s.purchase_date
  GROUP BY
    s.customer_id, s.line, s.product_id, s.purchase_date, s.from_grade, s.to_grade, s.direction, s.days, s.price_gain
),
moved_products AS (
  SELECT DISTINCT from_grade, to_grade, direction, product_id FROM moves
),
departures AS (
  SELECT from_grade, COUNT(DISTINCT customer_id) AS customers
  FROM moves
  GROUP BY from_grade
),
usual AS (
  SELECT from_grade, QUANTILE_OF(days, 0.5) AS days
  FROM moves
  WHERE direction = '上'
  GROUP BY from_grade
),
-- The next step above each step of a line, among what is on sale.
upper_steps AS (
  SELECT f.line, f.step, MIN(u.step) AS upper_step
  FROM (SELECT DISTINCT line, step FROM ladder) AS f
  JOIN ladder AS u
    ON u.line = f.line AND u.step > f.step * CASE :compare WHEN 'grade' THEN 1 ELSE 1 + :same_tolerance END
  WHERE u.is_on_sale
  GROUP BY f.line, f.step
),
owners AS (
  SELECT
    p.customer_id,
    p.line,
    p.step,
    p.grade AS from_grade,
    COALESCE(DATE_DIFF('day', p.purchase_date, :as_of) >= u.days, FALSE) AS is_due
  FROM paired AS p
  JOIN upper_steps AS n ON n.line = p.line AND n.step = p.step
  LEFT JOIN usual AS u ON u.from_grade = p.grade
  WHERE p.next_date IS NULL
),
next_models AS (
  SELECT DISTINCT o.from_grade, o.is_due, d.product_id
  FROM owners AS o
  JOIN upper_steps AS n ON n.line = o.line AND n.step = o.step
  JOIN ladder AS d ON d.line = n.line AND d.step = n.upper_step
  WHERE d.is_on_sale
)
SELECT
  m.from_grade,
  m.to_grade,
  COUNT(DISTINCT m.customer_id) AS customers,
  RATIO(COUNT(DISTINCT m.customer_id), d.customers) AS rate,
  m.direction,
  AVG(CAST(m.days AS DOUBLE)) / 365.25 AS years_between,
  CAST(AVG(m.price_gain) AS DECIMAL(18, 2)) AS price_gain,
  RATIO(COUNT_IF(m.has_contact), COUNT(*)) AS contact_share
FROM moves AS m
JOIN departures AS d ON d.from_grade = m.from_grade
GROUP BY m.from_grade, m.to_grade, m.direction, d.customers
ORDER BY
  m.from_grade,
  ARRAY_POSITION(ARRAY['上', '同', '下'], m.direction),
  COUNT(DISTINCT m.customer_id) DESC,
  m.to_grade
