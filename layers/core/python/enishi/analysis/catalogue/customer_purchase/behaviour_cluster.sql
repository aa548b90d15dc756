/*
id: behaviour_cluster
name: {ja: 購買行動クラスタ分析, en: Behavioural clusters}
category: customer_purchase
origin: extension
tier: advanced
question:
  ja: 自社のデータの中に、買い方の似た顧客のまとまりはいくつあるか。それぞれどんな人たちか。
  en: Which natural customer types exist in our own data?
method:
  ja: "標準化した特徴量（購入金額の対数、購入回数、最終購入からの日数、カテゴリ数、値引き購入率、EC・アプリ購入率、週末購入率、粗利率、商品性格の構成）を、乱数の種を固定したk-means法で分ける。クラスタ数は標本のシルエットで選ぶ。各クラスタは、最も強い特徴量で言い表す。"
  en: "Standardised features (log spend, orders, recency, breadth, discount share, EC share, weekend share, margin rate, journey-class mix), k-means with fixed seed, k chosen by silhouette on a sample; each cluster is described by its strongest features."
parameter_groups: [period, base, pur]
parameters:
- {name: k, type: int, default: 0, minimum: 0, maximum: 50, label_ja: クラスタ数, note: "0 = choose 4-10 by silhouette"}
- {name: sample_size, type: int, default: 100000, minimum: 100, label_ja: 中心を求める人数, note: "drawn at random, the same every time; everybody is placed"}
- {name: seed, type: int, default: 42, minimum: 0, label_ja: 乱数の種, note: ""}
- {name: features, type: list, default: all, label_ja: 特徴量, note: "spend, orders, recency, breadth, discount_share, ec_share, weekend_share, margin_rate, necessity_share, hobby_share, consumable_share; all = every one"}
columns:
- {name: cluster, type: int, unit: none, label_ja: クラスタ}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: amount, type: money, unit: JPY, label_ja: 購入金額}
- {name: feature, type: string, unit: none, label_ja: 特徴量}
- {name: z_mean, type: double, unit: score, label_ja: 平均z値}
- {name: silhouette, type: double, unit: score, label_ja: シルエット}
- {name: suggested_name, type: string, unit: none, label_ja: 名称案}
charts:
- {kind: heatmap, x: cluster, y: feature, color: z_mean, where: {cluster: {min: 0}}}
- {kind: bubble, x: customers, y: amount, size: customers, color: suggested_name}
- {kind: table}
cells:
- {name: cluster, keys: [cluster], by_step: true, becomes: {ja: "クラスタの中心に最も近い顧客", en: "customers nearest to its centre"}}
rules: [TZ, PUR, RET, NEG, GUEST, MERGE, TIE, SET]
notes:
- ja: "クラスタの番号は1人あたり購入金額の高い順に付け直し、再計算しても番号が変わらないようにする。購入が1回だけの顧客は、固定のクラスタとして独立させる。"
  en: "clusters are relabelled by descending spend so that reruns keep numbers; customers with one purchase are a fixed cluster of their own"
- ja: "1回だけの顧客のクラスタは0。購入金額の合計が0以下の顧客はどのクラスタにも入れず、0以下として示す。番号付けの購入金額は、クラスタの顧客の平均。"
  en: "that cluster is 0; customers whose total is zero or below are in none and stand as 0以下; spend is the mean of the cluster's customers"
- ja: "平均z値は、2回以上購入した顧客全体に対する値。値のない顧客（定価や原価がない）には、その全体の平均を当てる。"
  en: "z_mean is against all customers with two purchases and more; a customer without a figure (no list price, no cost) has their mean"
- ja: "シルエットは、最大5,000人の抽出のうち、そのクラスタの顧客の平均。クラスタ0では空欄。"
  en: "silhouette is the mean over the cluster's customers in a draw of at most 5,000; it is null for cluster 0"
- ja: "名称案は、平均z値の絶対値が0.5以上の特徴量のうち、強い順に2つを言い表す。"
  en: "suggested_name says the two strongest features with a z_mean of at least 0.5 in size"
- ja: "購入金額と購入回数は対数。値引き購入率は定価より安く買った明細の割合、商品性格ごとの購入比率は金額に占める割合。"
  en: "logs of spend and purchases; 値引き購入率 is the share of lines below list price, 購入比率 of journey classes are shares of the amount"
standard: "k-means (Lloyd); silhouette, Rousseeuw (1987)."
step: clusters
*/
WITH bought AS (
  SELECT
    p.customer_id,
    COUNT(*) AS orders,
    SUM(p.amount) AS amount,
    CAST(DATE_DIFF('day', MAX(p.purchase_date), :period_end) AS DOUBLE) AS recency,
    RATIO(COUNT_IF(p.channel = 'ec' OR p.channel = 'app'), COUNT(*)) AS ec_share,
    RATIO(COUNT_IF(DAY_OF_WEEK(p.purchase_date) >= 6), COUNT(*)) AS weekend_share
  FROM purchases AS p
  WHERE p.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY p.customer_id
),
tasted AS (
  SELECT
    l.customer_id,
    CAST(COUNT(DISTINCT l.category_l1) AS DOUBLE) AS breadth,
    RATIO(COUNT_IF(l.unit_price < l.list_price), COUNT_IF(l.list_price > 0)) AS discount_share,
    RATIO(SUM(l.margin), SUM(CASE WHEN l.cost IS NOT NULL THEN l.amount END)) AS margin_rate,
    RATIO(SUM(CASE WHEN l.journey_class = 'necessity' THEN l.amount ELSE 0 END), SUM(l.amount)) AS necessity_share,
    RATIO(SUM(CASE WHEN l.journey_class = 'hobby' THEN l.amount ELSE 0 END), SUM(l.amount)) AS hobby_share,
    RATIO(SUM(CASE WHEN l.journey_class = 'consumable' THEN l.amount ELSE 0 END), SUM(l.amount)) AS consumable_share
  FROM purchase_lines AS l
  WHERE l.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY l.customer_id
)
SELECT
  b.customer_id,
  b.orders,
  b.amount,
  b.recency,
  t.breadth,
  t.discount_share,
  b.ec_share,
  b.weekend_share,
  t.margin_rate,
  t.necessity_share,
  t.hobby_share,
  t.consumable_share
FROM bought AS b
LEFT JOIN tasted AS t ON t.customer_id = b.customer_id
ORDER BY b.customer_id
