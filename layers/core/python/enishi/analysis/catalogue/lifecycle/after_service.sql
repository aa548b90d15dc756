/*
id: after_service
name: {ja: 修理・アフターサービス分析, en: Repairs and after-service}
category: lifecycle
origin: extension
tier: standard
question:
  ja: どの商品に修理や問合せが多く、解決に何日かかるか。対応した顧客は戻って来るか、買い替えるか。
  en: "Which products come in for repair, how long does it take, and do served customers stay?"
method:
  ja: "集計軸の値ごとに、販売百台あたりの件数、解決日数、対応後（「その後を見る日数」以内）の再購入率、修理後の買い替え率を示す。"
  en: "Per value of the axis: cases per 100 sold, days to solve, repurchase within follow_days, replacement after repair."
parameter_groups: [period, base, axis]
parameters:
- {name: follow_days, type: int, default: 365, minimum: 1, label_ja: その後を見る日数, note: ""}
- {name: visit_types, type: list, default: "repair,complaint,phone", label_ja: 対応の種類, note: "types of service_visits"}
- {name: axis, type: axis, default: "products.category_l1", label_ja: 集計軸, over: [products, stores, customers], shown_as: axis_value, note: "a column of the item, of the store, or of the customer"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "cases whose follow_days have passed, repairs among them, or units sold, under which low_n is set"}
columns:
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: contacts, type: int, unit: count, label_ja: 件数}
- {name: per_100_sold, type: double, unit: count, label_ja: 百台あたり}
- {name: days_to_solve, type: double, unit: days, label_ja: 解決日数}
- {name: repurchase_rate, type: ratio, unit: ratio, label_ja: 再購入率}
- {name: replaced_rate, type: ratio, unit: ratio, label_ja: 買い替え率}
- {name: unsolved, type: int, unit: people, label_ja: 未解決者数}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: axis_value, y: contacts}
- {kind: bar, x: axis_value, y: days_to_solve}
- {kind: table}
cells:
- {name: cases, keys: [axis_value, state, waiting_days, unit_age], types: {state: enum, waiting_days: int, unit_age: int}, customers: cases, products: cases, becomes: {ja: "state=未解決、またはwaiting_days=14..999：フォローすべき顧客。unit_age=7..99：買い替えの候補", en: "state=未解決, or waiting_days=14..999: customers to care for; unit_age=7..99: replacement candidates"}}
rules: [TZ, PUR, MERGE, UNK, CENSOR, SMALL, DIV0, SET]
notes:
- ja: "件数は期間中に始まった案件の数。1件の案件は、顧客からの1つの商品（わからなければカテゴリ）についての、解決までの一連の応対。"
  en: "件数 are cases begun in the period: the contacts of a customer about one item (else one category) until one is solved"
- ja: "百台あたり：母集団が期間の終わりまでに買った全台数に対する、100台あたりの案件数。台数がわからない場合は空欄。"
  en: "per_100_sold: cases on 100 units that the population ever bought, up to the end of the period; null where none is known"
- ja: "解決日数は、解決した案件の中央値。セルのwaiting_daysは、案件が未解決の間、基準日まで数える。"
  en: "days_to_solve is the median of solved cases; waiting_days of the cell goes on until as_of while a case is unsolved"
- ja: "再購入率：最初の応対から「その後を見る日数」以内に別の購入があった割合。買い替え率：修理のうち、同じカテゴリ（商品の末端カテゴリがわかる場合はそのカテゴリ）を買った割合。どちらも、その日数が過ぎた案件による（CENSORの規則）。"
  en: "repurchase_rate: another purchase within follow_days of the first contact; replaced_rate, of repairs: one of the same category (the leaf category of the item where it is known). Both of cases that are as old (rule CENSOR)"
- ja: "unit_age：顧客がその商品を最後に買ってからの満年数。わからなければ保証の開始からの満年数。"
  en: "unit_age: full years since the customer last bought the item, else since its warranty began"
needs: [service_visits]
*/
WITH contacts AS (
  SELECT
    k.*,
    COALESCE(k.product_id, k.category_l1, '') AS subject,
    k.outcome IN ('solved', 'bought') AS is_solved
  FROM service_contacts AS k
  WHERE k.visit_type IN (:visit_types)
),
followed AS (
  SELECT
    k.*,
    LAG(k.is_solved, 1, FALSE) OVER (PARTITION BY k.customer_id, k.subject ORDER BY k.visited_at, k.visit_id)
      AS after_solved
  FROM contacts AS k
),
numbered AS (
  SELECT
    f.*,
    SUM(CASE WHEN f.after_solved THEN 1 ELSE 0 END) OVER (
      PARTITION BY f.customer_id, f.subject
      ORDER BY f.visited_at, f.visit_id
      ROWS UNBOUNDED PRECEDING
    ) AS case_no
  FROM followed AS f
),
begun AS (
  SELECT
    MIN_BY(visit_id, ROW(visited_at, visit_id)) AS case_id,
    customer_id,
    MIN(visit_date) AS first_date,
    MIN(CASE WHEN is_solved THEN visit_date END) AS solved_date,
    COUNT_IF(visit_type = 'repair') > 0 AS is_repair,
    MIN_BY(store_id, ROW(visited_at, visit_id)) AS store_id,
    MAX(product_id) AS product_id,
    MIN_BY(category_l1, ROW(visited_at, visit_id)) AS category_l1
  FROM numbered
  GROUP BY customer_id, subject, case_no
  HAVING MIN(visit_date) BETWEEN :period_start AND :period_end
),
-- The item of each case as a row of products; without one, the category that staff noted.
subjects AS (
  SELECT
    b.case_id,
    d.product_id,
    d.parent_id,
    d.name,
    b.category_l1,
    d.category_l2,
    d.category_l3,
    d.brand,
    d.series,
    d.grade,
    d.journey_class,
    d.list_price,
    d.unit_cost,
    d.release_date,
    d.discontinued_date,
    d.expected_cycle_days,
    d.season_code,
    d.is_sample,
    d.is_service,
    d.attributes
  FROM begun AS b
  LEFT JOIN products AS d ON d.product_id = b.product_id
),
bought_later AS (
  SELECT
    b.case_id,
    COUNT_IF(
      l.category_l1 = s.category_l1 AND (s.category_l3 IS NULL OR COALESCE(l.category_l3 = s.category_l3, FALSE))
    ) > 0 AS is_replaced
  FROM begun AS b
  JOIN subjects AS s ON s.case_id = b.case_id
  JOIN v_lines AS l
    ON l.customer_id = b.customer_id
    AND l.purchase_date > b.first_date
    AND l.purchase_date <= DATE_ADD('day', :follow_days, b.first_date)
  WHERE NOT l.is_service
  GROUP BY b.case_id
),
bought_before AS (
  SELECT b.case_id, MAX(l.purchase_date) AS unit_date
  FROM begun AS b
  JOIN v_lines AS l
    ON l.customer_id = b.customer_id AND l.product_id = b.product_id AND l.purchase_date <= b.first_date
  GROUP BY b.case_id
),
insured AS (
  SELECT b.case_id, MAX(w.start_date) AS unit_date
  FROM begun AS b
  JOIN warranties AS w ON w.product_id = b.product_id AND w.start_date <= b.first_date
  LEFT JOIN v_identity AS i ON i.customer_id = w.customer_id
  WHERE COALESCE(i.person_id, w.customer_id) = b.customer_id
  GROUP BY b.case_id
),
judged AS (
  SELECT
    :axis AS full_value,
    CASE WHEN b.solved_date IS NULL THEN '未解決' ELSE '解決' END AS state,
    DATE_DIFF('day', b.first_date, COALESCE(b.solved_date, :as_of)) AS waiting_days,
    DATE_DIFF('year', COALESCE(o.unit_date, w.unit_date), b.first_date) AS unit_age,
    b.customer_id,
    b.product_id,
    b.is_repair,
    DATE_ADD('day', :follow_days, b.first_date) <= :as_of AS is_observed,
    l.case_id IS NOT NULL AS has_bought,
    COALESCE(l.is_replaced, FALSE) AS is_replaced
  FROM begun AS b
  JOIN population AS customers ON customers.customer_id = b.customer_id
  JOIN subjects AS products ON products.case_id = b.case_id
  LEFT JOIN stores ON stores.store_id = b.store_id
  LEFT JOIN bought_later AS l ON l.case_id = b.case_id
  LEFT JOIN bought_before AS o ON o.case_id = b.case_id
  LEFT JOIN insured AS w ON w.case_id = b.case_id
),
-- Rule UNK, and その他 for the axis values beyond `max_axis_values`.
shown AS (
  SELECT
    full_value,
    CASE
      WHEN full_value = :unknown OR place <= :max_axis_values THEN full_value
      ELSE :other
    END AS axis_value
  FROM (
    SELECT full_value, ROW_NUMBER() OVER (ORDER BY full_value = :unknown, COUNT(*) DESC, full_value) AS place
    FROM judged
    GROUP BY full_value
  ) AS j
),
cases AS (
  SELECT s.axis_value, j.*
  FROM judged AS j
  JOIN shown AS s ON s.full_value = j.full_value
),
sold_by_value AS (
  SELECT :axis AS full_value, SUM(l.quantity) AS units
  FROM v_lines AS l
  JOIN population AS customers ON customers.customer_id = l.customer_id
  LEFT JOIN products ON products.product_id = l.product_id
  LEFT JOIN stores ON stores.store_id = l.store_id
  WHERE NOT l.is_service AND l.purchase_date <= :period_end
  GROUP BY 1
),
sold AS (
  SELECT s.axis_value, SUM(v.units) AS units
  FROM sold_by_value AS v
  JOIN shown AS s ON s.full_value = v.full_value
  GROUP BY s.axis_value
),
counted AS (
  SELECT
    axis_value,
    COUNT(*) AS contacts,
    QUANTILE_OF(CASE WHEN state = '解決' THEN waiting_days END, 0.5) AS days_to_solve,
    COUNT_IF(is_observed) AS observed,
    COUNT_IF(is_observed AND is_repair) AS repairs,
    RATIO(COUNT_IF(is_observed AND has_bought), COUNT_IF(is_observed)) AS repurchase_rate,
    RATIO(COUNT_IF(is_observed AND is_repair AND is_replaced), COUNT_IF(is_observed AND is_repair)) AS replaced_rate,
    COUNT(DISTINCT CASE WHEN state = '未解決' THEN customer_id END) AS unsolved
  FROM cases
  GROUP BY axis_value
)
SELECT
  c.axis_value,
  c.contacts,
  100 * RATIO(c.contacts, s.units) AS per_100_sold,
  c.days_to_solve,
  c.repurchase_rate,
  c.replaced_rate,
  c.unsolved,
  c.observed BETWEEN 1 AND :min_cell - 1
    OR c.repairs BETWEEN 1 AND :min_cell - 1
    OR COALESCE(s.units <> 0 AND s.units < :min_cell, FALSE) AS low_n
FROM counted AS c
LEFT JOIN sold AS s ON s.axis_value = c.axis_value
ORDER BY
  CASE c.axis_value WHEN :unknown THEN 2 WHEN :other THEN 1 ELSE 0 END,
  c.contacts DESC,
  c.axis_value
