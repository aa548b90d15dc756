/*
id: customer_returns
name: {ja: 顧客別返品分析, en: Returns by customer}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: だれがどれだけ返品しているか。原因は顧客か、それとも商品か。
  en: "Who sends back how much, and is it the customer or the product?"
method:
  ja: "顧客ごとの明細数による返品率を、買った商品から期待される率（商品の返品率の平均）と比べる。返品金額も示す。超過倍率が1を超えれば、原因は顧客にある可能性が高い。"
  en: "Return rate by line per customer, against the rate expected from the products bought (mean of the product return rates over the lines), and the amount returned; ratio above 1 points to the customer."
parameter_groups: [period, base, pur, top]
parameters:
- {name: min_lines, type: int, default: 5, minimum: 1, label_ja: 最少明細数, note: "customers with fewer bought lines are not listed, but count for the rates of products"}
- {name: high_ratio, type: double, default: 2.0, minimum: 0, label_ja: 高いとみなす倍率, note: "of the customer over the expected rate, and of a product over all products"}
columns:
- {name: customer_id, type: string, unit: none, label_ja: 顧客ID}
- {name: lines_bought, type: int, unit: lines, label_ja: 購入明細数}
- {name: lines_returned, type: int, unit: lines, label_ja: 返品明細数}
- {name: return_rate, type: ratio, unit: ratio, label_ja: 返品率, of: lines_bought}
- {name: expected_rate, type: ratio, unit: ratio, label_ja: 期待返品率, of: lines_bought}
- {name: ratio_to_expected, type: double, unit: ratio, label_ja: 超過倍率, of: lines_bought}
- {name: returned_amount, type: money, unit: JPY, label_ja: 返品金額}
charts:
- {kind: scatter, x: expected_rate, y: return_rate, size: returned_amount}
- {kind: table}
cells:
- {name: ratio, keys: [ratio_to_expected], customers: judged, becomes: {ja: "超過倍率の範囲の顧客（ratio_to_expected=2..99）", en: "customers in a range of ratios (ratio_to_expected=2..99)"}}
- {name: cause, keys: [cause], types: {cause: string}, customers: judged, products: suspect_products, becomes: {ja: "cause=顧客：「高いとみなす倍率」以上の顧客。cause=商品：期待返品率が高く超過倍率は通常の顧客と、改善すべき商品", en: "cause=顧客: those from high_ratio on; cause=商品: expected high, ratio normal, and the products to repair"}}
rules: [TZ, GUEST, MERGE, TIE, SMALL, SET]
notes:
- ja: "返品は元の受注の期間に数える（「返品の計上」のorigin）。このため返品率は1を超えない。"
  en: "a return is counted in the period of the original order (return_mode origin), so that the rate cannot pass 1"
- ja: "交換は、同じ商品を再び送らないときだけ返品とみなす。交換で送った商品は購入明細に数えない。"
  en: "exchanges count as returns only when the same item is not sent again; what an exchange sends is no bought line"
- ja: "一部でも返品された明細は、返品明細とする。サービスは除く。元の受注のない返品は、どの期間にも入れられない。"
  en: "a line of which anything came back is a returned line; services are left out, returns without an original order cannot be placed"
- ja: "商品の返品率は、非会員も含めた対象範囲の全明細による。期待返品率は、顧客の明細についてのその平均。"
  en: "the rate of a product is of all its lines in scope, guests' too; expected_rate is its mean over the customer's lines"
- ja: "causeは、超過倍率が「高いとみなす倍率」以上なら顧客、そうでなく期待返品率が全明細の返品率の「高いとみなす倍率」倍以上なら商品、それ以外は通常。セルの商品は、商品自体の返品率がその水準に達するもの。"
  en: "cause is 顧客 where the ratio reaches high_ratio, 商品 where it does not and the expected rate is high_ratio times the rate of all lines or more, else 通常; products of a cell are those whose own rate is that high"
- ja: "返品金額の大きい順。「表示件数」を超える行は、その他に合計する。"
  en: "sorted by the money returned; rows after top_n are summed as その他"
*/
WITH bought AS (
  SELECT
    s.order_id,
    CASE WHEN NOT s.is_guest THEN s.customer_id END AS customer_id,
    l.line_no,
    l.product_id
  FROM sales AS s
  JOIN orders AS o ON o.order_id = s.order_id
  JOIN order_lines AS l ON l.order_id = s.order_id
  LEFT JOIN products AS d ON d.product_id = l.product_id
  WHERE
    NOT s.is_return
    AND s.sale_date BETWEEN :period_start AND :period_end
    AND o.order_type <> 'exchange'
    AND l.quantity > 0
    AND l.product_id IN (:product_filter)
    AND NOT COALESCE(d.is_service, FALSE)
),
followed AS (
  SELECT o.original_order_id, o.order_type, l.original_line_no, l.product_id, l.quantity, l.line_amount
  FROM orders AS o
  JOIN order_lines AS l ON l.order_id = o.order_id
  WHERE
    o.order_type IN ('return', 'exchange')
    AND o.original_order_id IS NOT NULL
    AND o.status NOT IN ('cancelled', 'payment_failed')
),
sent_again AS (
  SELECT DISTINCT original_order_id, product_id
  FROM followed
  WHERE order_type = 'exchange' AND quantity > 0
),
came_back AS (
  SELECT f.original_order_id AS order_id, f.original_line_no AS line_no, f.product_id, -SUM(f.line_amount) AS amount
  FROM followed AS f
  LEFT JOIN sent_again AS a ON a.original_order_id = f.original_order_id AND a.product_id = f.product_id
  WHERE f.quantity < 0 AND a.product_id IS NULL
  GROUP BY f.original_order_id, f.original_line_no, f.product_id
),
lines AS (
  SELECT
    b.order_id,
    b.line_no,
    b.customer_id,
    b.product_id,
    COUNT(r.order_id) > 0 AS is_returned,
    COALESCE(SUM(r.amount), 0) AS returned_amount
  FROM bought AS b
  LEFT JOIN came_back AS r
    ON r.order_id = b.order_id
    AND r.product_id = b.product_id
    AND COALESCE(r.line_no = b.line_no, TRUE)
  GROUP BY b.order_id, b.line_no, b.customer_id, b.product_id
),
products_judged AS (
  SELECT
    product_id,
    RATIO(COUNT_IF(is_returned), COUNT(*)) AS rate,
    RATIO(SUM(COUNT_IF(is_returned)) OVER (), SUM(COUNT(*)) OVER ()) AS rate_of_all
  FROM lines
  GROUP BY product_id
),
counted AS (
  SELECT
    l.customer_id,
    COUNT(*) AS lines_bought,
    COUNT_IF(l.is_returned) AS lines_returned,
    SUM(p.rate) AS expected_lines,
    MAX(p.rate_of_all) AS rate_of_all,
    SUM(l.returned_amount) AS returned_amount
  FROM lines AS l
  JOIN products_judged AS p ON p.product_id = l.product_id
  WHERE l.customer_id IS NOT NULL
  GROUP BY l.customer_id
  HAVING COUNT(*) >= :min_lines
),
judged AS (
  SELECT
    c.*,
    RATIO(c.lines_returned, c.expected_lines) AS ratio_to_expected,
    CASE
      WHEN RATIO(c.lines_returned, c.expected_lines) >= :high_ratio THEN '顧客'
      WHEN RATIO(c.expected_lines, c.lines_bought) >= :high_ratio * c.rate_of_all AND c.expected_lines > 0 THEN '商品'
      ELSE '通常'
    END AS cause,
    ROW_NUMBER() OVER (ORDER BY c.returned_amount DESC, c.lines_returned DESC, c.customer_id) AS place
  FROM counted AS c
),
suspect_products AS (
  SELECT j.cause, p.product_id
  FROM judged AS j
  JOIN lines AS l ON l.customer_id = j.customer_id
  JOIN products_judged AS p ON p.product_id = l.product_id
  WHERE p.rate > 0 AND p.rate >= :high_ratio * p.rate_of_all
),
listed AS (
  SELECT
    CASE WHEN place <= :top_n THEN place END AS place,
    CASE WHEN place <= :top_n THEN customer_id ELSE :other END AS customer_id,
    SUM(lines_bought) AS lines_bought,
    SUM(lines_returned) AS lines_returned,
    SUM(expected_lines) AS expected_lines,
    SUM(returned_amount) AS returned_amount
  FROM judged
  GROUP BY CASE WHEN place <= :top_n THEN place END, CASE WHEN place <= :top_n THEN customer_id ELSE :other END
)
SELECT
  l.customer_id,
  l.lines_bought,
  l.lines_returned,
  RATIO(l.lines_returned, l.lines_bought) AS return_rate,
  RATIO(l.expected_lines, l.lines_bought) AS expected_rate,
  RATIO(l.lines_returned, l.expected_lines) AS ratio_to_expected,
  l.returned_amount
FROM listed AS l
ORDER BY l.place NULLS LAST
