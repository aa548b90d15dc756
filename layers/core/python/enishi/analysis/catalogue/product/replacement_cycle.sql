/*
id: replacement_cycle
name: {ja: 買い替えサイクル分析, en: Replacement cycle of durables}
category: product
origin: extension
tier: core
question:
  ja: 冷蔵庫・テレビ・パソコンは何年で買い替えられるか。いま買い替え時期にあるのは誰か(買い替えシナリオ)。
  en: "After how many years do customers replace a refrigerator, TV or PC, and who is due? (買い替えシナリオ)"
method:
  ja: "購入から、同じ世帯が同じカテゴリを次に買うまでの年数を、Kaplan–Meier法でカテゴリごとに見る。年ごとの買い替え率。買い替え候補＝買い替え率が「候補とする買い替え率」以上の年にいる保有者。"
  en: "Kaplan-Meier on years from purchase to the next purchase of the same category by the same household, by category; yearly replacement hazard; due = owners in the years with hazard of due_border or more."
parameter_groups: [asof, base, pur]
parameters:
- {name: level, type: "enum(category_l2,category_l3)", default: category_l3, label_ja: 商品の単位, note: ""}
- {name: unit, type: "enum(customer,household)", default: household, label_ja: 数える単位, note: "household: people of one household share what they own; whoever has none stands alone"}
- {name: max_years, type: int, default: 15, minimum: 1, label_ja: 最大年数, note: ""}
- {name: due_border, type: ratio, default: 0.08, minimum: 0, maximum: 1, label_ja: 候補とする買い替え率, note: ""}
- {name: journey_class, type: list, default: "necessity,hobby", label_ja: 商品性格, note: ""}
columns:
- {name: category, type: string, unit: none, label_ja: カテゴリ}
- {name: year, type: int, unit: years, label_ja: 経過年}
- {name: owners_at_risk, type: int, unit: people, label_ja: 保有者数}
- {name: replaced, type: int, unit: people, label_ja: 買い替え人数}
- {name: hazard, type: ratio, unit: ratio, label_ja: 買い替え率, of: owners_at_risk}
- {name: still_kept, type: double, unit: probability, label_ja: 継続保有率, of: owners_at_risk}
- {name: median_years, type: double, unit: years, label_ja: 中央値}
- {name: due_now, type: int, unit: people, label_ja: 買い替え候補}
charts:
- {kind: survival_step, x: year, y: still_kept, color: category}
- {kind: bar, x: category, y: due_now}
- {kind: table}
cells:
- {name: year, keys: [category, year], customers: owners_now, products: current_models, becomes: {ja: "いまその経過年にいて、買い替えていない保有者。商品はカテゴリの現行モデル", en: "owners now in that year who have not replaced; products = current models of the category"}}
- {name: due, keys: [category, year, is_due, repairs], types: {is_due: bool, repairs: int}, customers: owners_now, products: current_models_of_owners, becomes: {ja: "買い替えの年にいる保有者（is_due=true）。修理のある人を先に", en: "owners in the years of replacement (is_due=true), those with repairs first"}}
rules: [TZ, PUR, RET, GUEST, MERGE, CENSOR, SMALL, SET]
notes:
- ja: "別の部屋に置く2台目は買い替えと区別できない。1年以内の購入は買い足しとみなす。"
  en: "a second unit for another room cannot be told from a replacement; purchases within 1 year are treated as additional"
- ja: "過去1年の修理（service_visits）をセルのキーrepairsに数え、修理のある顧客を先にできるようにしている。"
  en: "repairs in service_visits of the last year are counted in the cell key repairs, so that they can come first"
- ja: "経過年は、その年の始まりまでに過ぎた満年数で、0が最初の年。上の規則により、0年に買い替える人はいない。"
  en: "year is the number of full years that had passed when the year began: year 0 is the first; nobody replaces in it, by the rule above"
- ja: "買い足しでない購入を、次の購入まで、最長「最大年数」まで追う。ある年の保有者数は、その年の始まりにまだ持っていて、基準日までにその1年がすべて過ぎた人。"
  en: "each purchase that is no addition is followed until the next one, at most to max_years; at risk in a year are those who still had it when the year began and for whom the whole year has passed by as_of"
- ja: "誰も過ぎていない年は出さない。中央値は、継続保有率が半分以下になる最初の年の終わり。"
  en: "years that nobody has passed are not listed; the median is the first year end with half or fewer kept"
- ja: "「商品性格」は商品のもの。サービスは除く。"
  en: "journey_class is that of the products; services are out"
standard: Kaplan and Meier (1958).
*/
WITH durables AS (
  SELECT i.product_id, i.item AS category, d.discontinued_date, d.release_date
  FROM items AS i
  JOIN products AS d ON d.product_id = i.product_id
  WHERE d.journey_class IN (:journey_class) AND NOT i.is_service AND i.item <> :unknown
),
bought AS (
  SELECT
    d.category,
    CASE WHEN :unit = 'household' THEN COALESCE(c.household_id, c.customer_id) ELSE c.customer_id END AS owner_id,
    l.purchase_date,
    MIN(l.customer_id) AS customer_id
  FROM purchase_lines AS l
  JOIN durables AS d ON d.product_id = l.product_id
  JOIN population AS c ON c.customer_id = l.customer_id
  WHERE l.quantity > 0
  GROUP BY
    d.category,
    CASE WHEN :unit = 'household' THEN COALESCE(c.household_id, c.customer_id) ELSE c.customer_id END,
    l.purchase_date
),
-- What follows within a year of the purchase before it is an addition.
spaced AS (
  SELECT
    b.*,
    LAG(b.purchase_date) OVER (PARTITION BY b.category, b.owner_id ORDER BY b.purchase_date) AS previous_date
  FROM bought AS b
),
replacements AS (
  SELECT
    s.category,
    s.owner_id,
    s.customer_id,
    s.purchase_date,
    LEAD(s.purchase_date) OVER (PARTITION BY s.category, s.owner_id ORDER BY s.purchase_date) AS next_date
  FROM spaced AS s
  WHERE s.previous_date IS NULL OR s.purchase_date >= DATE_ADD('year', 1, s.previous_date)
),
lives AS (
  SELECT
    r.*,
    DATE_DIFF('year', r.purchase_date, DATE_ADD('day', 1, :as_of)) AS age,
    DATE_DIFF('year', r.purchase_date, COALESCE(r.next_date, DATE_ADD('day', 1, :as_of))) AS years
  FROM replacements AS r
),
years AS (
  SELECT year FROM UNNEST(SEQUENCE(0, :max_years - 1)) AS t(year)
),
by_year AS (
  SELECT
    l.category,
    y.year,
    COUNT_IF(l.years >= y.year) AS owners_at_risk,
    COUNT_IF(l.years = y.year) AS replaced
  FROM lives AS l
  JOIN years AS y ON l.age > y.year
  GROUP BY l.category, y.year
  HAVING COUNT_IF(l.years >= y.year) > 0
),
survival AS (
  SELECT
    b.*,
    RATIO(b.replaced, b.owners_at_risk) AS hazard,
    CASE
      WHEN COUNT_IF(b.replaced = b.owners_at_risk) OVER (PARTITION BY b.category ORDER BY b.year) > 0
        THEN CAST(0 AS DOUBLE)
      ELSE EXP(
        SUM(LN(1 - CASE WHEN b.replaced = b.owners_at_risk THEN 0 ELSE RATIO(b.replaced, b.owners_at_risk) END))
          OVER (PARTITION BY b.category ORDER BY b.year)
      )
    END AS still_kept
  FROM by_year AS b
),
medians AS (
  SELECT category, MIN(CASE WHEN ROUND(still_kept, 9) <= 0.5 THEN year + 1 END) AS median_years
  FROM survival
  GROUP BY category
),
repairs AS (
  SELECT COALESCE(i.person_id, v.customer_id) AS customer_id, COUNT(*) AS repairs
  FROM service_visits AS v
  LEFT JOIN v_identity AS i ON i.customer_id = v.customer_id
  WHERE v.visit_type = 'repair' AND v.visit_date > DATE_ADD('year', -1, :as_of) AND v.visit_date <= :as_of
  GROUP BY COALESCE(i.person_id, v.customer_id)
),
owners_now AS (
  SELECT
    l.category,
    l.years AS year,
    COALESCE(s.hazard >= :due_border, FALSE) AS is_due,
    COALESCE(r.repairs, 0) AS repairs,
    l.customer_id
  FROM lives AS l
  JOIN survival AS s ON s.category = l.category AND s.year = l.years
  LEFT JOIN repairs AS r ON r.customer_id = l.customer_id
  WHERE l.next_date IS NULL
),
current_models AS (
  SELECT y.category, y.year, d.product_id
  FROM by_year AS y
  JOIN durables AS d ON d.category = y.category
  WHERE COALESCE(d.release_date <= :as_of, TRUE) AND COALESCE(d.discontinued_date > :as_of, TRUE)
),
current_models_of_owners AS (
  SELECT DISTINCT o.category, o.year, o.is_due, o.repairs, m.product_id
  FROM owners_now AS o
  JOIN current_models AS m ON m.category = o.category AND m.year = o.year
),
due AS (
  SELECT category, COUNT_IF(is_due) AS due_now
  FROM owners_now
  GROUP BY category
)
SELECT
  s.category,
  s.year,
  s.owners_at_risk,
  s.replaced,
  s.hazard,
  s.still_kept,
  CAST(m.median_years AS DOUBLE) AS median_years,
  COALESCE(d.due_now, 0) AS due_now
FROM survival AS s
JOIN medians AS m ON m.category = s.category
LEFT JOIN due AS d ON d.category = s.category
ORDER BY s.category, s.year
