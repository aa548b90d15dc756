/*
id: warranty_expiry
name: {ja: 保証満了予定分析, en: Warranties about to end}
category: lifecycle
origin: extension
tier: standard
question:
  ja: 誰の保証がいつ満了するか。満了のころ、更新・買い替え・何もしない人はそれぞれどれだけか。
  en: "Whose warranty ends when, and what happens after it: extension, replacement, nothing?"
method:
  ja: "満了月ごとの保証の契約数、配信可能な保有者、満了の前後の月の実績の率を示す。"
  en: "Warranties by month of end, reachable holders, past outcome rates in the months around the end."
parameter_groups: [asof, base]
parameters:
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: ""}
- {name: horizon_months, type: int, default: 12, minimum: 1, maximum: 120, label_ja: 前後の月数, note: "months ahead, and months back for the outcomes"}
- {name: around_months, type: int, default: 3, minimum: 1, label_ja: 満了前後の月数, note: "in which an extension or a replacement counts"}
columns:
- {name: end_month, type: month, unit: months, label_ja: 満了月}
- {name: warranties, type: int, unit: count, label_ja: 契約数}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: reachable, type: int, unit: people, label_ja: 配信可能}
- {name: extended_rate, type: ratio, unit: ratio, label_ja: 更新率}
- {name: replaced_rate, type: ratio, unit: ratio, label_ja: 買い替え率}
charts:
- {kind: bar, x: end_month, y: warranties}
- {kind: line, x: end_month, y: [extended_rate, replaced_rate]}
- {kind: table}
cells:
- {name: end_month, keys: [end_month], types: {end_month: date}, customers: held, products: offered, becomes: {ja: "その保有者。商品＝保証の対象商品と、そのカテゴリの現行商品", en: "holders; products = covered items and current models of their category"}}
rules: [TZ, MERGE, WD, SCD, SET]
notes:
- ja: "基準日より前の満了月は、満了した保証がその後どうなったかを示す。「満了前後の月数」が過ぎていない月の率は空欄。"
  en: "the months before the day show what came of the warranties that ended then; months whose around_months have not passed have no rates"
- ja: "更新＝保有者が、満了の前後に始まる同じ商品の別の保証を持つ。買い替え＝保証の開始よりあとで、満了の前後に、同じ小カテゴリの商品を買った。"
  en: "extended = the holder has another warranty of the same product that begins around the end; replaced = she bought any product of the same category_l3 around it, after the warranty began"
- ja: "解約した保証は除く。満了日は保証の最終日。配信可能＝基準日に1つ以上のチャネルで届く。"
  en: "a cancelled warranty is left out; the end date is its last day; reachable = by at least one channel on the day"
needs: [warranties]
*/
WITH held AS (
  SELECT
    w.warranty_id,
    c.customer_id,
    w.product_id,
    d.category_l3,
    w.start_date,
    w.end_date,
    DATE_TRUNC('month', w.end_date) AS end_month,
    DATE_ADD('month', :around_months, w.end_date) <= :as_of AS is_observed
  FROM warranties AS w
  LEFT JOIN v_identity AS i ON i.customer_id = w.customer_id
  JOIN population AS c ON c.customer_id = COALESCE(i.person_id, w.customer_id)
  LEFT JOIN products AS d ON d.product_id = w.product_id
  WHERE
    (w.cancelled_date IS NULL OR w.cancelled_date > :as_of)
    AND w.end_date >= DATE_ADD('month', -:horizon_months, DATE_TRUNC('month', :as_of))
    AND w.end_date < DATE_ADD('month', :horizon_months + 1, DATE_TRUNC('month', :as_of))
),
offered AS (
  SELECT end_month, product_id FROM held
  UNION
  SELECT h.end_month, d.product_id
  FROM held AS h
  JOIN products AS d ON d.category_l3 = h.category_l3
  WHERE
    COALESCE(d.discontinued_date > :as_of, TRUE)
    AND COALESCE(d.release_date <= :as_of, TRUE)
    AND NOT COALESCE(d.is_service, FALSE)
),
extended AS (
  SELECT DISTINCT h.warranty_id
  FROM held AS h
  JOIN warranties AS w ON w.product_id = h.product_id AND w.warranty_id <> h.warranty_id
  LEFT JOIN v_identity AS i ON i.customer_id = w.customer_id
  WHERE
    h.is_observed
    AND COALESCE(i.person_id, w.customer_id) = h.customer_id
    AND (w.cancelled_date IS NULL OR w.cancelled_date > :as_of)
    AND w.start_date > h.start_date
    AND w.start_date BETWEEN DATE_ADD('month', -:around_months, h.end_date)
      AND DATE_ADD('month', :around_months, h.end_date)
),
replaced AS (
  SELECT DISTINCT h.warranty_id
  FROM held AS h
  JOIN v_lines AS l ON l.customer_id = h.customer_id AND l.category_l3 = h.category_l3
  WHERE
    h.is_observed
    AND NOT l.is_service
    AND l.purchase_date > h.start_date
    AND l.purchase_date BETWEEN DATE_ADD('month', -:around_months, h.end_date)
      AND DATE_ADD('month', :around_months, h.end_date)
),
reached AS (
  SELECT DISTINCT s.customer_id
  FROM reach_spans AS s
  WHERE s.from_date <= :as_of AND s.until_date > :as_of
)
SELECT
  h.end_month,
  COUNT(*) AS warranties,
  COUNT(DISTINCT h.customer_id) AS customers,
  COUNT(DISTINCT r.customer_id) AS reachable,
  RATIO(COUNT_IF(h.is_observed AND e.warranty_id IS NOT NULL), COUNT_IF(h.is_observed)) AS extended_rate,
  RATIO(COUNT_IF(h.is_observed AND p.warranty_id IS NOT NULL), COUNT_IF(h.is_observed)) AS replaced_rate
FROM held AS h
LEFT JOIN extended AS e ON e.warranty_id = h.warranty_id
LEFT JOIN replaced AS p ON p.warranty_id = h.warranty_id
LEFT JOIN reached AS r ON r.customer_id = h.customer_id
GROUP BY h.end_month
ORDER BY h.end_month
