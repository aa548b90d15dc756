/*
id: click_attribute_profile
name: {ja: クリック属性分析, en: Who clicks}
category: campaign
origin: extension
tier: standard
question:
  ja: クリックの回数と内容は、顧客の属性によってどう違うか。
  en: How do clicks (number and content) differ by customer attribute? (クリック回数属性測定)
method:
  ja: "属性別・内容別のクリック者数、1人あたりクリック、クリック率と、全受信者に対する指数。"
  en: "Clickers, clicks per clicker and click rate by attribute and by content category; index to all receivers."
parameter_groups: [period, base, msg, axis, stat]
parameters:
- {name: content, type: "enum(any,category,campaign)", default: category, label_ja: 内容の分け方, note: "category of the product behind the link"}
- {name: axis, type: axis, default: age_band, over: [customers], shown_as: axis_value, label_ja: 集計軸, note: ""}
columns:
- {name: axis_value, type: string, unit: none, label_ja: 属性値}
- {name: content, type: string, unit: none, label_ja: 内容}
- {name: received, type: int, unit: messages, label_ja: 受信数}
- {name: clickers, type: int, unit: people, label_ja: クリック者数}
- {name: clicks_per_clicker, type: double, unit: count/person, label_ja: 1人あたりクリック}
- {name: click_rate, type: ratio, unit: ratio, label_ja: クリック率}
- {name: index, type: double, unit: ratio, label_ja: 指数}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: heatmap, x: content, y: axis_value, color: index}
- {kind: bar, x: axis_value, y: click_rate, color: content}
- {kind: table}
cells:
- {name: clickers, keys: [axis_value, content], customers: clicks, products: clicks, becomes: {ja: "この区分のクリック者と、リンク先の商品", en: "clickers of this kind, and the products behind the links"}}
- {name: silent, keys: [axis_value, has_clicked], types: {has_clicked: bool}, customers: receivers, becomes: {ja: "受信者（何かをクリックしたかどうか別）", en: "receivers, by whether they clicked anything"}}
rules: [TZ, DEDUP, MPP, MERGE, ATTR, UNK, SMALL, DIV0, SET]
notes:
- ja: "受信数は、集計期間にこの属性の人に到達した配信（内容の分け方が施策（campaign）なら、その施策の配信）。クリック率は、そのうちこの内容がクリックされた配信の割合。"
  en: "received are the delivered messages of the period to people of this attribute (for content=campaign those of the campaign); click_rate is messages clicked with this content over them"
- ja: "指数は、同じ内容についての全受信者のクリック率に対する比（1＝全体並み）。"
  en: "index is the click rate over that of all receivers for the same content (1 = like everybody)"
- ja: "属性は現在のもの。内容の分け方がカテゴリ（category）のとき、商品のないリンクのクリックは「不明」。"
  en: "attributes are the current ones; clicks on links without a product are 不明 under content=category"
*/
WITH delivered AS (
  SELECT
    t.message_id,
    t.campaign,
    customers.customer_id,
    :axis AS axis_name,
    t.clicked_at IS NOT NULL AS is_clicked
  FROM touches AS t
  JOIN population AS customers ON customers.customer_id = t.customer_id
  WHERE t.sent_date BETWEEN :period_start AND :period_end AND t.delivered_at IS NOT NULL
),
kept AS (
  SELECT axis_name
  FROM (
    SELECT axis_name, ROW_NUMBER() OVER (ORDER BY axis_name = :unknown, COUNT(*) DESC, axis_name) AS place
    FROM delivered
    GROUP BY axis_name
  ) AS ranked
  WHERE place <= :max_axis_values OR axis_name = :unknown
),
received AS (
  SELECT d.*, COALESCE(k.axis_name, :other) AS axis_value
  FROM delivered AS d
  LEFT JOIN kept AS k ON k.axis_name = d.axis_name
),
receivers AS (
  SELECT axis_value, customer_id, COUNT_IF(is_clicked) > 0 AS has_clicked
  FROM received
  GROUP BY axis_value, customer_id
),
clicks AS (
  SELECT
    r.axis_value,
    CASE :content
      WHEN 'category' THEN COALESCE(p.category_l1, :unknown)
      WHEN 'campaign' THEN r.campaign
      ELSE :total
    END AS content,
    r.message_id,
    r.customer_id,
    e.product_id
  FROM received AS r
  JOIN message_events AS e ON e.message_id = r.message_id
  LEFT JOIN products AS p ON p.product_id = e.product_id
  WHERE e.event_type = 'click' AND NOT COALESCE(e.is_machine, FALSE)
),
contents AS (
  SELECT DISTINCT content FROM clicks
),
bases AS (
  SELECT
    CASE WHEN GROUPING(r.axis_value) = 1 THEN :total ELSE r.axis_value END AS axis_value,
    c.content,
    COUNT(*) AS received
  FROM received AS r
  JOIN contents AS c ON :content <> 'campaign' OR c.content = r.campaign
  GROUP BY GROUPING SETS ((r.axis_value, c.content), (c.content))
),
counted AS (
  SELECT
    CASE WHEN GROUPING(axis_value) = 1 THEN :total ELSE axis_value END AS axis_value,
    content,
    COUNT(*) AS clicks,
    COUNT(DISTINCT message_id) AS messages,
    COUNT(DISTINCT customer_id) AS clickers
  FROM clicks
  GROUP BY GROUPING SETS ((axis_value, content), (content))
),
rates AS (
  SELECT
    b.axis_value,
    b.content,
    b.received,
    COALESCE(c.clickers, 0) AS clickers,
    RATIO(c.clicks, c.clickers) AS clicks_per_clicker,
    RATIO(COALESCE(c.messages, 0), b.received) AS click_rate
  FROM bases AS b
  LEFT JOIN counted AS c ON c.axis_value = b.axis_value AND c.content = b.content
)
SELECT
  r.axis_value,
  r.content,
  r.received,
  r.clickers,
  r.clicks_per_clicker,
  r.click_rate,
  RATIO(r.click_rate, a.click_rate) AS index,
  r.received < :min_cell AS low_n
FROM rates AS r
JOIN rates AS a ON a.axis_value = :total AND a.content = r.content
ORDER BY
  CASE r.axis_value WHEN :total THEN 0 WHEN :other THEN 2 WHEN :unknown THEN 3 ELSE 1 END,
  r.axis_value,
  CASE WHEN r.content = :unknown THEN 1 ELSE 0 END,
  r.content
