/*
id: catalog_response
name: {ja: カタログ・DMレスポンス分析, en: Catalog and DM response}
category: catalog_dm
origin: extension
tier: core
question:
  ja: カタログを受け取った何人が買い、その号は採算に合ったか。
  en: "How many receivers order after a catalog, through which channel, and does the issue pay?"
method:
  ja: "到着から成果の期間内に購入した受取人を数える。レスポンス率、売上、1部あたり売上、費用、1部あたり利益を示し、未発送群があれば比べる。"
  en: "Receivers with a purchase inside the window from delivery; response rate, amount, amount per copy, cost, profit per copy; against withheld copies where present."
parameter_groups: [base, pur, axis, stat]
parameters:
- {name: catalog_ids, type: list, default: required, label_ja: カタログ, note: ids of issues}
- {name: window_days, type: int, default: 45, minimum: 1, maximum: 365, label_ja: 成果の期間(日), note: from delivery}
- {name: match, type: "enum(any_purchase,listed_items,code)", default: listed_items, label_ja: 成果とする購入, note: "any purchase, listed items alone, or orders with the issue's code"}
- {name: axis, type: axis, default: segment_code, over: [copies, customers], shown_as: axis_value, label_ja: 集計軸, note: "the selection cell, or a column of the customer"}
columns:
- {name: catalog, type: string, unit: none, label_ja: カタログ}
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: copies, type: int, unit: copies, label_ja: 発送数}
- {name: returned, type: int, unit: copies, label_ja: 返送数}
- {name: responders, type: int, unit: people, label_ja: 購入者数}
- {name: response_rate, type: ratio, unit: ratio, label_ja: レスポンス率}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: amount_per_copy, type: money, unit: JPY/copy, label_ja: 1部あたり売上}
- {name: cost, type: money, unit: JPY, label_ja: 費用}
- {name: profit_per_copy, type: money, unit: JPY/copy, label_ja: 1部あたり利益}
- {name: control_rate, type: ratio, unit: ratio, label_ja: 未発送群購入率}
- {name: incremental_rate, type: ratio, unit: pp, label_ja: 増分}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: axis_value, y: response_rate, color: catalog}
- {kind: bar, x: axis_value, y: profit_per_copy, color: catalog}
- {kind: table}
cells:
- {name: receivers, keys: [catalog, axis_value, responded, day], types: {responded: bool, day: int}, customers: receivers, products: bought_products, becomes: {ja: "購入した受取人（最初の購入の経過日別、到着日＝0）、または購入していない受取人。到着後14日目までに購入していない受取人はnot [day=0..14]", en: "responders (by the day of their first order, 0 = delivery) or non-responders; not responded by day 14 is not [day=0..14]"}}
rules: [TZ, PUR, RET, GUEST, MERGE, HOLD, CENSOR, SMALL, DIV0, SET]
notes:
- ja: "号が重なるときは、その商品を掲載する、最も遅く届いた号に注文を割り当てる。"
  en: "overlapping issues: an order goes to the latest delivered issue listing the item"
- ja: "発送数は届いた部数。返送分は分母から除くが、その費用は残す。"
  en: "copies are those that arrived; returned ones leave the denominator, but their cost stays"
- ja: "成果の期間が基準日までに過ぎていない部の数値は除く。観測できるものがない区分は空欄。"
  en: "figures of copies whose window has not passed by as_of are left out; a cell with none observed is null"
- ja: "売上と粗利は、該当する明細のもの（すべての購入（any_purchase）とコード（code）では注文の全明細）。1部あたり利益は粗利−費用で、原価のわからない明細があれば空欄。"
  en: "amount and margin are of the matching lines (any_purchase and code - all lines of the order); profit_per_copy is margin less cost, null where a line lacks its cost"
- ja: "未発送群は、選ばれたが発送を控えた部で、その号の最初の到着日に届いたとみなす。未発送群購入率は同じ成果の条件による（コードは未発送群に届かないため、コードでは空欄）。"
  en: "the control are copies selected and withheld, taken to arrive on the issue's first day; control_rate by the same match (a code cannot reach them, so it is null for code)"
needs: [catalog_shipments]
example: {catalog_ids: C2026A}
*/
WITH sent AS (
  SELECT
    copies.catalog,
    :axis AS axis_name,
    copies.shipment_id,
    copies.customer_id,
    copies.is_control,
    copies.is_returned,
    copies.cost,
    copies.delivered_date,
    DATE_ADD('day', :window_days, copies.delivered_date) <= :as_of AS is_observed
  FROM catalog_copies AS copies
  JOIN population AS customers ON customers.customer_id = copies.customer_id
  WHERE copies.catalog_id IN (:catalog_ids)
),
kept AS (
  SELECT axis_name
  FROM (
    SELECT axis_name, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, axis_name) AS place
    FROM sent
    GROUP BY axis_name
  ) AS ranked
  WHERE place <= :max_axis_values OR axis_name = :unknown
),
matching AS (
  SELECT l.shipment_id, l.order_id, l.product_id, l.purchase_date, l.delivered_date, l.amount, l.margin
  FROM catalog_lines AS l
  WHERE
    (:match = 'any_purchase' AND l.place = 1)
    OR (:match = 'listed_items' AND l.is_listed AND l.listed_place = 1)
    OR (:match = 'code' AND l.is_coded AND l.coded_place = 1)
),
responses AS (
  SELECT
    shipment_id,
    DATE_DIFF('day', MIN(delivered_date), MIN(purchase_date)) AS day,
    SUM(amount) AS amount,
    CASE WHEN COUNT(margin) = COUNT(*) THEN SUM(margin) END AS margin
  FROM matching
  GROUP BY shipment_id
),
placed AS (
  SELECT
    s.*,
    COALESCE(k.axis_name, :other) AS axis_value,
    r.shipment_id IS NOT NULL AS responded,
    r.day,
    r.amount,
    CASE WHEN r.shipment_id IS NULL THEN 0 ELSE r.margin END AS margin
  FROM sent AS s
  LEFT JOIN kept AS k ON k.axis_name = s.axis_name
  LEFT JOIN responses AS r ON r.shipment_id = s.shipment_id
),
receivers AS (
  SELECT * FROM placed WHERE NOT is_control AND NOT is_returned
),
bought_products AS (
  SELECT r.catalog, r.axis_value, r.responded, r.day, m.product_id
  FROM receivers AS r
  JOIN matching AS m ON m.shipment_id = r.shipment_id
),
costs AS (
  SELECT catalog, axis_value, SUM(cost) AS cost, COUNT_IF(is_returned) AS returned
  FROM placed
  WHERE NOT is_control
  GROUP BY catalog, axis_value
),
observed AS (
  SELECT
    catalog,
    axis_value,
    COUNT(*) AS copies,
    COUNT_IF(is_observed) AS observed,
    COUNT(DISTINCT CASE WHEN is_observed AND responded THEN customer_id END) AS responders,
    SUM(CASE WHEN is_observed THEN COALESCE(amount, 0) END) AS amount,
    CASE WHEN COUNT(margin) = COUNT(*) THEN SUM(CASE WHEN is_observed THEN margin END) END AS margin
  FROM receivers
  GROUP BY catalog, axis_value
),
withheld AS (
  SELECT catalog, axis_value, RATIO(COUNT_IF(responded), COUNT(*)) AS rate
  FROM placed
  WHERE is_control AND is_observed AND :match <> 'code'
  GROUP BY catalog, axis_value
)
SELECT
  o.catalog,
  o.axis_value,
  o.copies,
  c.returned,
  CASE WHEN o.observed > 0 THEN o.responders END AS responders,
  RATIO(o.responders, o.observed) AS response_rate,
  o.amount,
  CAST(RATIO(o.amount, o.observed) AS DECIMAL(18, 2)) AS amount_per_copy,
  c.cost,
  CAST(RATIO(o.margin, o.observed) - RATIO(c.cost, o.copies) AS DECIMAL(18, 2)) AS profit_per_copy,
  w.rate AS control_rate,
  RATIO(o.responders, o.observed) - w.rate AS incremental_rate,
  o.observed < :min_cell AS low_n
FROM observed AS o
JOIN costs AS c ON c.catalog = o.catalog AND c.axis_value = o.axis_value
LEFT JOIN withheld AS w ON w.catalog = o.catalog AND w.axis_value = o.axis_value
ORDER BY o.catalog, CASE o.axis_value WHEN :unknown THEN 2 WHEN :other THEN 1 ELSE 0 END, o.axis_value
