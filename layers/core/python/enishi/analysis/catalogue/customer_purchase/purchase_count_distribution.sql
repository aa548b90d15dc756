/*
id: purchase_count_distribution
name: {ja: 購入回数分布分析, en: Distribution of purchase counts}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: 期間中にちょうど0回・1回・2回…買った顧客は何人ずつか。1回だけの顧客は多すぎないか。
  en: "How many customers bought exactly 0, 1, 2 ... times, and is the heavy tail normal?"
method:
  ja: "ちょうどの購入回数ごとの人数を、0回の行も含めて示す。負の二項分布を当てはめて期待人数を示し、1回だけの顧客が多すぎないかを見る。"
  en: "Histogram of exact counts with the zero row; fit a negative binomial and show expected counts so that excess one-timers are visible."
parameter_groups: [period, base, pur]
parameters:
- {name: max_count, type: int, default: 20, minimum: 1, label_ja: 最大回数, note: "the last row holds this count and more"}
- {name: fit_nbd, type: bool, default: true, label_ja: NBDを当てはめる, note: ""}
columns:
- {name: count, type: int, unit: times, label_ja: 購入回数}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: amount, type: money, unit: JPY, label_ja: 購入金額}
- {name: amount_share, type: ratio, unit: ratio, label_ja: 金額構成比}
- {name: expected, type: double, unit: people, label_ja: NBD期待人数}
charts:
- {kind: histogram, x: count, y: customers}
- {kind: line, x: count, y: [customers, expected]}
- {kind: table}
cells:
- {name: count, keys: [count], customers: counted, products: counted_products, becomes: {ja: "ちょうどその回数だけ購入した顧客", en: "customers with exactly this many purchases"}}
rules: [TZ, PUR, RET, GUEST, MERGE, N0, RECON, SET]
notes:
- ja: "「購入転換率」と違い、ちょうどN回の人数を数えるため、行の合計は母集団に一致する。"
  en: "unlike 購入転換率 this counts exactly N, so the rows sum to the base population"
- ja: "最後の行は、「最大回数」以上をまとめる（顧客数、NBD期待人数とも）。"
  en: "the last row pools max_count and more, in customers and in expected"
- ja: "NBD期待人数は、全会員に最尤法で当てはめた負の二項分布（回数のばらつきがポアソン分布以下の場合は、その極限のポアソン分布）による。購入した顧客がいない場合は空欄。"
  en: "expected is what a negative binomial fitted to all members by maximum likelihood gives (a Poisson, its limit, where the counts do not spread more); null where nobody bought"
- ja: "非会員は表の下に示す。"
  en: "guests are below the table"
standard: "Negative binomial purchase model, Ehrenberg (1959)."
footnotes:
- {label_ja: 非会員売上, cte: guest_sales}
step: nbd
*/
WITH bought AS (
  SELECT p.customer_id, COUNT(*) AS orders, SUM(p.amount) AS amount
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY p.customer_id
),
counted AS (
  SELECT
    LEAST(COALESCE(b.orders, 0), :max_count) AS count,
    c.customer_id,
    COALESCE(b.orders, 0) AS orders,
    COALESCE(b.amount, 0) AS amount
  FROM population AS c
  LEFT JOIN bought AS b ON b.customer_id = c.customer_id
),
counted_products AS (
  SELECT c.count, l.product_id
  FROM counted AS c
  JOIN purchase_lines AS l ON l.customer_id = c.customer_id
  WHERE l.purchase_date BETWEEN :period_start AND :period_end
),
guest_sales AS (
  SELECT COALESCE(SUM(s.amount), 0) AS amount
  FROM sales AS s
  WHERE s.is_guest AND s.sale_date BETWEEN :period_start AND :period_end
)
SELECT c.orders AS count, COUNT(*) AS customers, SUM(c.amount) AS amount
FROM counted AS c
GROUP BY c.orders
ORDER BY c.orders
