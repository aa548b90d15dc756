/*
id: media_payback
name: {ja: 媒体別LTV・回収期間分析, en: Payback by medium}
category: media
origin: extension
tier: standard
question:
  ja: 各媒体は、何か月で獲得費用を回収するか。
  en: "After how many months does each medium earn back its acquisition cost?"
method:
  ja: "獲得した顧客1人あたりの粗利（または購入金額）の累計−CPAを月別に見る。回収月は累計が0以上になる最初の月。達していなければ、直近3か月の増分で延長して見積もる。"
  en: "Cumulative margin per acquired customer by month minus CPA; payback = first month at or above zero; extrapolated with the last three monthly increments when not reached."
parameter_groups: [period, base, pur]
parameters:
- {name: value, type: "enum(margin,amount)", default: margin, label_ja: 価値, note: ""}
- {name: months, type: int, default: 24, minimum: 1, maximum: 120, label_ja: 最大経過月, note: ""}
- {name: view, type: "enum(medium_type,medium)", default: medium, label_ja: 集計の単位, note: ""}
columns:
- {name: medium, type: string, unit: none, label_ja: 媒体}
- {name: customers, type: int, unit: people, label_ja: 獲得数}
- {name: cpa, type: money, unit: JPY/person, label_ja: CPA}
- {name: k, type: int, unit: months, label_ja: 経過月}
- {name: observed, type: int, unit: people, label_ja: 観測人数}
- {name: cum_value, type: money, unit: JPY/person, label_ja: 累積価値}
- {name: net, type: money, unit: JPY/person, label_ja: 累積損益}
- {name: payback_month, type: int, unit: months, label_ja: 回収月}
- {name: ltv_cpa, type: double, unit: ratio, label_ja: LTV/CPA}
charts:
- {kind: line, x: k, y: net, color: medium, options: {whole: [observed, customers]}}
- {kind: table}
cells:
- {name: medium, keys: [medium], customers: placed, becomes: {ja: "その媒体の顧客", en: "its customers"}}
- {name: paid_back, keys: [medium, is_paid_back], types: {is_paid_back: bool}, customers: placed, becomes: {ja: "回収に達していない、やめるべき媒体の顧客（is_paid_back=false）", en: "payback not reached => customers of media to stop (is_paid_back=false)"}}
rules: [TZ, PUR, RET, GUEST, MERGE, UNK, CENSOR, DIV0, SET]
notes:
- ja: "全員がまだ経過していない月は破線で描く。"
  en: "months not yet seen by the whole cohort are drawn dashed"
- ja: "対象は、初回購入が集計期間にある顧客。媒体はその購入のコード、なければ申告された媒体による。CPAは期間の費用/獲得数で、費用のない媒体では空欄。"
  en: "customers whose first purchase falls into the period, by its code, else the medium that they declared; cpa is the cost of the period over them, null for a medium without costs"
- ja: "経過月kは、本人の初回購入のk−1か月後の同じ日から始まる。初回購入は1か月目に入る。"
  en: "month k begins on the same day-of-month k - 1 months after the own first purchase; the first purchase is in month 1"
- ja: "累積価値は、その月を丸ごと経過した顧客（観測人数）がもたらした平均額を月ごとに足したもの。経過した人のいる最後の月で終わる。"
  en: "cum_value adds up, month by month, what the customers who have lived through the whole month (observed) brought on average; it ends with the last month that anybody has"
- ja: "最後の経過月より後の回収月は、延長による見積もり。増分に1か月目は含めない。もう利益の出ない媒体には回収月がない。is_paid_back=trueで開くのは、すでに回収した媒体の顧客で、見積もりのものは含まない。"
  en: "payback_month later than the last k is extrapolated; month 1 is never among the increments, and a medium that earns nothing more has none; the cell is_paid_back=true holds what has been reached, not what is extrapolated"
- ja: "粗利は原価のわかる明細のもの。"
  en: "margin is that of lines with a known cost"
needs: [media, media_costs]
*/
WITH acquired AS (
  SELECT
    CASE :view WHEN 'medium_type' THEN MEDIUM_WORD(a.medium_type) ELSE a.medium END AS medium,
    a.customer_id,
    a.purchase_date AS first_date,
    LEAST(DATE_DIFF('month', a.purchase_date, DATE_ADD('day', 1, :as_of)), :months) AS months_lived
  FROM acquisitions AS a
  WHERE a.purchase_date BETWEEN :period_start AND :period_end
),
spent AS (
  SELECT
    CASE :view WHEN 'medium_type' THEN MEDIUM_WORD(m.medium_type) ELSE m.medium END AS medium,
    SUM(s.cost) AS cost
  FROM media_costs AS s
  JOIN media_labels AS m ON m.medium_id = s.medium_id
  WHERE s.cost_date BETWEEN :period_start AND :period_end
  GROUP BY 1
),
sizes AS (
  SELECT
    COALESCE(a.medium, s.medium) AS medium,
    COALESCE(a.customers, 0) AS customers,
    RATIO(s.cost, a.customers) AS cpa
  FROM (SELECT medium, COUNT(*) AS customers FROM acquired GROUP BY medium) AS a
  FULL JOIN spent AS s ON s.medium = a.medium
),
brought AS (
  SELECT p.customer_id, p.purchase_date AS day, p.amount AS value
  FROM purchases AS p
  WHERE :value = 'amount'
  UNION ALL
  SELECT l.customer_id, l.purchase_date, l.margin
  FROM purchase_lines AS l
  WHERE :value = 'margin'
),
earned AS (
  SELECT a.medium, DATE_DIFF('month', a.first_date, b.day) + 1 AS k, SUM(b.value) AS value
  FROM acquired AS a
  JOIN brought AS b ON b.customer_id = a.customer_id
  WHERE DATE_DIFF('month', a.first_date, b.day) < a.months_lived
  GROUP BY 1, 2
),
lived AS (
  SELECT a.medium, t.k, COUNT(*) AS observed
  FROM acquired AS a
  CROSS JOIN UNNEST(SEQUENCE(1, :months)) AS t(k)
  WHERE t.k <= a.months_lived
  GROUP BY a.medium, t.k
),
months AS (
  SELECT
    v.medium,
    v.k,
    v.observed,
    COALESCE(RATIO(e.value, v.observed), 0e0) AS increment
  FROM lived AS v
  LEFT JOIN earned AS e ON e.medium = v.medium AND e.k = v.k
),
grown AS (
  SELECT
    m.*,
    SUM(m.increment) OVER (PARTITION BY m.medium ORDER BY m.k) AS cum_value,
    MAX(m.k) OVER (PARTITION BY m.medium) AS last_k
  FROM months AS m
),
-- Where the curve crosses the cost, or would with what the last months added.
paybacks AS (
  SELECT
    s.medium,
    MIN(CASE WHEN g.cum_value >= s.cpa THEN g.k END) AS reached,
    MAX(g.last_k) + CAST(
      CEIL(
        MIN(CASE WHEN g.k = g.last_k THEN s.cpa - g.cum_value END)
        / NULLIF(GREATEST(AVG(CASE WHEN g.k > GREATEST(g.last_k - 3, 1) THEN g.increment END), 0e0), 0e0)
      ) AS INTEGER
    ) AS expected
  FROM sizes AS s
  JOIN grown AS g ON g.medium = s.medium
  GROUP BY s.medium
),
placed AS (
  SELECT a.medium, a.customer_id, p.reached IS NOT NULL AS is_paid_back
  FROM acquired AS a
  LEFT JOIN paybacks AS p ON p.medium = a.medium
)
SELECT
  s.medium,
  s.customers,
  CAST(s.cpa AS DECIMAL(18, 2)) AS cpa,
  g.k,
  g.observed,
  CAST(g.cum_value AS DECIMAL(18, 2)) AS cum_value,
  CAST(g.cum_value - s.cpa AS DECIMAL(18, 2)) AS net,
  COALESCE(p.reached, p.expected) AS payback_month,
  RATIO(g.cum_value, s.cpa) AS ltv_cpa
FROM sizes AS s
LEFT JOIN grown AS g ON g.medium = s.medium
LEFT JOIN paybacks AS p ON p.medium = s.medium
ORDER BY CASE WHEN s.medium = :unknown THEN 1 ELSE 0 END, s.medium, g.k
