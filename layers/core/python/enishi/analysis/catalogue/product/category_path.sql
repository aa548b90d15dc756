/*
id: category_path
name: {ja: 購入カテゴリ遷移分析, en: Category path over N purchases}
category: product
origin: extension
tier: standard
question:
  ja: 顧客は初回から4回目の購入まで、どのカテゴリを通っていくか。
  en: Through which categories do customers travel from the first to the fourth purchase?
method:
  ja: "1回目から「追う購入回数」までの購入の主カテゴリ（金額が最大のもの）の流れ。「離脱」も状態の1つとする。経路ごとの価値も出す。"
  en: "Main category (largest amount) of purchases 1..k as a flow with 'stopped' as a state; value at the end of each path."
parameter_groups: [period, base, pur, top]
parameters:
- {name: k, type: int, default: 4, minimum: 2, maximum: 10, label_ja: 追う購入回数, note: ""}
- {name: level, type: "enum(category_l1,category_l2)", default: category_l1, label_ja: 商品の単位, note: ""}
- {name: min_customers, type: int, default: 30, minimum: 1, label_ja: 最少人数, note: "links with fewer are left out; rates count them"}
- {name: stop_days, type: int, default: 180, minimum: 1, label_ja: 離脱とみなす日数, note: "without a further purchase for so long a customer has stopped"}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "customers on the path before under which low_n is set"}
columns:
- {name: n, type: int, unit: count, label_ja: N回目}
- {name: from_category, type: string, unit: none, label_ja: 前回カテゴリ}
- {name: to_category, type: string, unit: none, label_ja: 今回カテゴリ}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: rate, type: ratio, unit: ratio, label_ja: 遷移率}
- {name: path, type: string, unit: none, label_ja: 経路}
- {name: path_value, type: money, unit: JPY/person, label_ja: 経路別価値}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: sankey, source: from_category, target: to_category, size: customers, where: {n: 2}}
- {kind: table}
cells:
- {name: link, keys: [n, path, from_category, to_category], customers: steps, products: step_products, becomes: {ja: "そのつながりの顧客。商品はその先の購入の商品", en: "customers on it; products = those of the purchase it leads to"}}
rules: [TZ, PUR, RET, GUEST, MERGE, TIE, CENSOR, SMALL, UNK, SET]
notes:
- ja: "最終購入が十分に古い顧客（「離脱とみなす日数」が過ぎた顧客）だけを「離脱」とする。まだ続くかもしれない顧客は、その先のつながりにも率にも入れない。"
  en: "only customers whose last purchase is old enough count as 'stopped' (離脱); whoever may still go on is in no link from there, and in no rate"
- ja: "1行は、経路上の、N−1回目からN回目の購入へのつながり1つ（そこまで同じ道をたどった顧客）。遷移率＝手前までの経路にいた顧客のうち、このつながりに進んだ割合。"
  en: "one row a link from purchase n - 1 to purchase n on its path: customers who came the same way up to there; rate = of those on the path before, how many took it"
- ja: "経路別価値＝これらの顧客が、基準日までの生涯の全購入で使った額（1人あたり）。"
  en: "path_value = what these customers have spent in all purchases of their life up to as_of"
- ja: "集計期間は生涯の初回購入の期間。1回の購入で金額が同じときは、名前が先のカテゴリとする。サービスはカテゴリとしない。"
  en: "the period holds the first purchase of a lifetime; equal amounts in one purchase go to the category that comes first by name; services are no category"
- ja: "人数の多い順に「表示件数」までのつながりを残す。"
  en: "the top_n links by customers are kept"
*/
WITH entrants AS (
  SELECT customer_id
  FROM purchases
  WHERE n = 1 AND purchase_date BETWEEN :period_start AND :period_end
),
lives AS (
  SELECT p.customer_id, MAX(p.n) AS purchases, MAX(p.purchase_date) AS last_date, SUM(p.amount) AS amount
  FROM purchases AS p
  JOIN entrants AS e ON e.customer_id = p.customer_id
  GROUP BY p.customer_id
),
category_amounts AS (
  SELECT l.customer_id, l.n, i.item AS category, SUM(l.amount) AS amount
  FROM purchase_lines AS l
  JOIN items AS i ON i.product_id = l.product_id
  JOIN entrants AS e ON e.customer_id = l.customer_id
  WHERE l.n <= :k AND NOT i.is_service AND l.quantity > 0
  GROUP BY l.customer_id, l.n, i.item
),
main_categories AS (
  SELECT customer_id, n, category
  FROM (
    SELECT
      a.*,
      ROW_NUMBER() OVER (PARTITION BY a.customer_id, a.n ORDER BY a.amount DESC, a.category) AS place
    FROM category_amounts AS a
  ) AS placed
  WHERE place = 1
),
states AS (
  SELECT p.customer_id, p.n, COALESCE(m.category, :unknown) AS category
  FROM purchases AS p
  JOIN entrants AS e ON e.customer_id = p.customer_id
  LEFT JOIN main_categories AS m ON m.customer_id = p.customer_id AND m.n = p.n
  WHERE p.n <= :k
  UNION ALL
  SELECT v.customer_id, v.purchases + 1, '離脱'
  FROM lives AS v
  WHERE v.purchases < :k AND v.last_date <= DATE_ADD('day', -:stop_days, :as_of)
),
trails AS (
  SELECT
    s.customer_id,
    s.n,
    s.category,
    LAG(s.category) OVER (PARTITION BY s.customer_id ORDER BY s.n) AS from_category,
    ARRAY_JOIN(
      ARRAY_AGG(s.category) OVER (PARTITION BY s.customer_id ORDER BY s.n ROWS UNBOUNDED PRECEDING),
      ' > '
    ) AS path
  FROM states AS s
),
steps AS (
  SELECT customer_id, n, from_category, category AS to_category, path
  FROM trails
  WHERE n >= 2
),
step_products AS (
  SELECT DISTINCT s.n, s.path, s.from_category, s.to_category, l.product_id
  FROM steps AS s
  JOIN purchase_lines AS l ON l.customer_id = s.customer_id AND l.n = s.n
),
links AS (
  SELECT
    s.n,
    s.from_category,
    s.to_category,
    s.path,
    COUNT(*) AS customers,
    AVG(CAST(v.amount AS DOUBLE)) AS path_value
  FROM steps AS s
  JOIN lives AS v ON v.customer_id = s.customer_id
  GROUP BY s.n, s.from_category, s.to_category, s.path
),
arrivals AS (
  SELECT
    k.*,
    SUM(k.customers) OVER (
      PARTITION BY k.n, SUBSTRING(k.path, 1, LENGTH(k.path) - LENGTH(k.to_category) - 3)
    ) AS on_path
  FROM links AS k
),
rated AS (
  SELECT a.*, RATIO(a.customers, a.on_path) AS rate FROM arrivals AS a
),
kept AS (
  SELECT *
  FROM (
    SELECT r.*, ROW_NUMBER() OVER (ORDER BY r.customers DESC, r.n, r.path) AS place
    FROM rated AS r
    WHERE r.customers >= :min_customers
  ) AS placed
  WHERE place <= :top_n
)
SELECT
  n,
  from_category,
  to_category,
  customers,
  rate,
  path,
  CAST(path_value AS DECIMAL(18, 2)) AS path_value,
  on_path < :min_cell AS low_n
FROM kept
ORDER BY n, customers DESC, path
