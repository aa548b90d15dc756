/*
id: sales_concentration
name: {ja: 売上集中度分析, en: "Sales concentration (Lorenz, Gini)"}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: 売上はどれだけ少数の顧客(商品・店舗)に集中しているか。集中は進んでいるか。
  en: "How concentrated are sales on few customers, and is it getting worse?"
method:
  ja: "顧客の金額のローレンツ曲線、ジニ係数、上位1・5・10・20%（「上位%」）の売上構成比、売上の80%に達する人数を、期間ごとに示す。"
  en: "Lorenz curve of customer amounts, Gini coefficient, share of the top 1, 5, 10 and 20 percent and the number of customers that make 80 percent, per period."
parameter_groups: [period, base, pur, grain]
parameters:
- {name: entity, type: "enum(customer,product,store)", default: customer, label_ja: 集計の単位, note: ""}
- {name: top_shares, type: list(ratio), default: "0.01,0.05,0.10,0.20", minimum: 0, maximum: 1, label_ja: "上位%", note: "more of them make the Lorenz curve finer"}
columns:
- {name: bucket, type: month, unit: months, label_ja: 期間}
- {name: gini, type: double, unit: score, label_ja: ジニ係数}
- {name: top_share_pct, type: ratio, unit: ratio, label_ja: 上位%の人数割合}
- {name: sales_share, type: ratio, unit: ratio, label_ja: 売上構成比}
- {name: heads_for_80, type: int, unit: people, label_ja: 80%到達人数}
- {name: heads_for_80_share, type: ratio, unit: ratio, label_ja: 同割合}
charts:
- {kind: lorenz, x: top_share_pct, y: sales_share, color: bucket}
- {kind: line, title_ja: ジニ係数, x: bucket, y: gini}
- {kind: line, title_ja: 上位の売上構成比, x: bucket, y: sales_share, color: top_share_pct, options: {discrete_colour: true}}
- {kind: table}
cells:
- {name: top, keys: [bucket, top_share_pct], customers: tops, products: tops, becomes: {ja: "その範囲の顧客（entity=customer）または商品（entity=product）", en: "the customers (entity=customer) or products (entity=product) inside it"}}
footnotes:
- {label_ja: 0以下のため除いた数(延べ), cte: not_positive_heads}
- {label_ja: 非会員売上, cte: guest_sales}
rules: [TZ, PUR, RET, NEG, GUEST, MERGE, TIE, SET]
notes:
- ja: "上位の人数は切り上げて整数にし、境目は同額の終わりまで広げる。このため、実際の人数割合は上位%の人数割合をわずかに上回ることがある。"
  en: "a share of heads is rounded up to whole heads, and the cut moves to the end of equal amounts: so many may be a little more than top_share_pct"
- ja: "ジニ係数は、金額を小さい順に並べて 2 Σ i x(i) / (n Σ x) - (n + 1) / n。0＝すべて等しい。"
  en: "the Gini coefficient is 2 Σ i x(i) / (n Σ x) - (n + 1) / n over the amounts in ascending order; 0 = all equal"
- ja: "会員の購入による（商品についても同じ）。非会員の売上は表の下に示す。"
  en: "members' purchases, of products too; guests' sales stand below the table"
- ja: "期間の合計が0以下の顧客、商品、店舗は除き、数を表の下に示す。"
  en: "customers, products or stores whose total in a bucket is zero or below are left out of it and counted below the table"
- ja: "ローレンツ曲線は上位から描くため、対角線の上にくる。"
  en: "the Lorenz curve is drawn from the top, so it lies above the diagonal"
standard: Lorenz curve and Gini coefficient; 80/20 wording after Pareto.
*/
WITH amounts AS (
  SELECT
    GRAIN_OF(p.purchase_date) AS bucket,
    CASE :entity WHEN 'store' THEN COALESCE(p.store_id, :unknown) ELSE p.customer_id END AS entity_id,
    p.amount
  FROM purchases AS p
  WHERE :entity <> 'product' AND p.purchase_date BETWEEN :period_start AND :period_end
  UNION ALL
  SELECT GRAIN_OF(l.purchase_date), l.product_id, l.amount
  FROM purchase_lines AS l
  WHERE :entity = 'product' AND l.purchase_date BETWEEN :period_start AND :period_end
),
totals AS (
  SELECT bucket, entity_id, SUM(amount) AS amount
  FROM amounts
  GROUP BY bucket, entity_id
),
not_positive_heads AS (
  SELECT COUNT(*) AS heads FROM totals WHERE amount <= 0
),
guest_sales AS (
  SELECT COALESCE(SUM(s.amount), 0) AS amount
  FROM sales AS s
  WHERE s.is_guest AND s.sale_date BETWEEN :period_start AND :period_end
),
placed AS (
  SELECT
    t.bucket,
    t.entity_id,
    t.amount,
    ROW_NUMBER() OVER (PARTITION BY t.bucket ORDER BY t.amount DESC, t.entity_id) AS place,
    RANK() OVER (PARTITION BY t.bucket ORDER BY t.amount DESC) AS tie_place,
    COUNT(*) OVER (PARTITION BY t.bucket) AS heads,
    SUM(t.amount) OVER (PARTITION BY t.bucket) AS bucket_amount,
    SUM(t.amount) OVER (PARTITION BY t.bucket ORDER BY t.amount DESC, t.entity_id) AS running_amount
  FROM totals AS t
  WHERE t.amount > 0
),
buckets AS (
  SELECT
    bucket,
    heads,
    2 * RATIO(SUM((heads + 1 - place) * amount), heads * bucket_amount) - RATIO(heads + 1, heads) AS gini,
    MIN(CASE WHEN CAST(running_amount AS DOUBLE) >= 0.8e0 * CAST(bucket_amount AS DOUBLE) - 1e-6 THEN place END)
      AS heads_for_80
  FROM placed
  GROUP BY bucket, heads, bucket_amount
),
top_shares AS (
  SELECT DISTINCT top_share FROM UNNEST(:top_shares) AS t(top_share)
),
tops AS (
  SELECT
    p.bucket,
    t.top_share AS top_share_pct,
    CASE WHEN :entity = 'customer' THEN p.entity_id END AS customer_id,
    CASE WHEN :entity = 'product' THEN p.entity_id END AS product_id,
    p.amount,
    p.bucket_amount
  FROM placed AS p
  JOIN top_shares AS t ON p.tie_place <= CEIL(t.top_share * p.heads - 1e-9)
),
shares AS (
  SELECT bucket, top_share_pct, RATIO(SUM(amount), bucket_amount) AS sales_share
  FROM tops
  GROUP BY bucket, top_share_pct, bucket_amount
)
SELECT
  b.bucket,
  b.gini,
  s.top_share_pct,
  s.sales_share,
  b.heads_for_80,
  RATIO(b.heads_for_80, b.heads) AS heads_for_80_share
FROM buckets AS b
JOIN shares AS s ON s.bucket = b.bucket
ORDER BY b.bucket, s.top_share_pct
