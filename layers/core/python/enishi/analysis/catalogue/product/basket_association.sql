/*
id: basket_association
name: {ja: 併売分析(アソシエーション), en: Basket association}
category: product
origin: extension
tier: core
question:
  ja: 偶然よりも多く一緒に買われている商品の組み合わせはどれか。
  en: Which products are bought together more often than chance?
method:
  ja: "かごごとの2つ組（選べば3つ組も）。支持度＝両方を含むかごの割合、信頼度＝支持度(A,B)÷支持度(A)、リフト値＝信頼度÷支持度(B)。ほかにレバレッジ、確信度、フィッシャーの正確検定のp値。先に商品を数え、「最小併売件数」以上のかごに入る商品だけを組にする。"
  en: "Pairs (and optionally triples) per basket; support = share of baskets with both, confidence = support(A,B)/support(A), lift = confidence/support(B), plus leverage, conviction and a Fisher p-value. Items are counted first, and only those in at least min_pair_count baskets are paired."
parameter_groups: [period, base, pur, top, stat]
parameters:
- {name: level, type: "enum(product,parent,category_l3,brand)", default: category_l3, label_ja: 商品の単位, note: ""}
- {name: basket, type: "enum(order,customer_day,customer_period)", default: order, label_ja: かごの単位, note: "a guest's order is always a basket of its own"}
- {name: min_support, type: double, default: 0.0005, minimum: 0, maximum: 1, label_ja: 最小支持度, note: ""}
- {name: min_pair_count, type: int, default: 30, minimum: 1, label_ja: 最小併売件数, note: ""}
- {name: min_lift, type: double, default: 1.2, minimum: 0, label_ja: 最小リフト値, note: ""}
- {name: max_size, type: int, default: 2, minimum: 2, maximum: 3, label_ja: 組み合わせの大きさ, note: "3 adds rules from two items to a third"}
columns:
- {name: antecedent, type: string, unit: none, label_ja: 前提商品}
- {name: consequent, type: string, unit: none, label_ja: 結論商品}
- {name: baskets_both, type: int, unit: count, label_ja: 併売件数}
- {name: support, type: ratio, unit: ratio, label_ja: 支持度}
- {name: confidence, type: ratio, unit: ratio, label_ja: 信頼度}
- {name: lift, type: double, unit: ratio, label_ja: リフト値}
- {name: leverage, type: double, unit: score, label_ja: レバレッジ}
- {name: conviction, type: double, unit: score, label_ja: 確信度}
- {name: p_value, type: double, unit: probability, label_ja: p値}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: network, source: antecedent, target: consequent, size: lift}
- {kind: heatmap, x: consequent, y: antecedent, color: lift}
- {kind: table}
cells:
- {name: rule, keys: [antecedent, consequent], customers: without_consequent, products: consequent_products, becomes: {ja: "Aを買い、Bを一度も買っていない顧客。商品はB", en: "customers with A who never bought B; products = B"}}
rules: [TZ, PUR, RET, GUEST, MULTI, TIE, SMALL, SET]
step: association
footnotes:
- {label_ja: かごの数, cte: all_baskets}
notes:
- ja: "組み合わせの計算には非会員のかごも数え、掘り下げの対象は会員だけとする。"
  en: "guests' baskets count for the rules, only members enter the set"
- ja: "サービス、袋、手数料と、商品マスタにないものは除く。"
  en: "services, bags and fees are out, and so is what the product master does not know"
- ja: "数量は問わず、あるかないかだけを見る。すべて返品されたものは、かごになかったとみなす。"
  en: "quantity does not matter, presence does; what came back whole was not in the basket"
- ja: "リフト値の順に「表示件数」までを残す。組み合わせの残りは合計にならない。"
  en: "sorted by lift; the top_n rules are kept, and rules do not add up to a rest"
- ja: "信頼度が1のとき確信度は値なし。p値はフィッシャーの正確検定の片側（偶然にこの件数以上が一緒に買われる確率）。"
  en: "conviction is null where the confidence is 1; the p-value is Fisher's, one-sided: this many or more together by chance"
standard: "Agrawal et al. (1993), Agrawal and Srikant (1994); lift and conviction after Brin et al. (1997); formulas as in mlxtend association_rules documentation."
*/
WITH basket_lines AS (
  SELECT
    CASE
      WHEN l.is_guest OR :basket = 'order' THEN 'order ' || l.sale_order_id
      WHEN :basket = 'customer_day' THEN l.customer_id || ' ' || CAST(l.sale_date AS VARCHAR)
      ELSE l.customer_id
    END AS basket_id,
    i.item,
    COALESCE(l.quantity, CASE WHEN l.is_return THEN -1 ELSE 1 END) AS quantity
  FROM sales_lines AS l
  JOIN items AS i ON i.product_id = l.product_id
  WHERE
    l.sale_date BETWEEN :period_start AND :period_end
    AND NOT i.is_service
    AND i.item <> :unknown
    AND (NOT l.is_return OR :return_mode = 'origin')
),
basket_items AS (
  SELECT basket_id, item
  FROM basket_lines
  GROUP BY basket_id, item
  HAVING SUM(quantity) > 0
),
all_baskets AS (
  SELECT COUNT(DISTINCT basket_id) AS baskets FROM basket_items
),
item_counts AS (
  SELECT item, COUNT(*) AS baskets
  FROM basket_items
  GROUP BY item
),
frequent AS (
  SELECT b.basket_id, b.item
  FROM basket_items AS b
  JOIN item_counts AS c ON c.item = b.item
  CROSS JOIN all_baskets AS t
  WHERE c.baskets >= :min_pair_count AND RATIO(c.baskets, t.baskets) >= :min_support
),
pairs AS (
  SELECT a.item AS first_item, b.item AS second_item, COUNT(*) AS baskets
  FROM frequent AS a
  JOIN frequent AS b ON b.basket_id = a.basket_id AND b.item > a.item
  GROUP BY a.item, b.item
  HAVING COUNT(*) >= :min_pair_count
),
triples AS (
  SELECT a.item AS first_item, b.item AS second_item, c.item AS third_item, COUNT(*) AS baskets
  FROM frequent AS a
  JOIN frequent AS b ON b.basket_id = a.basket_id AND b.item > a.item
  JOIN pairs AS p ON p.first_item = a.item AND p.second_item = b.item
  JOIN frequent AS c ON c.basket_id = a.basket_id AND c.item > b.item
  WHERE :max_size >= 3
  GROUP BY a.item, b.item, c.item
  HAVING COUNT(*) >= :min_pair_count
),
-- Every way to read a set as "who has these has that one too"; one_item and other_item make the antecedent.
readings AS (
  SELECT first_item AS one_item, first_item AS other_item, second_item AS consequent, baskets FROM pairs
  UNION ALL
  SELECT second_item, second_item, first_item, baskets FROM pairs
  UNION ALL
  SELECT first_item, second_item, third_item, baskets FROM triples
  UNION ALL
  SELECT first_item, third_item, second_item, baskets FROM triples
  UNION ALL
  SELECT second_item, third_item, first_item, baskets FROM triples
),
rules AS (
  SELECT
    CASE WHEN r.one_item = r.other_item THEN r.one_item ELSE r.one_item || ' + ' || r.other_item END AS antecedent,
    r.consequent,
    r.one_item,
    r.other_item,
    r.baskets AS baskets_both,
    COALESCE(p.baskets, a.baskets) AS baskets_antecedent,
    c.baskets AS baskets_consequent,
    t.baskets AS baskets_all
  FROM readings AS r
  CROSS JOIN all_baskets AS t
  JOIN item_counts AS a ON a.item = r.one_item
  JOIN item_counts AS c ON c.item = r.consequent
  LEFT JOIN pairs AS p ON p.first_item = r.one_item AND p.second_item = r.other_item
),
scored AS (
  SELECT
    r.*,
    RATIO(r.baskets_both, r.baskets_all) AS support,
    RATIO(r.baskets_both, r.baskets_antecedent) AS confidence,
    RATIO(r.baskets_both * r.baskets_all, r.baskets_antecedent * r.baskets_consequent) AS lift,
    RATIO(r.baskets_both, r.baskets_all)
      - RATIO(r.baskets_antecedent, r.baskets_all) * RATIO(r.baskets_consequent, r.baskets_all) AS leverage,
    RATIO(
      1 - RATIO(r.baskets_consequent, r.baskets_all),
      1 - RATIO(r.baskets_both, r.baskets_antecedent)
    ) AS conviction
  FROM rules AS r
),
placed AS (
  SELECT s.*, ROW_NUMBER() OVER (ORDER BY s.lift DESC, s.baskets_both DESC, s.antecedent, s.consequent) AS place
  FROM scored AS s
  WHERE s.support >= :min_support AND s.lift >= :min_lift
),
kept AS (
  SELECT * FROM placed WHERE place <= :top_n
),
owned AS (
  SELECT DISTINCT l.customer_id, i.item
  FROM purchase_lines AS l
  JOIN items AS i ON i.product_id = l.product_id
  WHERE l.quantity > 0
),
without_consequent AS (
  SELECT k.antecedent, k.consequent, a.customer_id
  FROM kept AS k
  JOIN owned AS a ON a.item = k.one_item
  JOIN owned AS b ON b.item = k.other_item AND b.customer_id = a.customer_id
  LEFT JOIN owned AS c ON c.item = k.consequent AND c.customer_id = a.customer_id
  WHERE c.customer_id IS NULL
),
consequent_products AS (
  SELECT k.antecedent, k.consequent, i.product_id
  FROM kept AS k
  JOIN items AS i ON i.item = k.consequent
)
SELECT
  antecedent,
  consequent,
  baskets_both,
  support,
  confidence,
  lift,
  leverage,
  conviction,
  baskets_antecedent,
  baskets_consequent,
  baskets_all
FROM kept
ORDER BY place
