/*
id: campaign_conversion
name: {ja: 配信経由購入分析, en: Purchases through a mailing}
category: campaign
origin: extension
tier: core
question:
  ja: 配信のあと、何人が何件買い、いくらの売上になったか。
  en: "How many purchases and how much sales follow a mailing, per product and customer type?"
method:
  ja: "「成果の割り当て」の規則により、成果の期間内の購入を配信に割り当てる。CVR＝購入者数/到達数。あわせてクリックCVR、売上、客単価、総売上比を出す。"
  en: "Attribute purchases to messages by the chosen rule inside the window; conversion = buyers/delivered; click conversion; amount, average, share of total sales."
parameter_groups: [period, base, pur, msg]
parameters:
- {name: product_match, type: "enum(any,clicked_category,offered_product)", default: any, label_ja: 商品の条件, note: "the order holds an item of a category clicked in the message, or an item known to be in it"}
columns:
- {name: campaign, type: string, unit: none, label_ja: 施策}
- {name: sent, type: int, unit: messages, label_ja: 配信数}
- {name: delivered, type: int, unit: messages, label_ja: 到達数}
- {name: buyers, type: int, unit: people, label_ja: 購入者数}
- {name: orders, type: int, unit: orders, label_ja: 購入件数}
- {name: cvr, type: ratio, unit: ratio, label_ja: CVR}
- {name: cvr_sent, type: ratio, unit: ratio, label_ja: CVR(配信数比)}
- {name: click_cvr, type: ratio, unit: ratio, label_ja: クリックCVR}
- {name: amount, type: money, unit: JPY, label_ja: 売上}
- {name: sales_share, type: ratio, unit: ratio, label_ja: 総売上比}
- {name: per_message, type: double, unit: JPY/message, label_ja: 1通あたり売上}
- {name: avg_order, type: money, unit: JPY/order, label_ja: 客単価}
- {name: store_share, type: ratio, unit: ratio, label_ja: 店舗購入比率}
charts:
- {kind: bar, x: campaign, y: amount}
- {kind: bar, x: campaign, y: cvr}
- {kind: table}
cells:
- {name: receivers, keys: [campaign, is_delivered, is_clicked, is_buyer], types: {is_delivered: bool, is_clicked: bool, is_buyer: bool}, customers: receivers, products: clicked_products, becomes: {ja: "その施策の受信者（到達・クリック・購入の有無別）。クリックしたが購入していない顧客（is_clicked=true, is_buyer=false）では、クリックした商品も開く", en: "receivers by what they did; clicked without purchase (is_clicked=true, is_buyer=false) with the products that they clicked"}}
rules: [TZ, PUR, RET, DEDUP, MPP, ONCE, MERGE, DIV0, SET]
notes:
- ja: "既知の事例では、送ったメールの約3%が売上につながるとされる。その分母は配信数のため、配信数比のCVRも示す。"
  en: "a known case reports about 3% of sent mails leading to sales; the base there is mails sent, so per-sent rate is shown too"
- ja: "割り当てた売上は増分ではない。増分は「増分効果分析(コントロール群比較)」で見る。"
  en: "attributed is not incremental, see incrementality"
- ja: "対象は集計期間に送った配信。そこに割り当てる購入は、期間後のものも含め基準日まで数える。"
  en: "the messages are those sent in the period; an order credited to one of them counts up to as_of, also after the period"
- ja: "総売上比は、母集団の集計期間内の全購入に対する比。施策ごとの比を足しても1にはならないことがある。"
  en: "sales_share is over all purchases of the population in the period, so the shares of campaigns need not add up to 1"
- ja: "配信に載せた商品は、クリックされたリンクから知る。誰もクリックしなかった商品はわからない。"
  en: "which products a message offered is known from its clicked links; one that nobody clicked is not known"
- ja: "母集団の会員だけを対象とする。商品別・顧客層別には「商品の絞り込み」と「母集団」を使う。"
  en: "members of base only; per product and customer type by product_filter and base_segment"
*/
WITH mailed AS (
  SELECT t.*
  FROM touches AS t
  JOIN population AS c ON c.customer_id = t.customer_id
  WHERE t.sent_date BETWEEN :period_start AND :period_end
),
clicked_items AS (
  SELECT DISTINCT m.message_id, m.customer_id, m.campaign, e.product_id, p.category_l1
  FROM mailed AS m
  JOIN message_events AS e ON e.message_id = m.message_id
  JOIN products AS p ON p.product_id = e.product_id
  WHERE e.event_type = 'click' AND NOT COALESCE(e.is_machine, FALSE)
),
-- Orders that hold what was clicked in the message which they are credited to.
matched AS (
  SELECT DISTINCT a.order_id, a.message_id
  FROM attributed_orders AS a
  JOIN clicked_items AS i ON i.message_id = a.message_id
  JOIN purchase_lines AS l ON l.order_id = a.order_id
  WHERE
    (:product_match = 'offered_product' AND l.product_id = i.product_id)
    OR (:product_match = 'clicked_category' AND l.category_l1 = i.category_l1)
),
credited AS (
  SELECT
    a.order_id,
    a.message_id,
    a.customer_id,
    a.channel,
    a.amount,
    m.campaign,
    m.clicked_at IS NOT NULL AS is_clicked
  FROM attributed_orders AS a
  JOIN mailed AS m ON m.message_id = a.message_id
  LEFT JOIN matched AS x ON x.order_id = a.order_id AND x.message_id = a.message_id
  WHERE :product_match = 'any' OR x.order_id IS NOT NULL
),
receivers AS (
  SELECT
    m.campaign,
    m.customer_id,
    COUNT_IF(m.delivered_at IS NOT NULL) > 0 AS is_delivered,
    COUNT_IF(m.clicked_at IS NOT NULL) > 0 AS is_clicked,
    COUNT(o.message_id) > 0 AS is_buyer
  FROM mailed AS m
  LEFT JOIN (SELECT DISTINCT message_id FROM credited) AS o ON o.message_id = m.message_id
  GROUP BY m.campaign, m.customer_id
),
clicked_products AS (
  SELECT DISTINCT r.campaign, r.is_delivered, r.is_clicked, r.is_buyer, i.product_id
  FROM receivers AS r
  JOIN clicked_items AS i ON i.campaign = r.campaign AND i.customer_id = r.customer_id
),
messages_by_campaign AS (
  SELECT
    campaign,
    COUNT(*) AS sent,
    COUNT_IF(delivered_at IS NOT NULL) AS delivered,
    COUNT_IF(clicked_at IS NOT NULL) AS clicked
  FROM mailed
  GROUP BY campaign
),
orders_by_campaign AS (
  SELECT
    campaign,
    COUNT(DISTINCT customer_id) AS buyers,
    COUNT(DISTINCT CASE WHEN is_clicked THEN customer_id END) AS clicked_buyers,
    COUNT(DISTINCT order_id) AS orders,
    COUNT(DISTINCT CASE WHEN channel = 'store' THEN order_id END) AS store_orders,
    SUM(amount) AS amount
  FROM credited
  GROUP BY campaign
),
all_sales AS (
  SELECT SUM(p.amount) AS amount
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
)
SELECT
  m.campaign,
  m.sent,
  m.delivered,
  COALESCE(o.buyers, 0) AS buyers,
  COALESCE(o.orders, 0) AS orders,
  RATIO(COALESCE(o.buyers, 0), m.delivered) AS cvr,
  RATIO(COALESCE(o.buyers, 0), m.sent) AS cvr_sent,
  RATIO(COALESCE(o.clicked_buyers, 0), m.clicked) AS click_cvr,
  COALESCE(o.amount, 0) AS amount,
  RATIO(COALESCE(o.amount, 0), s.amount) AS sales_share,
  RATIO(COALESCE(o.amount, 0), m.delivered) AS per_message,
  CAST(RATIO(o.amount, o.orders) AS DECIMAL(18, 2)) AS avg_order,
  RATIO(o.store_orders, o.orders) AS store_share
FROM messages_by_campaign AS m
CROSS JOIN all_sales AS s
LEFT JOIN orders_by_campaign AS o ON o.campaign = m.campaign
ORDER BY CASE WHEN m.campaign = :unknown THEN 1 ELSE 0 END, COALESCE(o.amount, 0) DESC, m.sent DESC, m.campaign
