/*
id: segment_category_index
name: {ja: セグメント別特化係数分析, en: Category index by segment}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: このセグメントの顧客は、ほかの顧客に比べて何を多く買っているか。
  en: What does a segment buy more than others do?
method:
  ja: "特化係数＝セグメント内のカテゴリの構成比／比較相手での構成比。構成比は、購買者、購入件数、購入金額から「構成比の値」で選ぶ。カイ二乗の残差（標準化残差）で、実際の差を見分ける。"
  en: "Index = category share inside the segment / share in the comparison population, for buyers, orders and amount; chi-square residual marks real differences."
parameter_groups: [period, base, pur, stat, top]
parameters:
- {name: segment, type: segment, default: required, label_ja: セグメント, note: "a saved segment, a condition, or a cell of an analysis"}
- {name: compare_to, type: segment, default: null, label_ja: 比較相手, note: "null = everyone else of the population"}
- {name: level, type: "enum(category_l1,category_l2,category_l3,brand,product)", default: category_l2, label_ja: 商品の段階, note: ""}
- {name: measure, type: "enum(buyers,orders,amount)", default: buyers, label_ja: 構成比の値, note: "share of the buyers, of the purchases or of the money that the category takes"}
columns:
- {name: category, type: string, unit: none, label_ja: カテゴリ}
- {name: segment_share, type: ratio, unit: ratio, label_ja: セグメント構成比}
- {name: base_share, type: ratio, unit: ratio, label_ja: 比較構成比}
- {name: index, type: double, unit: ratio, label_ja: 特化係数}
- {name: buyers, type: int, unit: people, label_ja: 購買者数}
- {name: residual, type: double, unit: score, label_ja: 標準化残差}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: category, y: index}
- {kind: scatter, x: index, y: residual, size: buyers}
- {kind: table}
cells:
- {name: category, keys: [category, has_bought], types: {has_bought: bool}, customers: members, products: bought_products, becomes: {ja: "has_bought=true：そのカテゴリを買ったセグメントの顧客。false：まだ買っていない顧客（クロスセルの対象）", en: "has_bought=true: members of the segment who bought the category; false: members who have not, as cross-sell targets"}}
rules: [TZ, PUR, RET, GUEST, MERGE, MULTI, SMALL, DIV0, TIE, SET]
notes:
- ja: "複数のカテゴリを買った顧客は、それぞれに数える。このため、購買者と購入件数の構成比の合計は1にならない。"
  en: "a buyer of several categories counts in each: shares of buyers and of purchases do not add up to 1"
- ja: "標準化残差は、そのカテゴリの購買者とそれ以外の購買者を、セグメントと比較相手で比べた、調整済みPearson残差。絶対値が2を超える差は、偶然とは考えにくい。"
  en: "residual is the adjusted Pearson residual of buyers of the category against other buyers, segment against comparison; beyond 2 in size the difference is hardly chance"
- ja: "両方のグループに属する顧客は、両方に数える。比較相手がそのカテゴリを買っていない場合、特化係数は空欄。"
  en: "members of both groups count in both; index is null where the comparison bought none of it"
- ja: "セグメントでの購買者の多い順に並べる。「表示件数」を超える分は、その他の1行にまとめる。"
  en: "the largest in the segment stand first; beyond top_n the rest is one row その他"
standard: Location-quotient form of the index; adjusted Pearson residual.
example: {segment: "decile_analysis[decile=1]"}
*/
WITH grouped AS (
  SELECT 'segment' AS side, c.customer_id
  FROM population AS c
  WHERE c.customer_id IN (:segment)
  UNION ALL
  SELECT 'base', c.customer_id
  FROM population AS c
  WHERE NOT :compare_to_is_open AND c.customer_id IN (:compare_to)
  UNION ALL
  SELECT 'base', c.customer_id
  FROM population AS c
  WHERE :compare_to_is_open AND NOT (c.customer_id IN (:segment))
),
bought_lines AS (
  SELECT
    g.side,
    g.customer_id,
    l.order_id,
    l.product_id,
    l.amount,
    COALESCE(
      CASE :level
        WHEN 'category_l1' THEN l.category_l1
        WHEN 'category_l2' THEN l.category_l2
        WHEN 'category_l3' THEN l.category_l3
        WHEN 'brand' THEN l.brand
        ELSE COALESCE(l.product_name, l.product_id)
      END,
      :unknown
    ) AS value
  FROM grouped AS g
  JOIN purchase_lines AS l ON l.customer_id = g.customer_id
  WHERE l.purchase_date BETWEEN :period_start AND :period_end
),
sizes AS (
  SELECT
    side,
    COUNT(DISTINCT customer_id) AS buyers,
    COUNT(DISTINCT order_id) AS orders,
    SUM(amount) AS amount
  FROM bought_lines
  GROUP BY side
),
ranked AS (
  SELECT
    value,
    ROW_NUMBER() OVER (
      ORDER BY
        COUNT(DISTINCT CASE WHEN side = 'segment' THEN customer_id END) DESC,
        COALESCE(SUM(CASE WHEN side = 'segment' THEN amount END), 0) DESC,
        value
    ) AS place
  FROM bought_lines
  GROUP BY value
),
named AS (
  SELECT
    CASE WHEN r.place <= :top_n THEN b.value ELSE :other END AS category,
    LEAST(r.place, :top_n + 1) AS place,
    b.side,
    b.customer_id,
    b.order_id,
    b.product_id,
    b.amount
  FROM bought_lines AS b
  JOIN ranked AS r ON r.value = b.value
),
categories AS (
  SELECT DISTINCT category, place FROM named
),
members AS (
  SELECT c.category, b.customer_id IS NOT NULL AS has_bought, g.customer_id
  FROM grouped AS g
  CROSS JOIN categories AS c
  LEFT JOIN (SELECT DISTINCT category, customer_id FROM named WHERE side = 'segment') AS b
    ON b.category = c.category AND b.customer_id = g.customer_id
  WHERE g.side = 'segment'
),
bought_products AS (
  SELECT category, TRUE AS has_bought, product_id
  FROM named
  WHERE side = 'segment'
),
taken AS (
  SELECT
    category,
    place,
    side,
    COUNT(DISTINCT customer_id) AS buyers,
    COUNT(DISTINCT order_id) AS orders,
    SUM(amount) AS amount
  FROM named
  GROUP BY category, place, side
),
-- How many buyers, or orders, the shares are of; money is no count.
fewest AS (
  SELECT
    CASE :measure
      WHEN 'orders' THEN MIN(COALESCE(s.orders, 0))
      WHEN 'buyers' THEN MIN(COALESCE(s.buyers, 0))
    END AS shared
  FROM UNNEST(ARRAY['segment', 'base']) AS t(side)
  LEFT JOIN sizes AS s ON s.side = t.side
),
shares AS (
  SELECT
    t.category,
    t.side,
    t.buyers,
    CASE :measure
      WHEN 'orders' THEN RATIO(t.orders, s.orders)
      WHEN 'amount' THEN RATIO(t.amount, s.amount)
      ELSE RATIO(t.buyers, s.buyers)
    END AS share
  FROM taken AS t
  JOIN sizes AS s ON s.side = t.side
),
-- Of a side that bought nothing there is no share; what a side that bought something did not buy is a share of nothing.
nothing AS (
  SELECT
    side,
    CASE :measure
      WHEN 'orders' THEN RATIO(0, orders)
      WHEN 'amount' THEN RATIO(0, amount)
      ELSE RATIO(0, buyers)
    END AS share
  FROM sizes
),
compared AS (
  SELECT
    c.category,
    c.place,
    COALESCE(s.share, (SELECT MAX(share) FROM nothing WHERE side = 'segment')) AS segment_share,
    COALESCE(b.share, (SELECT MAX(share) FROM nothing WHERE side = 'base')) AS base_share,
    COALESCE(s.buyers, 0) AS buyers,
    CAST(COALESCE(s.buyers, 0) AS DOUBLE) AS hits,
    CAST(COALESCE(s.buyers, 0) + COALESCE(b.buyers, 0) AS DOUBLE) AS all_hits,
    CAST((SELECT COALESCE(MAX(buyers), 0) FROM sizes WHERE side = 'segment') AS DOUBLE) AS segment_buyers,
    CAST((SELECT COALESCE(SUM(buyers), 0) FROM sizes) AS DOUBLE) AS all_buyers
  FROM categories AS c
  LEFT JOIN shares AS s ON s.category = c.category AND s.side = 'segment'
  LEFT JOIN shares AS b ON b.category = c.category AND b.side = 'base'
)
SELECT
  c.category,
  c.segment_share,
  c.base_share,
  RATIO(c.segment_share, c.base_share) AS index,
  c.buyers,
  RATIO(
    c.hits - RATIO(c.segment_buyers * c.all_hits, c.all_buyers),
    SQRT(
      RATIO(c.segment_buyers * c.all_hits, c.all_buyers)
      * (1 - RATIO(c.segment_buyers, c.all_buyers))
      * (1 - RATIO(c.all_hits, c.all_buyers))
    )
  ) AS residual,
  COALESCE(f.shared < :min_cell, FALSE) AS low_n
FROM compared AS c
CROSS JOIN fewest AS f
ORDER BY CASE WHEN c.category = :unknown THEN 1 ELSE 0 END, c.place
