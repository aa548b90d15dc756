/*
id: catalog_matchback
name: {ja: カタログ×Webマッチバック分析, en: Matchback of web orders to catalogs}
category: catalog_dm
origin: extension
tier: standard
question:
  ja: Webと店舗の注文のうち、カタログがきっかけだったものはどれだけか。
  en: How many web and store orders were really started by a catalog?
method:
  ja: "成果の期間内の受取人の注文を根拠別に数える。根拠は、申込コード、掲載商品、カタログ限定商品、印刷されたリンクからの訪問、時期のみ。注文ごとに最も強い根拠をとる。"
  en: "Orders of receivers in the window by evidence: code, listed item, catalog-only item, page visited from the printed link, or time only; each order takes its strongest class."
parameter_groups: [base, pur]
parameters:
- {name: catalog_ids, type: list, default: required, label_ja: カタログ, note: ""}
- {name: window_days, type: int, default: 45, label_ja: 成果の期間(日), note: ""}
- {name: count_time_only, type: bool, default: false, label_ja: 時期のみの注文も含める, note: "time_only in share and amount of the catalog's account"}
columns:
- {name: channel, type: enum, unit: none, label_ja: 購入チャネル}
- {name: evidence, type: enum, unit: none, label_ja: 根拠}
- {name: orders, type: int, unit: orders, label_ja: 件数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: days_median, type: double, unit: days, label_ja: 日数中央値}
- {name: in_account, type: bool, unit: none, label_ja: カタログ分に算入}
charts:
- {kind: stacked_bar, x: channel, y: orders, color: evidence}
- {kind: sankey, source: evidence, target: channel, y: orders}
- {kind: table}
cells:
- {name: cell, keys: [channel, evidence], customers: matched, products: matched_products, becomes: {ja: "該当する顧客と、その注文の商品", en: "customers, and the products of these orders"}}
rules: [TZ, PUR, RET, MERGE, ONCE, SET]
notes:
- ja: "「時期のみ」の注文は示すが、指定しない限りカタログ分に算入しない。"
  en: "'time only' is reported but kept out of the catalog's account unless asked for"
- ja: "注文ごとに最も強い根拠をとる。順に、申込コード（その号のIDがある）、カタログ限定（その号だけで販売する商品）、掲載商品（その号の商品）、印刷されたリンクからの訪問（page、注文前にutm_mediumがcatalog、dm、qrの訪問がある）、時期のみ。"
  en: "each order takes its strongest evidence, in this order: code (it carries the issue's id), catalog_only (an item that only the issue sells), listed (an item of the issue), page (a visit by the printed link before it: utm_medium catalog, dm or qr), time_only"
- ja: "複数の号の成果の期間に入る注文は、最も強い根拠を持つもののうち、最も遅く届いた号に割り当てる。"
  en: "an order within the windows of several issues goes to the latest arrived among those of the strongest evidence"
- ja: "構成比はカタログ分の注文に対する割合。時期のみは示すが、「時期のみの注文も含める」を指定しない限り算入しない。"
  en: "share is over the orders of the catalog's account; time_only is reported but kept out of it unless count_time_only"
- ja: "売上は注文全体の額。"
  en: "amount is the whole order's"
needs: [catalog_shipments]
example: {catalog_ids: C2026A}
*/
WITH evidence AS (
  SELECT
    s.shipment_id,
    s.catalog_id,
    s.customer_id,
    s.delivered_date,
    p.order_id,
    COUNT_IF(l.is_coded) > 0 AS is_coded,
    COUNT_IF(l.is_listed AND l.is_catalog_only) > 0 AS is_catalog_only,
    COUNT_IF(l.is_listed) > 0 AS is_listed
  FROM catalog_lines AS l
  JOIN catalog_copies AS s ON s.shipment_id = l.shipment_id
  JOIN purchases AS p
    ON p.customer_id = s.customer_id
    AND (p.order_id = l.order_id OR (:purchase_unit = 'day' AND p.purchase_date = l.purchase_date))
  WHERE NOT l.is_control
  GROUP BY s.shipment_id, s.catalog_id, s.customer_id, s.delivered_date, p.order_id
),
linked AS (
  SELECT DISTINCT e.shipment_id, e.order_id
  FROM evidence AS e
  JOIN purchases AS p ON p.order_id = e.order_id
  JOIN v_sessions AS v ON v.customer_id = e.customer_id
  WHERE v.channel = 'catalog' AND v.session_date >= e.delivered_date AND v.started_at <= p.purchase_at
),
classed AS (
  SELECT
    e.*,
    CASE
      WHEN e.is_coded THEN 1
      WHEN e.is_catalog_only THEN 2
      WHEN e.is_listed THEN 3
      WHEN k.order_id IS NOT NULL THEN 4
      ELSE 5
    END AS strength
  FROM evidence AS e
  LEFT JOIN linked AS k ON k.shipment_id = e.shipment_id AND k.order_id = e.order_id
),
ordered AS (
  SELECT
    c.*,
    ROW_NUMBER() OVER (
      PARTITION BY c.order_id ORDER BY c.strength, c.delivered_date DESC, c.shipment_id DESC
    ) AS place
  FROM classed AS c
),
matched AS (
  SELECT
    p.channel,
    ELEMENT_AT(ARRAY['code', 'catalog_only', 'listed', 'page', 'time_only'], o.strength) AS evidence,
    o.strength,
    o.customer_id,
    p.n,
    p.amount,
    DATE_DIFF('day', o.delivered_date, p.purchase_date) AS days
  FROM ordered AS o
  JOIN purchases AS p ON p.order_id = o.order_id
  WHERE o.place = 1 AND o.catalog_id IN (:catalog_ids)
),
matched_products AS (
  SELECT DISTINCT m.channel, m.evidence, l.product_id
  FROM matched AS m
  JOIN purchase_lines AS l ON l.customer_id = m.customer_id AND l.n = m.n
),
account AS (
  SELECT COUNT(*) AS orders FROM matched WHERE strength < 5 OR :count_time_only
)
SELECT
  m.channel,
  m.evidence,
  COUNT(*) AS orders,
  CASE WHEN m.strength < 5 OR :count_time_only THEN RATIO(COUNT(*), MAX(a.orders)) END AS share,
  SUM(m.amount) AS amount,
  QUANTILE_OF(m.days, 0.5) AS days_median,
  m.strength < 5 OR :count_time_only AS in_account
FROM matched AS m
CROSS JOIN account AS a
GROUP BY m.channel, m.evidence, m.strength
ORDER BY m.channel, m.strength
