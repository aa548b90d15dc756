/*
id: click_content
name: {ja: クリックコンテンツ分析, en: Clicked content}
category: campaign
origin: extension
tier: standard
question:
  ja: 配信のどのリンク・どの位置・どの商品がクリックされ、買われたか。
  en: "Which links, blocks, positions and products in a message are clicked and then bought?"
method:
  ja: "施策ごとに、リンク・掲載位置別のクリック、クリック者に占める割合、リンク先の商品、その商品の購入を見る。"
  en: "Clicks by link and block position per campaign, share of clickers, product behind, purchase of that product."
parameter_groups: [period, base, pur, msg, top]
columns:
- {name: campaign, type: string, unit: none, label_ja: 施策}
- {name: link, type: string, unit: none, label_ja: リンク}
- {name: position, type: int, unit: none, label_ja: 位置}
- {name: clickers, type: int, unit: people, label_ja: クリック者数}
- {name: clicks, type: int, unit: count, label_ja: 総クリック数}
- {name: click_share, type: ratio, unit: ratio, label_ja: クリック構成比}
- {name: product, type: string, unit: none, label_ja: 商品}
- {name: buyers, type: int, unit: people, label_ja: 購入者数}
- {name: cvr, type: ratio, unit: ratio, label_ja: CVR}
charts:
- {kind: bar, x: link, y: clickers, color: campaign}
- {kind: heatmap, x: position, y: campaign, color: click_share}
- {kind: table}
cells:
- {name: link, keys: [campaign, link, position, product, bought], types: {bought: bool}, customers: clickers_by_link, products: products_by_link, becomes: {ja: "そのリンクのクリック者と、リンク先の商品。bought=falseはクリックしたがその商品を購入していない人", en: "clickers of a link, with the product behind it; bought=false clicked and did not buy it"}}
rules: [TZ, DEDUP, MPP, MERGE, TIE, DIV0, SET]
notes:
- ja: "リンクはそのID、なければURLで区別する。機械によるクリックは数えない。"
  en: "a link is its id, else its address; clicks of machines are none"
- ja: "クリック構成比は、その施策の全クリック者に対するそのリンクのクリック者の割合。2つのリンクをクリックした人は両方に入る（合計は1を超えることがある）。"
  en: "click_share is the link's clickers over all clickers of the campaign; a person who clicks two links is in both (the shares may exceed 1)"
- ja: "購入者は、クリックから「成果の期間(日)」以内にリンク先の商品を購入した人。リンク先に商品がなければ空欄。"
  en: "a buyer bought the product behind the link within window_days after clicking it; null where no product is behind it"
- ja: "クリック者数で表示件数に入らないリンクは、施策ごとに「その他」にまとめる。"
  en: "the links below top_n (by clickers) are summed as その他 per campaign"
*/
WITH clicked AS (
  SELECT
    t.campaign,
    COALESCE(e.link_id, e.link_url, :unknown) AS link,
    e.block_position AS position,
    t.customer_id,
    e.product_id,
    e.event_at AS clicked_at
  FROM touches AS t
  JOIN population AS c ON c.customer_id = t.customer_id
  JOIN message_events AS e ON e.message_id = t.message_id
  WHERE
    t.sent_date BETWEEN :period_start AND :period_end
    AND e.event_type = 'click'
    AND NOT COALESCE(e.is_machine, FALSE)
),
clicks AS (
  SELECT campaign, link, position, customer_id, product_id, COUNT(*) AS clicks
  FROM clicked
  GROUP BY campaign, link, position, customer_id, product_id
),
bought AS (
  SELECT DISTINCT k.campaign, k.link, k.customer_id, k.product_id
  FROM clicked AS k
  JOIN purchase_lines AS l ON l.customer_id = k.customer_id AND l.product_id = k.product_id
  WHERE l.purchase_at >= k.clicked_at AND l.purchase_at <= DATE_ADD('day', :window_days, k.clicked_at)
),
counted AS (
  SELECT
    k.campaign,
    k.link,
    k.position,
    k.product_id,
    COUNT(DISTINCT k.customer_id) AS clickers,
    ROW_NUMBER() OVER (
      ORDER BY COUNT(DISTINCT k.customer_id) DESC, SUM(k.clicks) DESC, k.campaign, k.link, k.position, k.product_id
    ) AS place
  FROM clicks AS k
  GROUP BY k.campaign, k.link, k.position, k.product_id
),
placed AS (
  SELECT
    k.campaign,
    CASE WHEN c.place <= :top_n THEN k.link ELSE :other END AS link,
    CASE WHEN c.place <= :top_n THEN k.position END AS position,
    CASE WHEN c.place <= :top_n THEN COALESCE(n.product, k.product_id) END AS product,
    k.product_id,
    k.customer_id,
    k.clicks,
    b.customer_id IS NOT NULL AS bought
  FROM clicks AS k
  JOIN counted AS c
    ON c.campaign = k.campaign
    AND c.link = k.link
    AND COALESCE(c.position, -1) = COALESCE(k.position, -1)
    AND COALESCE(c.product_id, '') = COALESCE(k.product_id, '')
  LEFT JOIN product_labels AS n ON n.product_id = k.product_id
  LEFT JOIN bought AS b
    ON b.campaign = k.campaign AND b.link = k.link AND b.customer_id = k.customer_id AND b.product_id = k.product_id
),
clickers_by_link AS (
  SELECT campaign, link, position, product, customer_id, COUNT_IF(bought) > 0 AS bought
  FROM placed
  GROUP BY campaign, link, position, product, customer_id
),
products_by_link AS (
  SELECT DISTINCT campaign, link, position, product, bought, product_id FROM placed
),
clickers AS (
  SELECT campaign, COUNT(DISTINCT customer_id) AS clickers
  FROM clicks
  GROUP BY campaign
),
sums AS (
  SELECT
    campaign,
    link,
    position,
    product,
    COUNT(DISTINCT customer_id) AS clickers,
    SUM(clicks) AS clicks,
    COUNT(product_id) AS product_clicks,
    COUNT(DISTINCT CASE WHEN bought THEN customer_id END) AS buyers
  FROM placed
  GROUP BY campaign, link, position, product
)
SELECT
  s.campaign,
  s.link,
  s.position,
  s.clickers,
  s.clicks,
  RATIO(s.clickers, c.clickers) AS click_share,
  s.product,
  CASE WHEN s.product_clicks > 0 THEN s.buyers END AS buyers,
  CASE WHEN s.product_clicks > 0 THEN RATIO(s.buyers, s.clickers) END AS cvr
FROM sums AS s
JOIN clickers AS c ON c.campaign = s.campaign
ORDER BY
  CASE WHEN s.campaign = :unknown THEN 1 ELSE 0 END,
  s.campaign,
  CASE s.link WHEN :other THEN 1 WHEN :unknown THEN 2 ELSE 0 END,
  s.clickers DESC,
  s.clicks DESC,
  s.link,
  s.position NULLS LAST,
  s.product NULLS LAST
