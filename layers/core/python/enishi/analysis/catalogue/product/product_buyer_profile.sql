/*
id: product_buyer_profile
name: {ja: 商品購入者像分析, en: Buyer profile of a product}
category: product
origin: extension
tier: standard
question:
  ja: この商品を買うのは、カテゴリ全体の購入者と比べてどんな人か。まだ買っていない似た人はだれか。
  en: "Who buys this product compared with all buyers of its category?"
method:
  ja: "購買者の年代、性別、地域、会員ランク、RFM、チャネル、会員歴、客層の構成と、カテゴリの購買者に対する特化係数。同じプロファイルによる類似会員。"
  en: "Age, gender, area, rank, RFM, channel, tenure and journey of the buyers with index against category buyers; look-alike members by the same profile."
parameter_groups: [period, base, pur]
parameters:
- {name: products, type: product_set, default: required, label_ja: 商品, note: "a category, a path, or a filter as JSON"}
- {name: compare, type: "enum(category_buyers,all_buyers)", default: category_buyers, label_ja: 比較相手, note: ""}
- {name: lookalike_size, type: int, default: 10000, minimum: 0, label_ja: 類似者の人数, note: at most}
- {name: min_cell, type: int, default: 30, minimum: 1, label_ja: 参考値とする母数, note: "buyers, or people to compare with who have the value, under which low_n is set; values with fewer to compare with do not shape the score of look-alikes"}
- {name: toddler_days, type: int, default: 90, label_ja: よちよちの日数, note: as in customer_portfolio}
- {name: loyal_days, type: int, default: 210, label_ja: 優良の日数, note: ""}
- {name: amount_border, type: money, default: 70000, label_ja: 金額の境界, note: ""}
- {name: gender, type: axis, default: gender, over: [customers], hidden: true, label_ja: 性別}
- {name: age_band, type: axis, default: age_band, over: [customers], hidden: true, label_ja: 年代}
- {name: prefecture, type: axis, default: prefecture, over: [customers], hidden: true, label_ja: 都道府県}
- {name: member_rank, type: axis, default: member_rank, over: [customers], hidden: true, label_ja: 会員ランク}
columns:
- {name: attribute, type: string, unit: none, label_ja: 属性}
- {name: value, type: string, unit: none, label_ja: 値}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: base_share, type: ratio, unit: ratio, label_ja: 比較構成比}
- {name: index, type: double, unit: ratio, label_ja: 特化係数}
- {name: lookalikes, type: int, unit: people, label_ja: 類似未購入者数}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: value, y: [share, base_share], where: {attribute: 年代}, title_ja: 年代}
- {kind: bar, x: value, y: index, color: attribute}
- {kind: table}
cells:
- {name: value, keys: [attribute, value, who], types: {who: string}, customers: opened, products: opened_products, becomes: {ja: "購買者（who=buyer）。プロファイルが近く、まだ買っていない会員（who=lookalike）", en: "buyers (who=buyer); members close in profile who have not bought (who=lookalike)"}}
rules: [TZ, PUR, RET, GUEST, MERGE, UNK, TIE, SMALL, SET]
example: {products: コーヒーカプセル}
notes:
- ja: "類似の得点＝属性ごとの特化係数の対数の合計で、高い順に採る。その商品を一度も買っておらず、得点が0を超える会員だけ。特化係数は0.01を下限とする。同点は購入金額、購入回数、顧客IDの順。"
  en: "look-alike score = sum of log indices over attributes, highest first; only members who never bought the product, and with a score above 0; an index counts as 0.01 at least; equal scores by amount, purchases, id"
- ja: "属性は現在の値。RFMは、基準日での最終購入からの日数と、集計期間の購入回数・購入金額を、固定の区切りで分けたもの。客層は顧客ポートフォリオ分析の段階。"
  en: "attributes are current values; RFM are days since the last purchase at as_of, purchases and money of the period, in fixed bands; journey is the stage of customer_portfolio"
- ja: "チャネルは、集計期間の購入が最も多いもの。購買者とカテゴリ（小カテゴリ）の購買者は、集計期間のもの。"
  en: "the channel is that of most purchases of the period; buyers and category buyers (category_l3) are those of the period"
- ja: "比較相手に誰もいない値は出さない。"
  en: "values that nobody of the compared people has are not listed"
*/
WITH chosen AS (
  SELECT d.product_id, d.category_l3 FROM products AS d WHERE d.product_id IN (:products)
),
goods AS (
  SELECT l.customer_id, l.product_id, l.category_l3, l.purchase_date
  FROM purchase_lines AS l
  WHERE l.quantity > 0 AND NOT l.is_service AND l.purchase_date <= :as_of
),
owners AS (
  SELECT g.customer_id, COUNT_IF(g.purchase_date BETWEEN :period_start AND :period_end) > 0 AS is_buyer
  FROM goods AS g
  WHERE g.product_id IN (SELECT product_id FROM chosen)
  GROUP BY g.customer_id
),
compared AS (
  SELECT DISTINCT g.customer_id
  FROM goods AS g
  WHERE
    g.purchase_date BETWEEN :period_start AND :period_end
    AND (
      :compare = 'all_buyers'
      OR g.product_id IN (SELECT product_id FROM chosen)
      OR g.category_l3 IN (SELECT category_l3 FROM chosen WHERE category_l3 IS NOT NULL)
    )
),
active AS (
  SELECT p.customer_id, COUNT(*) AS orders, SUM(p.amount) AS amount
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY p.customer_id
),
channel_use AS (
  SELECT
    p.customer_id,
    p.channel,
    ROW_NUMBER() OVER (
      PARTITION BY p.customer_id ORDER BY COUNT(*) DESC, SUM(p.amount) DESC, p.channel
    ) AS place
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY p.customer_id, p.channel
),
members AS (
  SELECT
    customers.customer_id,
    COALESCE(a.orders, 0) AS orders,
    COALESCE(a.amount, 0) AS amount,
    :gender AS gender,
    :age_band AS age_band,
    :prefecture AS prefecture,
    :member_rank AS member_rank,
    CASE
      WHEN h.customer_id IS NULL THEN :never
      WHEN h.idle_days <= 30 THEN '30日以内'
      WHEN h.idle_days <= 90 THEN '31〜90日'
      WHEN h.idle_days <= 180 THEN '91〜180日'
      WHEN h.idle_days <= 365 THEN '181〜365日'
      ELSE '366日以上'
    END AS recency,
    CASE
      WHEN a.customer_id IS NULL THEN '0回'
      WHEN a.orders = 1 THEN '1回'
      WHEN a.orders <= 3 THEN '2〜3回'
      WHEN a.orders <= 9 THEN '4〜9回'
      ELSE '10回以上'
    END AS frequency,
    CASE
      WHEN a.customer_id IS NULL THEN '0円'
      WHEN a.amount < 10000 THEN '1万円未満'
      WHEN a.amount < 30000 THEN '1万円〜3万円未満'
      WHEN a.amount < 100000 THEN '3万円〜10万円未満'
      ELSE '10万円以上'
    END AS money,
    CASE WHEN u.customer_id IS NULL THEN :never ELSE CHANNEL_WORD(u.channel) END AS channel,
    CASE
      WHEN customers.registered_date IS NULL THEN :unknown
      WHEN DATE_ADD('year', 1, customers.registered_date) > :as_of THEN '1年未満'
      WHEN DATE_ADD('year', 3, customers.registered_date) > :as_of THEN '1〜3年未満'
      WHEN DATE_ADD('year', 5, customers.registered_date) > :as_of THEN '3〜5年未満'
      ELSE '5年以上'
    END AS membership,
    CASE WHEN h.customer_id IS NULL THEN :never ELSE CPM_STAGE_OF(h.orders, h.tenure, h.amount) END AS stage
  FROM population AS customers
  LEFT JOIN active AS a ON a.customer_id = customers.customer_id
  LEFT JOIN channel_use AS u ON u.customer_id = customers.customer_id AND u.place = 1
  LEFT JOIN buying_histories AS h ON h.customer_id = customers.customer_id
),
profiles AS (
  SELECT m.customer_id, v.attribute, v.value
  FROM members AS m
  CROSS JOIN UNNEST(
    ARRAY['性別', '年代', '都道府県', '会員ランク', '最終購入', '購入回数', '購入金額', 'チャネル', '会員歴', '客層'],
    ARRAY[
      m.gender, m.age_band, m.prefecture, m.member_rank, m.recency, m.frequency, m.money, m.channel, m.membership, m.stage
    ]
  ) AS v(attribute, value)
),
sizes AS (
  SELECT COUNT(*) AS compared, COUNT_IF(o.is_buyer) AS buyers
  FROM compared AS c
  LEFT JOIN owners AS o ON o.customer_id = c.customer_id
),
indices AS (
  SELECT
    p.attribute,
    p.value,
    COUNT(*) AS compared,
    COUNT_IF(o.is_buyer) AS buyers,
    RATIO(COUNT_IF(o.is_buyer), MAX(s.buyers)) AS share,
    RATIO(COUNT(*), MAX(s.compared)) AS base_share
  FROM profiles AS p
  JOIN compared AS c ON c.customer_id = p.customer_id
  CROSS JOIN sizes AS s
  LEFT JOIN owners AS o ON o.customer_id = p.customer_id
  GROUP BY p.attribute, p.value
),
weights AS (
  SELECT attribute, value, LN(GREATEST(RATIO(share, base_share), 0.01)) AS weight
  FROM indices
  WHERE compared >= :min_cell AND share IS NOT NULL
),
scores AS (
  SELECT p.customer_id, ROUND(SUM(w.weight), 9) AS score
  FROM profiles AS p
  JOIN weights AS w ON w.attribute = p.attribute AND w.value = p.value
  LEFT JOIN owners AS o ON o.customer_id = p.customer_id
  WHERE o.customer_id IS NULL
  GROUP BY p.customer_id
),
lookalikes AS (
  SELECT customer_id
  FROM (
    SELECT
      s.customer_id,
      ROW_NUMBER() OVER (ORDER BY s.score DESC, m.amount DESC, m.orders DESC, s.customer_id) AS place
    FROM scores AS s
    JOIN members AS m ON m.customer_id = s.customer_id
    WHERE s.score > 0
  ) AS ranked
  WHERE place <= :lookalike_size
),
opened AS (
  SELECT p.attribute, p.value, 'buyer' AS who, p.customer_id
  FROM profiles AS p
  JOIN owners AS o ON o.customer_id = p.customer_id
  WHERE o.is_buyer
  UNION ALL
  SELECT p.attribute, p.value, 'lookalike', p.customer_id
  FROM profiles AS p
  JOIN lookalikes AS l ON l.customer_id = p.customer_id
),
opened_products AS (
  SELECT DISTINCT o.attribute, o.value, o.who, c.product_id
  FROM opened AS o
  CROSS JOIN chosen AS c
),
counted AS (
  SELECT attribute, value, COUNT(*) AS lookalikes
  FROM opened
  WHERE who = 'lookalike'
  GROUP BY attribute, value
)
SELECT
  i.attribute,
  i.value,
  i.buyers,
  i.share,
  i.base_share,
  RATIO(i.share, i.base_share) AS index,
  COALESCE(c.lookalikes, 0) AS lookalikes,
  CASE WHEN s.buyers > 0 THEN LEAST(s.buyers, i.compared) ELSE s.compared END < :min_cell AS low_n
FROM indices AS i
CROSS JOIN sizes AS s
LEFT JOIN counted AS c ON c.attribute = i.attribute AND c.value = i.value
ORDER BY
  ARRAY_POSITION(
    ARRAY['性別', '年代', '都道府県', '会員ランク', '最終購入', '購入回数', '購入金額', 'チャネル', '会員歴', '客層'],
    i.attribute
  ),
  CASE WHEN i.value = :unknown THEN 1 ELSE 0 END,
  i.buyers DESC,
  i.compared DESC,
  i.value
