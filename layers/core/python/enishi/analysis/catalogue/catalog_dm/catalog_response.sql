/*
id: catalog_response
name: {ja: カタログ・DMレスポンス分析, en: Catalog and DM response}
category: catalog_dm
origin: extension
tier: core
question:
  ja: カタログを受け取った何人が、どのチャネルで買い、その号は採算に合ったか。
  en: "How many receivers order after a catalog, through which channel, and does the issue pay?"
method:
  ja: "到着から成果の期間内に購入した受取人を数える。レスポンス率、売上、1部あたり売上、費用、1部あたり利益を示し、未発送群があれば比べる。注文チャネル（電話、EC、店舗など）別の内訳も示す。"
  en: "Receivers with a purchase inside the window from delivery; response rate, amount, amount per copy, cost, profit per copy; against withheld copies where present; all together and by the channel of the order."
parameter_groups: [base, pur, axis, stat]
parameters:
- {name: catalog_ids, type: list, default: required, label_ja: カタログ, note: ids of issues}
- {name: window_days, type: int, default: 45, minimum: 1, maximum: 365, label_ja: 成果の期間(日), note: from delivery}
- {name: match, type: "enum(any_purchase,listed_items,code)", default: listed_items, label_ja: 成果とする購入, note: "any purchase, listed items alone, or orders with the issue's code"}
- {name: axis, type: axis, default: segment_code, over: [copies, customers], shown_as: axis_value, label_ja: 集計軸, note: "the selection cell, or a column of the customer"}
columns:
- {name: catalog, type: string, unit: none, label_ja: カタログ}
- {name: axis_value, type: string, unit: none, label_ja: 区分}
- {name: channel, type: string, unit: none, label_ja: 注文チャネル}
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
- {kind: bar, x: axis_value, y: response_rate, color: catalog, where: {channel: 合計}}
- {kind: bar, x: axis_value, y: profit_per_copy, color: catalog, where: {channel: 合計}}
- {kind: stacked_bar, x: catalog, y: amount, color: channel, where: {channel: {not: [合計]}}, title_ja: 注文チャネル別の売上}
- {kind: table}
cells:
- {name: receivers, keys: [catalog, axis_value, channel, responded, day, is_observed], types: {responded: bool, day: int, is_observed: bool}, customers: receivers, products: bought_products, becomes: {ja: "購入した受取人（最初の購入の経過日別、到着日＝0）、または購入していない受取人。注文チャネルの行は、そこで購入した受取人。到着後14日目までに購入していない受取人はnot [day=0..14]。購入者数に数えた人は、成果の期間が過ぎたis_observed=trueの人", en: "responders (by the day of their first order, 0 = delivery) or non-responders; a channel's row opens those who ordered through it; not responded by day 14 is not [day=0..14]; those whom responders counts, their window having passed, are is_observed=true"}}
rules: [TZ, PUR, RET, GUEST, MERGE, HOLD, CENSOR, UNK, MULTI, SMALL, DIV0, SET]
notes:
- ja: "号が重なるときは、その商品を掲載する、最も遅く届いた号に注文を割り当てる。"
  en: "overlapping issues: an order goes to the latest delivered issue listing the item"
- ja: "発送数は届いた部数。返送分は分母から除くが、その費用は残す。"
  en: "copies are those that arrived; returned ones leave the denominator, but their cost stays"
- ja: "成果の期間が基準日までに過ぎていない部の数値は除く。観測できるものがない区分は空欄。"
  en: "figures of copies whose window has not passed by as_of are left out; a cell with none observed is null"
- ja: "売上と粗利は、該当する明細のもの（すべての購入（any_purchase）とコード（code）では注文の全明細）。1部あたり利益は粗利−費用で、原価のわからない明細があれば空欄。"
  en: "amount and margin are of the matching lines (any_purchase and code - all lines of the order); profit_per_copy is margin less cost, null where a line lacks its cost"
- ja: "注文チャネル：「合計」は全チャネル。その下の行は、そのチャネルでの購入者数と売上で、分母（発送数）は合計と同じ。いくつものチャネルで買った人は、それぞれに数える。返送数、費用、1部あたり利益は合計だけ。未発送群購入率も同じチャネルでの購入による。観測できた購入がないチャネルに行はない。"
  en: "channel: 合計 are all channels; the rows below are responders and amount of the orders through one, over the same copies. Who ordered through several is counted in each; returned, cost and profit_per_copy are of all alone, control_rate is of the same channel. A channel without an observed order has no row"
- ja: "未発送群は、選ばれたが発送を控えた部で、その号の最初の到着日に届いたとみなす。未発送群購入率は同じ成果の条件による（コードは未発送群に届かないため、コードでは空欄）。"
  en: "the control are copies selected and withheld, taken to arrive on the issue's first day; control_rate by the same match (a code cannot reach them, so it is null for code)"
needs: [catalog_shipments]
example: {catalog_ids: C2026A}
*/
WITH
-- Issues that share a name, such as each year's spring, have their id behind it.
issue_names AS (
  SELECT
    i.catalog_id,
    CASE
      WHEN COUNT(*) OVER (PARTITION BY i.name) > 1 THEN COALESCE(i.name || ' (' || i.catalog_id || ')', i.catalog_id)
      ELSE COALESCE(i.name, i.catalog_id)
    END AS catalog
  FROM catalogs AS i
),
sent AS (
  SELECT
    COALESCE(n.catalog, copies.catalog_id) AS catalog,
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
  LEFT JOIN issue_names AS n ON n.catalog_id = copies.catalog_id
  WHERE copies.catalog_id IN (:catalog_ids)
),
kept AS (
  SELECT axis_name
  FROM (
    SELECT axis_name, ROW_NUMBER() OVER (ORDER BY axis_name = :unknown, COUNT(*) DESC, axis_name) AS place
    FROM sent
    GROUP BY axis_name
  ) AS ranked
  WHERE place <= :max_axis_values OR axis_name = :unknown
),
matching AS (
  SELECT
    l.shipment_id,
    l.product_id,
    COALESCE(l.channel, :unknown) AS order_channel,
    l.purchase_date,
    l.delivered_date,
    l.amount,
    l.margin
  FROM catalog_lines AS l
  WHERE
    (:match = 'any_purchase' AND l.place = 1)
    OR (:match = 'listed_items' AND l.is_listed AND l.listed_place = 1)
    OR (:match = 'code' AND l.is_coded AND l.coded_place = 1 AND NOT l.is_control)
),
responses AS (
  SELECT
    m.shipment_id,
    t.channel,
    DATE_DIFF('day', MIN(m.delivered_date), MIN(m.purchase_date)) AS day,
    SUM(m.amount) AS amount,
    CASE WHEN COUNT(m.margin) = COUNT(*) THEN SUM(m.margin) END AS margin
  FROM matching AS m
  CROSS JOIN UNNEST(ARRAY[m.order_channel, :total]) AS t(channel)
  GROUP BY m.shipment_id, t.channel
),
placed AS (
  SELECT s.*, COALESCE(k.axis_name, :other) AS axis_value
  FROM sent AS s
  LEFT JOIN kept AS k ON k.axis_name = s.axis_name
),
-- Every copy, and once more each channel through which it brought an order.
answered AS (
  SELECT
    p.*,
    :total AS channel,
    r.shipment_id IS NOT NULL AS responded,
    r.day,
    r.amount,
    CASE WHEN r.shipment_id IS NULL THEN 0 ELSE r.margin END AS margin
  FROM placed AS p
  LEFT JOIN responses AS r ON r.shipment_id = p.shipment_id AND r.channel = :total
  UNION ALL
  SELECT p.*, r.channel, TRUE, r.day, r.amount, r.margin
  FROM placed AS p
  JOIN responses AS r ON r.shipment_id = p.shipment_id
  WHERE r.channel <> :total
),
receivers AS (
  SELECT * FROM answered WHERE NOT is_control AND NOT is_returned
),
bought_products AS (
  SELECT r.catalog, r.axis_value, r.channel, r.responded, r.day, r.is_observed, m.product_id
  FROM receivers AS r
  JOIN matching AS m ON m.shipment_id = r.shipment_id AND (r.channel = :total OR r.channel = m.order_channel)
),
costs AS (
  SELECT catalog, axis_value, SUM(cost) AS cost, COUNT_IF(is_returned) AS returned
  FROM placed
  WHERE NOT is_control
  GROUP BY catalog, axis_value
),
arrived AS (
  SELECT
    catalog,
    axis_value,
    COUNT(*) AS copies,
    COUNT_IF(is_observed) AS observed,
    CASE WHEN COUNT(margin) = COUNT(*) THEN SUM(CASE WHEN is_observed THEN margin END) END AS margin
  FROM receivers
  WHERE channel = :total
  GROUP BY catalog, axis_value
),
responders AS (
  SELECT catalog, axis_value, channel, COUNT(DISTINCT customer_id) AS responders, SUM(amount) AS amount
  FROM receivers
  WHERE is_observed AND responded
  GROUP BY catalog, axis_value, channel
),
withheld AS (
  SELECT catalog, axis_value, COUNT(*) AS copies
  FROM placed
  WHERE is_control AND is_observed AND :match <> 'code'
  GROUP BY catalog, axis_value
),
bought_anyway AS (
  SELECT catalog, axis_value, channel, COUNT(*) AS copies
  FROM answered
  WHERE is_control AND is_observed AND responded
  GROUP BY catalog, axis_value, channel
),
listed AS (
  SELECT catalog, axis_value, :total AS channel FROM arrived
  UNION
  SELECT catalog, axis_value, channel FROM responders
  UNION
  SELECT catalog, axis_value, channel FROM bought_anyway
),
rates AS (
  SELECT
    l.catalog,
    l.axis_value,
    l.channel,
    a.copies,
    a.observed,
    CASE WHEN a.observed > 0 THEN COALESCE(r.responders, 0) END AS responders,
    CASE WHEN a.observed > 0 THEN COALESCE(r.amount, 0) END AS amount,
    CASE WHEN l.channel = :total THEN a.margin END AS margin,
    RATIO(COALESCE(b.copies, 0), w.copies) AS control_rate
  FROM listed AS l
  JOIN arrived AS a ON a.catalog = l.catalog AND a.axis_value = l.axis_value
  LEFT JOIN responders AS r ON r.catalog = l.catalog AND r.axis_value = l.axis_value AND r.channel = l.channel
  LEFT JOIN withheld AS w ON w.catalog = l.catalog AND w.axis_value = l.axis_value
  LEFT JOIN bought_anyway AS b ON b.catalog = l.catalog AND b.axis_value = l.axis_value AND b.channel = l.channel
)
SELECT
  r.catalog,
  r.axis_value,
  r.channel,
  r.copies,
  c.returned,
  r.responders,
  RATIO(r.responders, r.observed) AS response_rate,
  r.amount,
  CAST(RATIO(r.amount, r.observed) AS DECIMAL(18, 2)) AS amount_per_copy,
  c.cost,
  CAST(RATIO(r.margin, r.observed) - RATIO(c.cost, r.copies) AS DECIMAL(18, 2)) AS profit_per_copy,
  r.control_rate,
  RATIO(r.responders, r.observed) - r.control_rate AS incremental_rate,
  r.observed < :min_cell AS low_n
FROM rates AS r
LEFT JOIN costs AS c ON c.catalog = r.catalog AND c.axis_value = r.axis_value AND r.channel = :total
ORDER BY
  r.catalog,
  CASE r.axis_value WHEN :unknown THEN 2 WHEN :other THEN 1 ELSE 0 END,
  r.axis_value,
  r.channel <> :total,
  r.channel
