/*
id: warranty_attach
name: {ja: 有償保証付帯率分析, en: Warranty attach rate}
category: product
origin: extension
tier: standard
question:
  ja: 有償保証はどれだけ付けてもらえているか。商品・価格・店舗・スタッフでどう違うか。いまから案内できる人はだれか。
  en: "How often is the paid warranty taken, by product, price, store and staff, and who can still be asked?"
method:
  ja: "加入明細÷対象明細。認められた日数内の後日加入、残っている機会額、価格帯の構成を揃えた期待付帯率も出す。"
  en: "Covered lines / eligible lines; late joins inside the allowed days; amount left; expected rate adjusted for the mix of price bands."
parameter_groups: [period, base, pur, axis]
parameters:
- {name: axis, type: axis, default: category_l3, over: [products, stores, customers, orders, lines, served], shown_as: axis_value, label_ja: 区分, note: "any column of products, stores, customers or orders, price_band of the line, staff_id who sold it, attributes[...]"}
- {name: eligible_min_price, type: money, default: 10000, minimum: 0, label_ja: 対象とする最低価格, note: of a piece}
- {name: late_join_days, type: int, default: 30, minimum: 0, label_ja: 後日加入できる日数, note: ""}
columns:
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: eligible, type: int, unit: lines, label_ja: 対象明細}
- {name: attached, type: int, unit: lines, label_ja: 加入明細}
- {name: attach_rate, type: ratio, unit: ratio, label_ja: 付帯率, of: eligible}
- {name: late_attached, type: int, unit: lines, label_ja: 後日加入}
- {name: expected_rate, type: ratio, unit: ratio, label_ja: 期待付帯率, of: eligible}
- {name: open_customers, type: int, unit: people, label_ja: 未加入案内可能}
- {name: potential, type: money, unit: JPY, label_ja: 機会額}
charts:
- {kind: bar, x: axis_value, y: [attach_rate, expected_rate]}
- {kind: scatter, x: expected_rate, y: attach_rate, size: eligible}
- {kind: table}
cells:
- {name: open_customers, keys: [axis_value, state], types: {state: string}, customers: placed, products: placed_products, becomes: {ja: "明細の状態別の購入者：open（未加入で、まだ後日加入できる日数内）、attached（加入）、late（後日加入）、closed（期限切れ）。商品はその商品", en: "buyers by what became of the line: open (without warranty, still inside the late-join days), attached, late, closed; products = the items"}}
rules: [TZ, PUR, RET, GUEST, MERGE, UNK, SMALL, SET]
needs: [warranties]
notes:
- ja: "対象：会員の明細（返品を引く）で、1点の価格が「対象とする最低価格」以上のもの。サービスは除く。解約された保証は数えない。"
  en: "eligible: lines of members, net of returns, at eligible_min_price a piece or more; services are out. A cancelled warranty does not count"
- ja: "後日加入＝保証の開始が購入日より後で、「後日加入できる日数」以内のもの。それより後に始まるもの（メーカー保証の後）は加入とする。"
  en: "late = the warranty begins after the day of the purchase, within late_join_days; one that begins later still (after the maker's) is attached"
- ja: "期待付帯率：それぞれの明細に、集計期間の同じ価格帯の全明細と同じ割合で保証が付いた場合の率。"
  en: "expected_rate: what the lines would bring if each were covered as often as all lines of its price band in the period"
- ja: "スタッフ（staff_id）は販売した人。スタッフの付帯率は、価格帯の構成を揃えた期待付帯率と比べる。"
  en: "staff_id is who sold it; compare the rate of a staff member with expected_rate, which has the same mix of price bands"
- ja: "機会額＝案内可能な未加入明細×その価格帯で加入された保証の価格の中央値。その価格帯に加入がなければ、全価格帯の中央値。"
  en: "potential = open lines × the median price of the warranties taken in their price band, of all bands where nobody took one there"
- ja: "未加入案内可能は行の中で重複を除いた人数で、複数の行に入ることがある。"
  en: "open_customers are distinct in a row and may stand in several"
standard: null
*/
WITH taken AS (
  SELECT
    order_id,
    line_no,
    product_id,
    MIN(start_date) AS start_date,
    MAX(price) AS price
  FROM warranties
  WHERE COALESCE(cancelled_date > :as_of, TRUE)
  GROUP BY order_id, line_no, product_id
),
served AS (
  SELECT o.order_id, o.staff_id FROM orders AS o WHERE :axis_reads_served
),
eligible AS (
  SELECT
    :axis AS axis_value,
    lines.order_id,
    lines.line_no,
    lines.product_id,
    lines.customer_id,
    PRICE_BAND_OF(COALESCE(lines.unit_price, RATIO(lines.amount, lines.quantity))) AS band,
    lines.purchase_date
  FROM purchase_lines AS lines
  JOIN v_purchases AS orders ON orders.order_id = lines.order_id
  JOIN population AS customers ON customers.customer_id = lines.customer_id
  LEFT JOIN products ON products.product_id = lines.product_id
  LEFT JOIN stores ON stores.store_id = orders.store_id
  LEFT JOIN served ON served.order_id = lines.order_id
  WHERE
    lines.quantity > 0
    AND NOT lines.is_service
    AND COALESCE(lines.unit_price, RATIO(lines.amount, lines.quantity)) >= :eligible_min_price
    AND lines.purchase_date BETWEEN :period_start AND :period_end
),
covered AS (
  SELECT
    e.order_id,
    e.line_no,
    MIN(t.start_date) AS start_date,
    MAX(t.price) AS price
  FROM eligible AS e
  JOIN taken AS t
    ON t.order_id = e.order_id AND (t.line_no = e.line_no OR (t.line_no IS NULL AND t.product_id = e.product_id))
  WHERE
    t.start_date IS NULL
    OR t.start_date <= :as_of
    OR t.start_date > DATE_ADD('day', :late_join_days, e.purchase_date)
  GROUP BY e.order_id, e.line_no
),
ranked_values AS (
  SELECT axis_value, ROW_NUMBER() OVER (ORDER BY axis_value = :unknown, COUNT(*) DESC, axis_value) AS place
  FROM eligible
  GROUP BY axis_value
),
placed AS (
  SELECT
    CASE
      WHEN v.place <= :max_axis_values OR e.axis_value = :unknown THEN e.axis_value
      ELSE :other
    END AS axis_value,
    e.customer_id,
    e.product_id,
    e.band,
    c.price,
    CASE
      WHEN c.start_date > e.purchase_date AND c.start_date <= DATE_ADD('day', :late_join_days, e.purchase_date) THEN 'late'
      WHEN c.order_id IS NOT NULL THEN 'attached'
      WHEN DATE_ADD('day', :late_join_days, e.purchase_date) >= :as_of THEN 'open'
      ELSE 'closed'
    END AS state
  FROM eligible AS e
  JOIN ranked_values AS v ON v.axis_value = e.axis_value
  LEFT JOIN covered AS c ON c.order_id = e.order_id AND c.line_no = e.line_no
),
placed_products AS (
  SELECT DISTINCT axis_value, state, product_id FROM placed
),
bands AS (
  SELECT
    band,
    RATIO(COUNT_IF(state IN ('attached', 'late')), COUNT(*)) AS attach_rate,
    QUANTILE_OF(price, 0.5) AS price
  FROM placed
  GROUP BY band
),
any_band AS (
  SELECT QUANTILE_OF(price, 0.5) AS price FROM placed
)
SELECT
  p.axis_value,
  COUNT(*) AS eligible,
  COUNT_IF(p.state IN ('attached', 'late')) AS attached,
  RATIO(COUNT_IF(p.state IN ('attached', 'late')), COUNT(*)) AS attach_rate,
  COUNT_IF(p.state = 'late') AS late_attached,
  AVG(b.attach_rate) AS expected_rate,
  COUNT(DISTINCT CASE WHEN p.state = 'open' THEN p.customer_id END) AS open_customers,
  CAST(COALESCE(SUM(CASE WHEN p.state = 'open' THEN COALESCE(b.price, a.price) END), 0) AS DECIMAL(18, 2)) AS potential
FROM placed AS p
JOIN bands AS b ON b.band = p.band
CROSS JOIN any_band AS a
GROUP BY p.axis_value
ORDER BY
  CASE p.axis_value WHEN :other THEN 1 WHEN :unknown THEN 2 ELSE 0 END,
  COUNT(*) DESC,
  p.axis_value
