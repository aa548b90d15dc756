/*
id: staff_performance
name: {ja: スタッフ別接客成果分析, en: Results by staff member}
category: store
origin: extension
tier: standard
question:
  ja: 同じ条件で比べたとき、接客の成約・点数・延長保証・会員登録の成果はスタッフでどう違うか。
  en: "How do staff differ in conversion, basket, warranty and member sign-up, fairly compared?"
method:
  ja: "スタッフごとの実績を、期待値（カテゴリ、価格、時間帯、店舗の構成による）と区間付きで比べる。「最少件数」以上に限る。"
  en: "Observed against expected (category, price, hour and store mix) per staff member with intervals; at least min_cases."
parameter_groups: [period, pur, stat]
parameters:
- {name: min_cases, type: int, default: 50, minimum: 1, label_ja: 最少件数, note: "with fewer the figures are blank"}
- {name: measures, type: list, default: "conversion,items,warranty_attach,signups", label_ja: 指標, note: ""}
- {name: base_segment, type: segment, default: null, hidden: true, label_ja: 母集団, note: ""}
- {name: exclude_employees, type: bool, default: true, hidden: true, label_ja: 従業員を除く, note: ""}
- {name: exclude_withdrawn, type: bool, default: false, hidden: true, label_ja: 退会者を除く, note: ""}
columns:
- {name: staff_id, type: string, unit: none, label_ja: スタッフ}
- {name: cases, type: int, unit: count, label_ja: 件数}
- {name: measure, type: enum, unit: none, label_ja: 指標}
- {name: observed, type: double, unit: ratio, label_ja: 実績, of: cases}
- {name: expected, type: double, unit: ratio, label_ja: 期待値, of: cases}
- {name: ratio, type: double, unit: ratio, label_ja: 実績/期待, of: cases}
- {name: ci_low, type: double, unit: ratio, label_ja: 下限}
- {name: ci_high, type: double, unit: ratio, label_ja: 上限}
charts:
- {kind: forest, title_ja: 接客成約率の実績/期待, x: staff_id, y: ratio, low: ci_low, high: ci_high, where: {measure: 接客成約率, ratio: {min: 0, max: 99}}, options: {none: 1}}
- {kind: forest, title_ja: 延長保証付帯率の実績/期待, x: staff_id, y: ratio, low: ci_low, high: ci_high, where: {measure: 延長保証付帯率, ratio: {min: 0, max: 99}}, options: {none: 1}}
- {kind: table}
cells:
- {name: staff, keys: [staff_id], customers: served, becomes: {ja: "接客した顧客。スタッフの名前でフォローする対象", en: "customers served, for follow-up in the staff member's name"}}
rules: [TZ, RET, MERGE, SMALL, UNK, SET]
notes:
- ja: "学ぶためのもので、報酬を決めるためのものではない。件数の少ない数字は値なしとする。"
  en: "meant for learning, not for pay; small samples are blanked"
- ja: "期待値：同じ店舗、時間帯（3時間ごと）、カテゴリ、価格帯（10の累乗の4分の1刻み）の全員の件の平均を、そのスタッフの件について平均したもの。"
  en: "expected: the mean of everybody's cases of the same store, hours (three of the day), category and price band (a quarter of a power of ten), over the staff member's own cases"
- ja: "接客成約率：下見・相談のうち、その後30日以内に顧客がそのカテゴリを買ったか、スタッフが購入と記録したもの。会計点数：店舗のレシートの点数で、返品を引く。延長保証付帯率：保証のあるカテゴリの販売明細のうち、解約されていない保証が付いたもの。会員登録率：前日に会員でなかった人のレシートのうち、その日に入会したもの。"
  en: "接客成約率: previews and consultations after which the customer bought the category within 30 days, or which staff noted as bought. 会計点数: items of a store receipt, net of returns. 延長保証付帯率: sold lines of categories that have warranties, with a warranty that was kept. 会員登録率: receipts of people who were no members the day before, who joined that day"
- ja: "レシートのカテゴリは、金額が最大の明細のもの。区間は、率はWilsonの区間、会計点数は正規近似で、いずれも期待値で割る。"
  en: "the category of a receipt is that of its largest line; intervals are Wilson's for rates and the normal one for 会計点数, over the expected value"
- ja: "スタッフIDのない件は「不明」とし、最後に置く。"
  en: "cases without a staff id are 不明, last"
standard: Indirect standardisation.
*/
WITH receipts AS (
  SELECT
    s.order_id,
    s.customer_id,
    s.sale_date,
    s.store_id,
    HOUR(LOCAL_TIME(s.ordered_at)) / 3 AS hours,
    COALESCE(o.staff_id, :unknown) AS staff_id,
    COALESCE(c.registered_date >= s.sale_date, c.customer_id IS NULL) AS was_no_member,
    COALESCE(c.registered_date = s.sale_date AND COALESCE(c.join_staff_id = o.staff_id, TRUE), FALSE) AS has_joined
  FROM sales AS s
  JOIN orders AS o ON o.order_id = s.order_id
  LEFT JOIN population AS c ON c.customer_id = s.customer_id
  WHERE s.channel = 'store' AND NOT s.is_return AND s.sale_date BETWEEN :period_start AND :period_end
),
-- Lines net of what came back (rule RET), guests' too.
netted AS (
  SELECT
    COALESCE(b.original_order_id, l.order_id) AS order_id,
    CASE WHEN b.order_id IS NULL THEN l.line_no ELSE l.original_line_no END AS line_no,
    l.product_id,
    SUM(l.quantity) AS quantity,
    SUM(l.line_amount) AS amount,
    MAX(l.unit_price) AS unit_price
  FROM order_lines AS l
  LEFT JOIN orders AS b
    ON b.order_id = l.order_id
    AND b.order_type = 'return'
    AND b.original_order_id IS NOT NULL
    AND b.status NOT IN ('cancelled', 'payment_failed')
  WHERE l.product_id IN (:product_filter)
  GROUP BY
    COALESCE(b.original_order_id, l.order_id),
    CASE WHEN b.order_id IS NULL THEN l.line_no ELSE l.original_line_no END,
    l.product_id
),
sold AS (
  SELECT r.*, n.line_no, n.product_id, n.quantity, n.amount, n.unit_price, d.category_l1 AS category
  FROM receipts AS r
  JOIN netted AS n ON n.order_id = r.order_id
  LEFT JOIN products AS d ON d.product_id = n.product_id
  WHERE n.quantity > 0 AND NOT COALESCE(d.is_service, FALSE)
),
baskets AS (
  SELECT
    order_id,
    customer_id,
    staff_id,
    store_id,
    hours,
    was_no_member,
    has_joined,
    MAX_BY(category, ROW(amount, line_no)) AS category,
    SUM(quantity) AS items
  FROM sold
  GROUP BY order_id, customer_id, staff_id, store_id, hours, was_no_member, has_joined
),
insured_categories AS (
  SELECT DISTINCT d.category_l1 AS category
  FROM warranties AS w
  JOIN products AS d ON d.product_id = w.product_id
),
kept_warranties AS (
  SELECT DISTINCT order_id, line_no FROM warranties WHERE cancelled_date IS NULL
),
contacts AS (
  SELECT k.*, COALESCE(k.staff_id, :unknown) AS server
  FROM service_contacts AS k
  WHERE k.visit_type IN ('preview', 'consultation') AND k.visit_date BETWEEN :period_start AND :period_end
),
converted AS (
  SELECT DISTINCT k.visit_id
  FROM contacts AS k
  JOIN v_lines AS l
    ON l.customer_id = k.customer_id
    AND l.category_l1 = k.category_l1
    AND l.purchase_date >= k.visit_date
    AND l.purchase_date <= DATE_ADD('day', 30, k.visit_date)
),
cases AS (
  SELECT
    'conversion' AS measure,
    k.server AS staff_id,
    k.store_id,
    HOUR(LOCAL_TIME(k.visited_at)) / 3 AS hours,
    k.category_l1 AS category,
    AMOUNT_BAND_OF(d.list_price) AS price_band,
    CASE WHEN k.outcome = 'bought' OR c.visit_id IS NOT NULL THEN 1e0 ELSE 0e0 END AS value
  FROM contacts AS k
  LEFT JOIN converted AS c ON c.visit_id = k.visit_id
  LEFT JOIN products AS d ON d.product_id = k.product_id
  UNION ALL
  SELECT 'items', b.staff_id, b.store_id, b.hours, b.category, NULL, CAST(b.items AS DOUBLE)
  FROM baskets AS b
  UNION ALL
  SELECT
    'warranty_attach',
    s.staff_id,
    s.store_id,
    s.hours,
    s.category,
    AMOUNT_BAND_OF(s.unit_price),
    CASE WHEN w.order_id IS NOT NULL THEN 1e0 ELSE 0e0 END
  FROM sold AS s
  JOIN insured_categories AS i ON i.category = s.category
  LEFT JOIN kept_warranties AS w ON w.order_id = s.order_id AND w.line_no = s.line_no
  UNION ALL
  SELECT
    'signups', b.staff_id, b.store_id, b.hours, b.category, NULL, CASE WHEN b.has_joined THEN 1e0 ELSE 0e0 END
  FROM baskets AS b
  WHERE b.was_no_member
),
compared AS (
  SELECT
    c.measure,
    c.staff_id,
    c.value,
    AVG(c.value) OVER (PARTITION BY c.measure, c.store_id, c.hours, c.category, c.price_band) AS expected
  FROM cases AS c
  WHERE c.measure IN (:measures)
),
served AS (
  SELECT b.staff_id, b.customer_id FROM baskets AS b JOIN population AS c ON c.customer_id = b.customer_id
  UNION
  SELECT k.server, k.customer_id FROM contacts AS k
),
results AS (
  SELECT
    staff_id,
    measure,
    COUNT(*) AS cases,
    SUM(value) AS hits,
    CASE WHEN COUNT(*) >= :min_cases THEN AVG(value) END AS observed,
    CASE WHEN COUNT(*) >= :min_cases THEN AVG(expected) END AS expected,
    :z * COALESCE(STDDEV_SAMP(value), 0e0) / SQRT(COUNT(*)) AS reach
  FROM compared
  GROUP BY staff_id, measure
)
SELECT
  r.staff_id,
  r.cases,
  m.label AS measure,
  r.observed,
  r.expected,
  RATIO(r.observed, r.expected) AS ratio,
  RATIO(CASE WHEN r.measure = 'items' THEN r.observed - r.reach ELSE WILSON_LOW(r.hits, r.cases) END, r.expected)
    AS ci_low,
  RATIO(CASE WHEN r.measure = 'items' THEN r.observed + r.reach ELSE WILSON_HIGH(r.hits, r.cases) END, r.expected)
    AS ci_high
FROM results AS r
JOIN (
  VALUES
    (1, 'conversion', '接客成約率'),
    (2, 'items', '会計点数'),
    (3, 'warranty_attach', '延長保証付帯率'),
    (4, 'signups', '会員登録率')
) AS m(place, measure, label) ON m.measure = r.measure
ORDER BY m.place, r.staff_id = :unknown, r.cases DESC, r.staff_id
