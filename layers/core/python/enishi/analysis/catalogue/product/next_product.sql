/*
id: next_product
name: {ja: 次回購入商品分析, en: Next product bought}
category: product
origin: extension
tier: core
question:
  ja: 商品Aを買った顧客は、次に何を、何日後に買うか。
  en: "After buying A, what do customers buy next and when?"
method:
  ja: "同じ顧客の、ある買い物の日から次の日（または期間内のいずれかの日）への順序のある組。遷移確率、次の購入全体に占めるBの割合に対するリフト値、日数中央値。"
  en: "Ordered pairs from one shopping day to the next (or to any within the window) of the same customer; transition probability, lift against the overall share of B among next purchases, median days."
parameter_groups: [period, base, pur, top, stat]
parameters:
- {name: level, type: "enum(product,parent,category_l3,category_l2)", default: category_l3, label_ja: 商品の単位, note: ""}
- {name: scope, type: "enum(next_purchase,within_window)", default: next_purchase, label_ja: 次の範囲, note: ""}
- {name: window_days, type: int, default: 180, minimum: 1, label_ja: 期間(日), note: for scope within_window}
- {name: min_pairs, type: int, default: 30, minimum: 1, label_ja: 最少人数, note: ""}
- {name: exclude_same, type: bool, default: true, label_ja: 同じ商品を除く, note: ""}
columns:
- {name: from_item, type: string, unit: none, label_ja: 購入商品}
- {name: to_item, type: string, unit: none, label_ja: 次回商品}
- {name: pairs, type: int, unit: people, label_ja: 人数}
- {name: probability, type: ratio, unit: ratio, label_ja: 遷移確率}
- {name: lift, type: double, unit: ratio, label_ja: リフト値}
- {name: days_median, type: double, unit: days, label_ja: 日数中央値}
- {name: days_p25, type: double, unit: days, label_ja: "25%点"}
- {name: days_p75, type: double, unit: days, label_ja: "75%点"}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: sankey, source: from_item, target: to_item, size: pairs}
- {kind: network, source: from_item, target: to_item, size: lift}
- {kind: table}
cells:
- {name: pair, keys: [from_item, to_item], customers: due_customers, products: to_products, becomes: {ja: "Aを買い、Bをまだ買っておらず、いまふだんの日数の中にいる顧客。商品はB", en: "customers who bought A, not yet B, now inside the usual days; products = B"}}
- {name: made, keys: [from_item, to_item, days], types: {days: int}, customers: moves, becomes: {ja: "その日数の後に、AからBへ進んだ顧客", en: "customers who went from A to B, after that many days"}}
rules: [TZ, PUR, RET, GUEST, MERGE, MULTI, CENSOR, TIE, SMALL, SET]
notes:
- ja: "複数の商品があるかごは、すべての組を1÷（両方のかごの商品数の積）の重みで遷移確率に入れる。"
  en: "a basket with several products gives every pair with weight 1/(size of both baskets) in the probability"
- ja: "同じ日の商品は順序ではなく1つのかごとする。顧客が1日に買ったものは、ここでは1回の購入。"
  en: "same-day items are a basket, not a sequence: all that a customer buys on one day is one purchase here"
- ja: "集計期間は先の購入の期間。「次の範囲」がwithin_windowのときは、基準日までに「期間(日)」がすべて過ぎた購入だけを使う。"
  en: "the period holds the earlier purchase; within_window uses only purchases whose whole window has passed by as_of"
- ja: "ふだんの日数は25%点から75%点までで、Aの最後の購入から数える。"
  en: "the usual days are those from the 25% to the 75% point, counted from the last purchase of A"
- ja: "人数の順に「表示件数」までの組を残す。サービスは除く。"
  en: "the top_n pairs by people are kept; services are out"
*/
WITH days AS (
  SELECT
    d.customer_id,
    d.item,
    d.purchase_date,
    COUNT(*) OVER (PARTITION BY d.customer_id, d.purchase_date) AS size,
    DENSE_RANK() OVER (PARTITION BY d.customer_id ORDER BY d.purchase_date) AS day_no
  FROM item_days AS d
),
moves AS (
  SELECT
    a.item AS from_item,
    b.item AS to_item,
    a.customer_id,
    DATE_DIFF('day', a.purchase_date, b.purchase_date) AS days,
    RATIO(1, a.size * b.size) AS weight
  FROM days AS a
  JOIN days AS b ON b.customer_id = a.customer_id AND b.day_no = a.day_no + 1
  WHERE :scope = 'next_purchase' AND a.purchase_date BETWEEN :period_start AND :period_end
  UNION ALL
  SELECT
    a.item, b.item, a.customer_id, DATE_DIFF('day', a.purchase_date, b.purchase_date), RATIO(1, a.size * b.size)
  FROM days AS a
  JOIN days AS b
    ON b.customer_id = a.customer_id
    AND b.purchase_date > a.purchase_date
    AND b.purchase_date <= DATE_ADD('day', :window_days, a.purchase_date)
  WHERE
    :scope = 'within_window'
    AND a.purchase_date BETWEEN :period_start AND :period_end
    AND a.purchase_date <= DATE_ADD('day', -:window_days, :as_of)
),
changes AS (
  SELECT * FROM moves WHERE NOT :exclude_same OR from_item <> to_item
),
counted AS (
  SELECT
    from_item,
    to_item,
    COUNT(DISTINCT customer_id) AS pairs,
    SUM(weight) AS weight,
    QUANTILE_OF(days, 0.5) AS days_median,
    QUANTILE_OF(days, 0.25) AS days_p25,
    QUANTILE_OF(days, 0.75) AS days_p75
  FROM changes
  GROUP BY from_item, to_item
),
weighed AS (
  SELECT
    c.*,
    SUM(c.weight) OVER (PARTITION BY c.from_item) AS weight_from,
    SUM(c.weight) OVER (PARTITION BY c.to_item) AS weight_to,
    SUM(c.weight) OVER () AS weight_all
  FROM counted AS c
),
compared AS (
  SELECT
    w.*,
    RATIO(w.weight, w.weight_from) AS probability,
    RATIO(w.weight_to, w.weight_all) AS overall_share
  FROM weighed AS w
),
kept AS (
  SELECT *
  FROM (
    SELECT c.*, ROW_NUMBER() OVER (ORDER BY c.pairs DESC, c.from_item, c.to_item) AS place
    FROM compared AS c
    WHERE c.pairs >= :min_pairs
  ) AS placed
  WHERE place <= :top_n
),
last_days AS (
  SELECT customer_id, item, DATE_DIFF('day', MAX(purchase_date), :as_of) AS days
  FROM item_days
  GROUP BY customer_id, item
),
due_customers AS (
  SELECT k.from_item, k.to_item, a.customer_id
  FROM kept AS k
  JOIN last_days AS a ON a.item = k.from_item AND a.days BETWEEN k.days_p25 AND k.days_p75
  LEFT JOIN last_days AS b ON b.item = k.to_item AND b.customer_id = a.customer_id
  WHERE b.customer_id IS NULL
),
to_products AS (
  SELECT k.from_item, k.to_item, i.product_id
  FROM kept AS k
  JOIN items AS i ON i.item = k.to_item
)
SELECT
  from_item,
  to_item,
  pairs,
  probability,
  RATIO(probability, overall_share) AS lift,
  days_median,
  days_p25,
  days_p75,
  ROUND(LEAST(weight_from, weight_to), 9) < :min_cell AS low_n
FROM kept
ORDER BY place
