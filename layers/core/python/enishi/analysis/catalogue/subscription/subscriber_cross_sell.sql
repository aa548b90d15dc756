/*
id: subscriber_cross_sell
name: {ja: 定期客クロスセル分析, en: Cross-sell to subscribers}
category: subscription
origin: extension
tier: standard
question:
  ja: 定期客はほかに何を、何回目のお届けのころに買うか。併せて買う人の契約は長続きするか。
  en: "What else do subscribers buy, when in their life, and does it lengthen the contract?"
method:
  ja: "契約中の顧客の、契約以外の購入明細をお届け回数とカテゴリ別に見る。「基準のお届け回数」（既定3回目）までに併買のある契約とない契約の継続率を比べる（ランドマーク法）。"
  en: "Non-contract lines bought while a contract ran (ended contracts too) by delivery number and category; survival of contracts with and without a cross purchase by the landmark delivery (3)."
parameter_groups: [period, base, pur, stat]
parameters:
- {name: landmark, type: int, default: 3, minimum: 1, label_ja: 基準のお届け回数, note: ""}
columns:
- {name: category, type: string, unit: none, label_ja: カテゴリ}
- {name: k, type: int, unit: times, label_ja: 回数}
- {name: holders, type: int, unit: people, label_ja: 契約者数}
- {name: buyers, type: int, unit: people, label_ja: 購入者数}
- {name: rate, type: ratio, unit: ratio, label_ja: 購入率}
- {name: amount_per_holder, type: money, unit: JPY/person, label_ja: 1人あたり}
- {name: survival_with, type: double, unit: probability, label_ja: 併買あり継続率}
- {name: survival_without, type: double, unit: probability, label_ja: 併買なし継続率}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: heatmap, x: k, y: category, color: rate}
- {kind: line, x: k, y: [survival_with, survival_without], where: {category: 合計}, title_ja: 併買の有無と継続率}
- {kind: table}
cells:
- {name: bought, keys: [category, k], customers: bought, products: bought, becomes: {ja: "k回目のお届けの後にそれを購入した顧客と、その商品", en: "customers who bought that after their k-th delivery, and the products"}}
- {name: crossed, keys: [is_crossed], types: {is_crossed: bool}, customers: holding, products: best_products, becomes: {ja: "is_crossed=falseは、続いている契約があり、まだ併買のない契約者。商品は最も購入者の多いカテゴリの商品", en: "is_crossed=false: holders of running contracts with no cross purchase yet; products = best category"}}
rules: [TZ, PUR, RET, MERGE, CENSOR, SMALL, MULTI, SET]
notes:
- ja: "公平な比較のため、基準のお届け回数の時点で続いている契約だけを対象とする。"
  en: "landmark keeps the comparison fair: only contracts alive at the landmark enter"
- ja: "回数kの購入は、k回目のお届けから次のお届け、または契約の終わりまでの間のもの（期間内のお届け）。契約自身の明細は、契約の注文のうち契約の商品（商品変更の前の商品も）のもの。サービスは除く。"
  en: "a line is bought at k between the k-th delivery and the next one, or the end of the contract; deliveries of the period. A contract's own line is that of its product, before a change of product too, in a contract's order; services are left out"
- ja: "契約者数は、期間内にk回目のお届けのあった顧客。顧客は各カテゴリと「合計」でそれぞれ1回だけ数える。"
  en: "holders are customers with a k-th delivery in the period; a customer counts once in each category and in 合計"
- ja: "併買ありは、契約の開始から基準のお届けまでにそのカテゴリ（「合計」では何か）を購入したもの。継続率はそこからのKaplan–Meier法によるもので、kは次に来るお届けの回数。"
  en: "with = bought in the category (合計: anything else) from the contract's start up to its landmark delivery; survival is Kaplan and Meier's from there, k the next delivery that comes"
- ja: "参考値は、契約者数、または比べる両側のいずれかの契約数が「参考値とする母数」に満たないもの。"
  en: "low_n: fewer than min_cell holders, or contracts on either side of the comparison"
- ja: "多く買う人は、もともと続ける人かもしれない。この差は、併買が契約を続けさせている証拠にはならない。"
  en: "people who buy more may be those who stay anyway: the difference is no proof that the cross purchase keeps them"
needs: [subscriptions]
*/
WITH own_products AS (
  SELECT customer_id, product_id FROM contracts
  UNION
  SELECT k.customer_id, e.old_value
  FROM subscription_events AS e
  JOIN contracts AS k ON k.subscription_id = e.subscription_id
  WHERE e.event_type = 'change_product'
),
others AS (
  SELECT
    l.customer_id,
    l.order_id,
    l.product_id,
    l.purchase_date,
    COALESCE(l.category_l1, :unknown) AS category_l1,
    SUM(l.amount) AS amount
  FROM purchase_lines AS l
  JOIN v_purchases AS p ON p.order_id = l.order_id
  LEFT JOIN own_products AS own
    ON own.customer_id = l.customer_id
    AND own.product_id = l.product_id
    AND (p.order_type = 'subscription' OR p.subscription_id IS NOT NULL)
  WHERE own.customer_id IS NULL AND NOT COALESCE(l.is_service, FALSE)
  GROUP BY l.customer_id, l.order_id, l.product_id, l.purchase_date, COALESCE(l.category_l1, :unknown)
  HAVING SUM(l.amount) > 0
),
held AS (
  SELECT
    d.subscription_id,
    d.customer_id,
    d.k,
    d.delivered_date,
    COALESCE(d.until_date, DATE_ADD('day', 1, :as_of)) AS until_date
  FROM deliveries AS d
  WHERE d.delivered_date BETWEEN :period_start AND :period_end
),
in_life AS (
  SELECT DISTINCT h.k, o.*
  FROM held AS h
  JOIN others AS o
    ON o.customer_id = h.customer_id AND o.purchase_date >= h.delivered_date AND o.purchase_date < h.until_date
),
bought AS (
  SELECT category_l1 AS category, k, customer_id, product_id, amount FROM in_life
  UNION ALL
  SELECT :total, k, customer_id, product_id, amount FROM in_life
),
counted AS (
  SELECT category, k, COUNT(DISTINCT customer_id) AS buyers, SUM(amount) AS amount
  FROM bought
  GROUP BY category, k
),
holders AS (
  SELECT k, COUNT(DISTINCT customer_id) AS holders
  FROM held
  GROUP BY k
),
-- Contracts alive at their landmark, and the delivery up to which each is known: the one that did not come, or the last.
ends AS (
  SELECT subscription_id, MAX(k) AS reached
  FROM deliveries
  GROUP BY subscription_id
),
alive AS (
  SELECT
    h.subscription_id,
    h.customer_id,
    k.started_date,
    h.delivered_date AS landmark_date,
    k.state = 'cancelled' AS is_lost,
    e.reached + CASE WHEN k.state = 'cancelled' THEN 1 ELSE 0 END AS last_k
  FROM held AS h
  JOIN contracts AS k ON k.subscription_id = h.subscription_id
  JOIN ends AS e ON e.subscription_id = h.subscription_id
  WHERE h.k = :landmark AND COALESCE(k.ended_date > h.delivered_date, TRUE)
),
crossed_early AS (
  SELECT DISTINCT a.subscription_id, v.category
  FROM alive AS a
  JOIN others AS o
    ON o.customer_id = a.customer_id AND o.purchase_date >= a.started_date AND o.purchase_date <= a.landmark_date
  CROSS JOIN UNNEST(ARRAY[o.category_l1, :total]) AS v(category)
),
categories AS (
  SELECT DISTINCT category FROM bought
),
compared AS (
  SELECT
    c.category,
    x.subscription_id IS NOT NULL AS is_with,
    a.last_k,
    COUNT_IF(a.is_lost) AS lost,
    COUNT(*) AS contracts
  FROM categories AS c
  CROSS JOIN alive AS a
  LEFT JOIN crossed_early AS x ON x.subscription_id = a.subscription_id AND x.category = c.category
  GROUP BY c.category, x.subscription_id IS NOT NULL, a.last_k
),
steps AS (
  SELECT t.k
  FROM (SELECT MAX(k) AS k FROM (SELECT k FROM held UNION ALL SELECT last_k FROM alive) AS s) AS m
  CROSS JOIN UNNEST(SEQUENCE(1, COALESCE(m.k, 1))) AS t(k)
),
hazards AS (
  SELECT
    c.category,
    c.is_with,
    s.k,
    SUM(c.contracts) AS at_risk,
    CASE
      WHEN s.k > :landmark THEN RATIO(SUM(CASE WHEN c.last_k = s.k THEN c.lost ELSE 0 END), SUM(c.contracts))
      ELSE 0e0
    END AS hazard
  FROM compared AS c
  JOIN steps AS s ON s.k <= c.last_k AND s.k >= :landmark
  GROUP BY c.category, c.is_with, s.k
),
curves AS (
  SELECT
    h.category,
    h.is_with,
    h.k,
    MAX(h.at_risk) OVER (PARTITION BY h.category, h.is_with) AS contracts,
    CASE
      WHEN MAX(h.hazard) OVER (PARTITION BY h.category, h.is_with ORDER BY h.k) >= 1 THEN 0e0
      ELSE EXP(SUM(LN(NULLIF(1 - h.hazard, 0e0))) OVER (PARTITION BY h.category, h.is_with ORDER BY h.k))
    END AS survival
  FROM hazards AS h
),
sides AS (
  SELECT
    category,
    MAX(CASE WHEN is_with THEN contracts ELSE 0 END) AS with_cross,
    MAX(CASE WHEN is_with THEN 0 ELSE contracts END) AS without_cross
  FROM curves
  GROUP BY category
),
holding AS (
  SELECT DISTINCT k.customer_id, o.customer_id IS NOT NULL AS is_crossed
  FROM (
    SELECT customer_id, MIN(started_date) AS started_date
    FROM contracts
    WHERE state IN ('active', 'paused')
    GROUP BY customer_id
  ) AS k
  LEFT JOIN others AS o ON o.customer_id = k.customer_id AND o.purchase_date >= k.started_date
),
best AS (
  SELECT category
  FROM (
    SELECT
      category,
      ROW_NUMBER() OVER (ORDER BY COUNT(DISTINCT customer_id) DESC, SUM(amount) DESC, category) AS place
    FROM bought
    WHERE category <> :total
    GROUP BY category
  ) AS r
  WHERE place = 1
),
best_products AS (
  SELECT p.product_id, FALSE AS is_crossed
  FROM products AS p
  JOIN best AS b ON b.category = p.category_l1
  WHERE NOT COALESCE(p.is_service, FALSE) AND NOT COALESCE(p.is_sample, FALSE)
)
SELECT
  c.category,
  s.k,
  COALESCE(h.holders, 0) AS holders,
  COALESCE(n.buyers, 0) AS buyers,
  RATIO(COALESCE(n.buyers, 0), h.holders) AS rate,
  CAST(RATIO(COALESCE(n.amount, 0), h.holders) AS DECIMAL(18, 2)) AS amount_per_holder,
  x.survival AS survival_with,
  y.survival AS survival_without,
  LEAST(COALESCE(h.holders, 0), COALESCE(d.with_cross, 0), COALESCE(d.without_cross, 0)) < :min_cell AS low_n
FROM categories AS c
CROSS JOIN steps AS s
LEFT JOIN holders AS h ON h.k = s.k
LEFT JOIN counted AS n ON n.category = c.category AND n.k = s.k
LEFT JOIN curves AS x ON x.category = c.category AND x.k = s.k AND x.is_with
LEFT JOIN curves AS y ON y.category = c.category AND y.k = s.k AND NOT y.is_with
LEFT JOIN sides AS d ON d.category = c.category
ORDER BY CASE c.category WHEN :total THEN 0 WHEN :unknown THEN 2 ELSE 1 END, c.category, s.k
