/*
id: fulfilment_leadtime
name: {ja: 出荷・配送リードタイム分析, en: Fulfilment lead time}
category: overview
origin: extension
tier: standard
question:
  ja: 受注から出荷・配達まで何日かかるか。遅れた顧客は戻って来にくいか。
  en: "How long from order to shipment and delivery, and do late customers come back less?"
method:
  ja: "「測る区間」（受注から配達、受注から出荷、出荷から配達のいずれか）の日数の分布を「区分」（チャネル、店舗、都道府県、商品カテゴリなど）ごとに出し、日数帯ごとのリピート率と問合せ率を見る。"
  en: "Distribution of the days of the leg (order to delivery, order to shipment or shipment to delivery) by split: channel, store, area, item class; repeat rate and complaint rate per band of days."
parameter_groups: [period, base, pur]
parameters:
- {name: bands, type: list(int), default: "1,2,3,5,7,14", minimum: 0, label_ja: 日数の区切り, note: "upper ends, rising"}
- {name: split, type: axis, default: channel, over: [received, stores, customers, products], shown_as: split_value, label_ja: 区分, note: "channel, store_id, prefecture, category_l1, …; null = all as one"}
- {name: leg, type: "enum(order_to_delivery,order_to_shipment,shipment_to_delivery)", default: order_to_delivery, label_ja: 測る区間, note: ""}
- {name: follow_days, type: int, default: 90, minimum: 1, label_ja: その後を見る日数, note: "for repeat and complaint, from the end of the leg"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "orders of the split, or those whose follow_days have passed, under which low_n is set"}
columns:
- {name: split_value, type: string, unit: none, label_ja: 区分}
- {name: band, type: string, unit: days, label_ja: 日数帯}
- {name: orders, type: int, unit: orders, label_ja: 件数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: median_days, type: double, unit: days, label_ja: 中央値}
- {name: p90_days, type: double, unit: days, label_ja: 90%点}
- {name: repeat_rate, type: ratio, unit: ratio, label_ja: リピート率}
- {name: complaint_rate, type: ratio, unit: ratio, label_ja: 問合せ率}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: histogram, x: band, y: orders, color: split_value}
- {kind: bar, x: band, y: repeat_rate, color: split_value}
- {kind: table}
cells:
- {name: band, keys: [split_value, band], customers: shown, becomes: {ja: "その日数帯の配達を受けた顧客（お詫びやケアメールの対象）", en: "customers with such a delivery (for an apology or a care mail)"}}
rules: [TZ, GUEST, CENSOR, UNK, MULTI, DIV0, SMALL, SET]
notes:
- ja: "店舗での販売はリードタイムが0なので除く。"
  en: "store sales have lead time 0 and are left out"
- ja: "未完了の注文のうち、区分の90%点より長くかかっているものを「未着(遅延)」とする。これと、まだその日数内にある注文は構成比に入れない。"
  en: "open orders older than the 90th percentile of their split are listed as 未着(遅延); they and orders still in time are no part of share"
- ja: "中央値と90%点は区分全体のもので、区分内のどの行も同じ。"
  en: "median_days and p90_days are of the whole split, the same in its rows"
- ja: "商品の区分（カテゴリなど）では、注文をその商品の区分ごとに1件ずつ数えるので、区分の合計は注文の数を超えることがある。サービス（送料、設置など）の明細は除く。商品を絞り込んだ場合は、その商品の明細だけを見る。"
  en: "with an item class as split an order counts once in each class that it holds, so that classes may add up to more than the orders; lines of services (fees, installation) are left out, and with a product filter lines of other products"
- ja: "リピート＝次の購入、問合せ＝苦情または電話の応対で、いずれも区間の終わりから「その後を見る日数」以内のもの。その日数が過ぎた会員について数える。"
  en: "repeat = another purchase, complaint = a visit of type complaint or phone, within follow_days of the end of the leg; of members whose follow_days have passed"
*/
WITH received AS (
  SELECT o.*
  FROM orders_received AS o
  WHERE o.status <> 'cancelled' AND o.channel <> 'store'
),
held AS (
  SELECT l.order_id, l.product_id
  FROM order_lines AS l
  LEFT JOIN products AS p ON p.product_id = l.product_id
  WHERE
    :split_reads_products
    AND l.quantity > 0
    AND NOT COALESCE(p.is_service, FALSE)
    AND l.product_id IN (:product_filter)
),
-- An order once in each item class that it holds where the split is one, else once.
placed AS (
  SELECT DISTINCT
    CASE WHEN customers.customer_id IS NULL AND :split_reads_customers THEN :guest ELSE :split END AS split_value,
    received.order_id,
    customers.customer_id,
    received.order_date,
    CASE :leg WHEN 'shipment_to_delivery' THEN received.shipped_date ELSE received.order_date END AS start_date,
    CASE :leg WHEN 'order_to_shipment' THEN received.shipped_date ELSE received.delivered_date END AS end_date,
    received.status
  FROM received
  LEFT JOIN customers AS known ON known.customer_id = received.customer_id
  LEFT JOIN population AS customers ON customers.customer_id = received.customer_id
  LEFT JOIN stores ON stores.store_id = received.store_id
  LEFT JOIN held AS h ON h.order_id = received.order_id
  LEFT JOIN products ON products.product_id = h.product_id
  WHERE customers.customer_id IS NOT NULL OR (:everyone AND known.customer_id IS NULL)
),
timed AS (
  SELECT p.*, DATE_DIFF('day', p.start_date, p.end_date) AS days
  FROM placed AS p
  WHERE p.start_date IS NOT NULL AND p.end_date IS NOT NULL AND p.end_date <= :as_of
),
quantiles AS (
  SELECT
    split_value,
    COUNT(*) AS orders,
    QUANTILE_OF(days, 0.5) AS median_days,
    QUANTILE_OF(days, 0.9) AS p90_days
  FROM timed
  GROUP BY split_value
),
banded AS (
  SELECT t.*, CAST(CARDINALITY(FILTER(:bands, b -> b < t.days)) AS BIGINT) + 1 AS place
  FROM timed AS t
),
named AS (
  SELECT
    b.*,
    CASE
      WHEN b.place = 1 THEN CAST(ELEMENT_AT(:bands, 1) AS VARCHAR) || '日以内'
      WHEN b.place > CARDINALITY(:bands) THEN CAST(ELEMENT_AT(:bands, -1) + 1 AS VARCHAR) || '日以上'
      WHEN ELEMENT_AT(:bands, b.place) = ELEMENT_AT(:bands, b.place - 1) + 1
        THEN CAST(ELEMENT_AT(:bands, b.place) AS VARCHAR) || '日'
      ELSE CAST(ELEMENT_AT(:bands, b.place - 1) + 1 AS VARCHAR) || '〜'
        || CAST(ELEMENT_AT(:bands, b.place) AS VARCHAR) || '日'
    END AS band
  FROM banded AS b
),
delayed AS (
  SELECT p.split_value, '未着(遅延)' AS band, p.order_id, p.customer_id
  FROM placed AS p
  JOIN quantiles AS q ON q.split_value = p.split_value
  WHERE
    (p.end_date IS NULL OR p.end_date > :as_of)
    AND p.status IN ('accepted', 'shipped')
    AND DATE_DIFF('day', COALESCE(p.start_date, p.order_date), :as_of) > q.p90_days
),
shown AS (
  SELECT split_value, band, customer_id FROM named
  UNION ALL
  SELECT split_value, band, customer_id FROM delayed
),
waited AS (
  SELECT DISTINCT order_id, customer_id, end_date FROM timed
),
next_purchases AS (
  SELECT
    n.order_id,
    COUNT_IF(DATE_DIFF('day', n.end_date, p.purchase_date) BETWEEN 0 AND :follow_days) > 0 AS is_repeated
  FROM waited AS n
  JOIN v_purchases AS p ON p.customer_id = n.customer_id AND p.order_id <> n.order_id
  GROUP BY n.order_id
),
contacts AS (
  SELECT COALESCE(i.person_id, v.customer_id) AS customer_id, v.visit_date
  FROM service_visits AS v
  LEFT JOIN v_identity AS i ON i.customer_id = v.customer_id
  WHERE v.visit_type IN ('complaint', 'phone')
),
complained AS (
  SELECT
    n.order_id,
    COUNT_IF(DATE_DIFF('day', n.end_date, c.visit_date) BETWEEN 0 AND :follow_days) > 0 AS is_complained
  FROM waited AS n
  JOIN contacts AS c ON c.customer_id = n.customer_id
  GROUP BY n.order_id
),
followed AS (
  SELECT
    n.split_value,
    n.band,
    n.place,
    n.customer_id IS NOT NULL AND DATE_ADD('day', :follow_days, n.end_date) <= :as_of AS is_observed,
    COALESCE(r.is_repeated, FALSE) AS is_repeated,
    COALESCE(c.is_complained, FALSE) AS is_complained
  FROM named AS n
  LEFT JOIN next_purchases AS r ON r.order_id = n.order_id
  LEFT JOIN complained AS c ON c.order_id = n.order_id
),
measured AS (
  SELECT
    split_value,
    band,
    place,
    COUNT(*) AS orders,
    COUNT_IF(is_observed) AS observed,
    COUNT_IF(is_observed AND is_repeated) AS repeated,
    COUNT_IF(is_observed AND is_complained) AS complained
  FROM followed
  GROUP BY split_value, band, place
  UNION ALL
  SELECT split_value, band, 9999, COUNT(*), 0, 0, 0
  FROM delayed
  GROUP BY split_value, band
)
SELECT
  m.split_value,
  m.band,
  m.orders,
  CASE WHEN m.place < 9999 THEN RATIO(m.orders, q.orders) END AS share,
  q.median_days,
  q.p90_days,
  RATIO(m.repeated, m.observed) AS repeat_rate,
  RATIO(m.complained, m.observed) AS complaint_rate,
  (m.place < 9999 AND q.orders < :min_cell) OR m.observed BETWEEN 1 AND :min_cell - 1 AS low_n
FROM measured AS m
JOIN quantiles AS q ON q.split_value = m.split_value
ORDER BY
  CASE m.split_value WHEN :guest THEN 1 WHEN :unknown THEN 2 ELSE 0 END,
  m.split_value,
  m.place
