/*
id: return_rate_product
name: {ja: 商品別返品率分析, en: Return rate by product}
category: product
origin: extension
tier: standard
question:
  ja: どの商品がなぜ返品されるか。返品によって顧客はどれだけ離れているか。
  en: "Which products come back, why, and how many buyers do they cost us?"
method:
  ja: "元の注文の日による返品数÷販売数と、主理由。数の少ない商品はベータ二項モデルで補正する。返品のある購入者とない購入者のリピート率も出す。"
  en: "Returned / sold quantity by the day of the original order, with the main reason; beta-binomial shrinkage for small items; repeat rate of buyers with and without a return."
parameter_groups: [period, base, pur, top]
parameters:
- {name: mature_days, type: int, default: 45, minimum: 0, label_ja: 返品の観測日数, note: "only orders that are so old count"}
- {name: min_quantity, type: int, default: 30, minimum: 1, label_ja: 最少販売数, note: "products with fewer pieces do not shape the expectation, and are pulled to it most"}
- {name: repeat_days, type: int, default: 180, minimum: 1, label_ja: リピート期間(日), note: ""}
- {name: return_mode, type: "enum(origin)", default: origin, label_ja: 返品の計上, hidden: true}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "pieces sold, or followed buyers with or without a return, under which low_n is set"}
columns:
- {name: product, type: string, unit: none, label_ja: 商品}
- {name: sold, type: int, unit: items, label_ja: 販売数}
- {name: returned, type: int, unit: items, label_ja: 返品数}
- {name: return_rate, type: ratio, unit: ratio, label_ja: 返品率}
- {name: shrunk_rate, type: ratio, unit: ratio, label_ja: 補正返品率}
- {name: top_reason, type: string, unit: none, label_ja: 主理由}
- {name: repeat_with_return, type: ratio, unit: ratio, label_ja: 返品者リピート率}
- {name: repeat_without, type: ratio, unit: ratio, label_ja: 非返品者リピート率}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: bar, x: product, y: shrunk_rate}
- {kind: scatter, x: sold, y: return_rate}
- {kind: table}
cells:
- {name: product, keys: [product, outcome], types: {outcome: string}, customers: outcomes, products: outcome_products, becomes: {ja: "返品した顧客（outcome=returned）。手元に残している顧客（outcome=kept）", en: "customers who sent it back (outcome=returned); customers who hold it (outcome=kept)"}}
rules: [TZ, RET, GUEST, CENSOR, SMALL, DIV0, UNK, SET]
notes:
- ja: "非会員の販売は率に数えるが、非会員はどのセルにも入らない。元の注文がない返品は結び付けられないので除く。"
  en: "sales of guests count for the rate, guests are in no cell; returns without an original order cannot be placed and are left out"
- ja: "補正返品率＝（返品数＋重み×平均）÷（販売数＋重み）。平均：全返品数÷全販売数。重み：販売数が「最少販売数」以上の商品の率の、偶然を超えるばらつきから、モーメント法で求める。偶然を超えるばらつきがなければ平均そのもの、そうした商品が2つに満たなければ重みを「最少販売数」とする。"
  en: "shrunk_rate = (returned + weight × mean) / (sold + weight). Mean: all returned over all sold. Weight: by moments, from the spread of the rates of products with min_quantity pieces beyond chance; where they do not spread beyond chance the mean itself, where there are fewer than two of them min_quantity"
- ja: "リピート：集計期間のその商品の最初の注文から「リピート期間(日)」以内の購入（商品を問わない）。その日数が過ぎた購入者だけを数える。"
  en: "repeat: any purchase within repeat_days after the first order of the product in the period, only buyers for whom they have passed"
- ja: "主理由は、最も多くの点数の理由。理由が示されていなければ「不明」、返品がなければ値なし。"
  en: "the main reason is that of most pieces; 不明 where none was given, empty without a return"
- ja: "補正返品率の順に並べ、「表示件数」より後の商品は「その他」にまとめる。サービスは除く。"
  en: "sorted by the shrunk rate; products after top_n are summed as その他; services are out"
standard: Empirical-Bayes shrinkage (beta-binomial).
*/
WITH lines AS (
  SELECT
    n.product,
    l.product_id,
    CASE WHEN NOT l.is_guest THEN l.customer_id END AS customer_id,
    l.sale_date,
    CASE WHEN l.is_return THEN 0 ELSE l.quantity END AS sold,
    CASE WHEN l.is_return THEN -l.quantity ELSE 0 END AS returned,
    CASE WHEN l.is_return THEN COALESCE(o.reason_code, :unknown) END AS reason
  FROM sales_lines AS l
  JOIN products AS d ON d.product_id = l.product_id
  JOIN product_labels AS n ON n.product_id = l.product_id
  JOIN orders AS o ON o.order_id = l.order_id
  WHERE
    l.sale_date BETWEEN :period_start AND :period_end
    AND l.sale_date <= DATE_ADD('day', -:mature_days, :as_of)
    AND NOT COALESCE(d.is_service, FALSE)
    AND (NOT l.is_return OR l.sale_order_id <> l.order_id)
),
rates AS (
  SELECT product, SUM(sold) AS sold, SUM(returned) AS returned, RATIO(SUM(returned), SUM(sold)) AS rate
  FROM lines
  GROUP BY product
  HAVING SUM(sold) > 0
),
expectation AS (
  SELECT RATIO(SUM(returned), SUM(sold)) AS mean FROM rates
),
spread AS (
  SELECT
    COUNT(*) AS products,
    VAR_POP(r.rate) - AVG(e.mean * (1 - e.mean) / CAST(r.sold AS DOUBLE)) AS beyond_chance
  FROM rates AS r
  CROSS JOIN expectation AS e
  WHERE r.sold >= :min_quantity
),
priors AS (
  SELECT
    e.mean,
    CASE
      WHEN s.products < 2 THEN CAST(:min_quantity AS DOUBLE)
      WHEN s.beyond_chance > 0 THEN GREATEST(e.mean * (1 - e.mean) / s.beyond_chance - 1, 0)
    END AS weight
  FROM expectation AS e
  CROSS JOIN spread AS s
),
reasons AS (
  SELECT product, reason, ROW_NUMBER() OVER (PARTITION BY product ORDER BY SUM(returned) DESC, reason) AS place
  FROM lines
  WHERE reason IS NOT NULL
  GROUP BY product, reason
),
buyers AS (
  SELECT product, product_id, customer_id, MIN(sale_date) AS first_date, SUM(sold) AS sold, SUM(returned) AS returned
  FROM lines
  WHERE customer_id IS NOT NULL
  GROUP BY product, product_id, customer_id
),
outcomes AS (
  SELECT product, product_id, customer_id, 'returned' AS outcome FROM buyers WHERE returned > 0
  UNION ALL
  SELECT product, product_id, customer_id, 'kept' FROM buyers WHERE sold > returned
),
outcome_products AS (
  SELECT DISTINCT product, outcome, product_id FROM outcomes
),
followed AS (
  SELECT
    b.product,
    b.customer_id,
    b.returned > 0 AS has_return,
    COUNT(p.order_id) > 0 AS has_repeated
  FROM buyers AS b
  LEFT JOIN purchases AS p
    ON p.customer_id = b.customer_id
    AND p.purchase_date > b.first_date
    AND p.purchase_date <= DATE_ADD('day', :repeat_days, b.first_date)
  WHERE b.first_date <= DATE_ADD('day', -:repeat_days, :as_of)
  GROUP BY b.product, b.customer_id, b.returned
),
placed AS (
  SELECT
    r.*,
    COALESCE((r.returned + p.weight * p.mean) / (r.sold + p.weight), p.mean) AS shrunk_rate,
    ROW_NUMBER() OVER (
      ORDER BY
        ROUND(COALESCE((r.returned + p.weight * p.mean) / (r.sold + p.weight), p.mean), 9) DESC,
        r.returned DESC,
        r.sold DESC,
        r.product
    ) AS place
  FROM rates AS r
  CROSS JOIN priors AS p
),
listed AS (
  SELECT product, product AS shown, sold, returned, shrunk_rate, place FROM placed WHERE place <= :top_n
  UNION ALL
  SELECT product, :other, sold, returned, NULL, NULL FROM placed WHERE place > :top_n
),
totals AS (
  SELECT shown, MAX(place) AS place, SUM(sold) AS sold, SUM(returned) AS returned, MAX(shrunk_rate) AS shrunk_rate
  FROM listed
  GROUP BY shown
),
repeats AS (
  SELECT
    l.shown,
    COUNT_IF(f.has_return) AS returners,
    COUNT_IF(NOT f.has_return) AS keepers,
    RATIO(COUNT_IF(f.has_return AND f.has_repeated), COUNT_IF(f.has_return)) AS repeat_with_return,
    RATIO(COUNT_IF(NOT f.has_return AND f.has_repeated), COUNT_IF(NOT f.has_return)) AS repeat_without
  FROM listed AS l
  JOIN followed AS f ON f.product = l.product
  GROUP BY l.shown
)
SELECT
  t.shown AS product,
  t.sold,
  t.returned,
  RATIO(t.returned, t.sold) AS return_rate,
  t.shrunk_rate,
  r.reason AS top_reason,
  x.repeat_with_return,
  x.repeat_without,
  t.sold < :min_cell
    OR COALESCE(x.returners BETWEEN 1 AND :min_cell - 1 OR x.keepers BETWEEN 1 AND :min_cell - 1, FALSE) AS low_n
FROM totals AS t
LEFT JOIN reasons AS r ON r.product = t.shown AND r.place = 1
LEFT JOIN repeats AS x ON x.shown = t.shown
ORDER BY t.place NULLS LAST, t.shown
