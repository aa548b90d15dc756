/*
id: rfm_segment_transition
name: {ja: RFMセグメント推移分析, en: RFM segment migration}
category: customer_purchase
origin: brief
brief_names: [RFMセグメント推移分析]
tier: core
question:
  ja: 二つの時点の間に、RFMのどのグループの顧客が増え、どこが減ったか。優良な顧客はどこへ移ったか。
  en: "Between two dates, which RFM groups gained or lost customers, and where did the good ones go?"
method:
  ja: "2つの時点を、移動前の時点の境界（固定）で採点し、スコアをグループに当てはめる。両時点のグループを掛け合わせ、移動率、純増減、移動した顧客の購入金額を示す。"
  en: "Score both dates with the borders of the first date (frozen), map scores to named groups, cross the two labels, and report row rates, net flow and the amount that moved."
parameter_groups: [base, pur]
parameters:
- {name: from_date, type: date, default: as_of - 6 months, label_ja: 移動前の時点, note: ""}
- {name: to_date, type: date, default: as_of, label_ja: 移動後の時点, note: ""}
- {name: lookback_months, type: int, default: 24, minimum: 1, label_ja: 集計月数, note: "months to each date that are scored"}
- {name: freeze_borders, type: bool, default: true, label_ja: 移動前の境界で固定, note: "false: each date is cut into fifths of its own"}
- name: group_map
  type: list(string)
  default: "優良顧客:4-5/4-5/4-5,ロイヤル顧客:2-5/3-5/3-5,育成候補:3-5/1-3/1-3,新規顧客:4-5/1-1/1-1,有望顧客:3-4/1-1/1-1,要注意:2-3/2-3/2-3,休眠予備:2-3/1-2/1-2,離反リスク:1-2/2-5/2-5,失いたくない顧客:1-1/4-5/4-5,離反:1-2/1-2/1-2"
  label_ja: グループの定義
  note: "name:R/F/M, each from-to; best first, the first block that holds the scores wins; what is in none is その他"
- {name: level, type: "enum(group,rf,rfm)", default: group, label_ja: 見る単位, note: ""}
- {name: rfm_dates, type: list(date), default: "from_date,to_date", label_ja: 判定日, hidden: true}
- {name: compares_dates, type: bool, default: true, label_ja: 二時点の比較, hidden: true}
- {name: method, type: "enum(quintile,nested,threshold)", default: quintile, label_ja: 区切り方, hidden: true}
- {name: bins, type: int, default: 5, label_ja: 段階数, hidden: true}
- {name: r_borders, type: list(int), default: "30,90,180,365", label_ja: Rの境界, hidden: true}
- {name: f_borders, type: list(int), default: "1,2,4,8", label_ja: Fの境界, hidden: true}
- {name: m_borders, type: list(money), default: "5000,15000,40000,100000", label_ja: Mの境界, hidden: true}
columns:
- {name: from_group, type: string, unit: none, label_ja: 移動前}
- {name: to_group, type: string, unit: none, label_ja: 移動後}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: row_rate, type: ratio, unit: ratio, label_ja: 移動率}
- {name: amount_before, type: money, unit: JPY, label_ja: 前期金額}
- {name: amount_after, type: money, unit: JPY, label_ja: 後期金額}
- {name: net_flow, type: int, unit: people, label_ja: 純増減}
- {name: direction, type: enum, unit: none, label_ja: 上昇/維持/下降}
charts:
- {kind: heatmap, x: to_group, y: from_group, color: customers}
- {kind: sankey, source: from_group, target: to_group, size: customers, where: {customers: {min: 1}}}
- {kind: table}
cells:
- {name: move, keys: [from_group, to_group, direction], customers: moves, becomes: {ja: "その移動をした顧客", en: "customers of that move"}}
footnotes:
- {label_ja: 境界の扱い, cte: borders_said}
rules: [TZ, PUR, RET, GUEST, MERGE, WD, TIE, DIV0, SET]
notes:
- ja: "「移動前の境界で固定」がfalseの場合、作り方から各グループの構成比はほぼ一定になり、意味があるのは移動だけ。その旨を表の下に示す。"
  en: "with freeze_borders=false the shares are constant by construction and only the moves carry meaning; the line below the table says so"
- ja: "スコアは5等分で5が最良。同値は上位のスコアに入れる。固定した境界の外の値は、最も端のスコアになる。"
  en: "scores are fifths, 5 best, equal values in the better one; what lies beyond the frozen borders has the outermost score"
- ja: "その時点の「集計月数」の間に購入のない顧客は、購入なし。両時点とも購入のない顧客は除く。"
  en: "who has no purchase in the lookback of a date is 購入なし there; who has none at both dates is left out"
- ja: "純増減は、その方向に移った人数から逆方向に移った人数を引いた値。このため、移動後のグループごとの合計は、その増加人数になる。"
  en: "net_flow is those who moved there less those who moved back, so that the sum over a to_group is what it gained"
- ja: "前期金額と後期金額は、各時点の「集計月数」の間の購入金額。"
  en: "amounts are those of the lookback of each date"
- ja: "上昇／維持／下降：「グループの定義」で先に並ぶほど上位。rfとrfmはスコアの合計で比べる。購入なしは最下位。"
  en: "direction: groups are better the earlier they stand in group_map; rf and rfm compare the sum of the scores; 購入なし is the worst"
standard: First-order transition counts between scored groups; group names follow the block map of R package rfm (rfm_segment) and can be edited.
*/
-- Who bought before either date; scores of zero are no purchase in the lookback of that date.
WITH standings AS (
  SELECT
    s.customer_id,
    COALESCE(s.first_r_score, 0) AS first_r_score,
    COALESCE(s.first_f_score, 0) AS first_f_score,
    COALESCE(s.first_m_score, 0) AS first_m_score,
    COALESCE(s.last_r_score, 0) AS last_r_score,
    COALESCE(s.last_f_score, 0) AS last_f_score,
    COALESCE(s.last_m_score, 0) AS last_m_score
  FROM rfm_sides AS s
  WHERE s.first_orders > 0 OR s.last_orders > 0
),
-- Few moves from three scores to three stand for all who made them.
tallied AS (
  SELECT
    COALESCE(t.first_r_score, 0) AS first_r_score,
    COALESCE(t.first_f_score, 0) AS first_f_score,
    COALESCE(t.first_m_score, 0) AS first_m_score,
    COALESCE(t.last_r_score, 0) AS last_r_score,
    COALESCE(t.last_f_score, 0) AS last_f_score,
    COALESCE(t.last_m_score, 0) AS last_m_score,
    t.customers,
    COALESCE(t.amount_before, 0) AS amount_before,
    COALESCE(t.amount_after, 0) AS amount_after
  FROM (
    SELECT
      s.first_r_score,
      s.first_f_score,
      s.first_m_score,
      s.last_r_score,
      s.last_f_score,
      s.last_m_score,
      COUNT(*) AS customers,
      SUM(s.first_amount) AS amount_before,
      SUM(s.last_amount) AS amount_after
    FROM rfm_sides AS s
    WHERE s.first_orders > 0 OR s.last_orders > 0
    GROUP BY s.first_r_score, s.first_f_score, s.first_m_score, s.last_r_score, s.last_f_score, s.last_m_score
  ) AS t
),
entries AS (
  SELECT
    t.place,
    SPLIT_PART(t.entry, ':', 1) AS name,
    SPLIT(SPLIT_PART(t.entry, ':', 2), '/') AS spans
  FROM UNNEST(:group_map) WITH ORDINALITY AS t(entry, place)
),
blocks AS (
  SELECT
    place,
    name,
    MIN(place) OVER (PARTITION BY name) AS name_place,
    TRANSFORM(spans, s -> CAST(SPLIT_PART(s, '-', 1) AS BIGINT)) AS lows,
    TRANSFORM(spans, s -> CAST(SPLIT_PART(s, '-', 2) AS BIGINT)) AS highs
  FROM entries
),
-- Each triple of scores with what it is called, and how good that is.
labels AS (
  SELECT
    t.r_score,
    t.f_score,
    t.m_score,
    CASE :level
      WHEN 'rf' THEN 'R' || CAST(t.r_score AS VARCHAR) || 'F' || CAST(t.f_score AS VARCHAR)
      WHEN 'rfm'
        THEN 'R' || CAST(t.r_score AS VARCHAR) || 'F' || CAST(t.f_score AS VARCHAR) || 'M' || CAST(t.m_score AS VARCHAR)
      ELSE COALESCE(MIN_BY(b.name, b.place), :other)
    END AS label,
    CASE :level
      WHEN 'rf' THEN t.r_score + t.f_score
      WHEN 'rfm' THEN t.r_score + t.f_score + t.m_score
      ELSE -COALESCE(MIN_BY(b.name_place, b.place), 1000)
    END AS worth
  FROM (
    SELECT first_r_score AS r_score, first_f_score AS f_score, first_m_score AS m_score
    FROM tallied
    WHERE first_r_score > 0
    UNION
    SELECT last_r_score, last_f_score, last_m_score FROM tallied WHERE last_r_score > 0
  ) AS t
  LEFT JOIN blocks AS b
    ON t.r_score BETWEEN ELEMENT_AT(b.lows, 1) AND ELEMENT_AT(b.highs, 1)
    AND t.f_score BETWEEN ELEMENT_AT(b.lows, 2) AND ELEMENT_AT(b.highs, 2)
    AND t.m_score BETWEEN ELEMENT_AT(b.lows, 3) AND ELEMENT_AT(b.highs, 3)
  GROUP BY t.r_score, t.f_score, t.m_score
),
-- Each move of three scores by name.
named AS (
  SELECT
    t.*,
    COALESCE(f.label, '購入なし') AS from_group,
    COALESCE(f.worth, -1001) AS from_worth,
    COALESCE(l.label, '購入なし') AS to_group,
    COALESCE(l.worth, -1001) AS to_worth
  FROM tallied AS t
  LEFT JOIN labels AS f
    ON f.r_score = t.first_r_score AND f.f_score = t.first_f_score AND f.m_score = t.first_m_score
  LEFT JOIN labels AS l ON l.r_score = t.last_r_score AND l.f_score = t.last_f_score AND l.m_score = t.last_m_score
),
directed AS (
  SELECT
    n.*,
    CASE WHEN n.to_worth > n.from_worth THEN '上昇' WHEN n.to_worth < n.from_worth THEN '下降' ELSE '維持' END AS direction
  FROM named AS n
),
moves AS (
  SELECT d.from_group, d.to_group, d.direction, s.customer_id
  FROM standings AS s
  JOIN directed AS d
    ON d.first_r_score = s.first_r_score
    AND d.first_f_score = s.first_f_score
    AND d.first_m_score = s.first_m_score
    AND d.last_r_score = s.last_r_score
    AND d.last_f_score = s.last_f_score
    AND d.last_m_score = s.last_m_score
),
counted AS (
  SELECT
    from_group,
    from_worth,
    to_group,
    to_worth,
    direction,
    CAST(SUM(customers) AS BIGINT) AS customers,
    SUM(amount_before) AS amount_before,
    SUM(amount_after) AS amount_after
  FROM directed
  GROUP BY from_group, from_worth, to_group, to_worth, direction
),
sides AS (
  SELECT from_group AS label, from_worth AS worth FROM counted
  UNION
  SELECT to_group, to_worth FROM counted
),
-- A move that nobody made stands there too when somebody made its opposite, so that net_flow adds up; of groups, all do.
pairs AS (
  SELECT from_group, from_worth, to_group, to_worth FROM counted
  UNION
  SELECT to_group, to_worth, from_group, from_worth FROM counted
  UNION
  SELECT f.label, f.worth, t.label, t.worth
  FROM sides AS f
  CROSS JOIN sides AS t
  WHERE :level = 'group' AND (f.worth > -1001 OR t.worth > -1001)
),
borders_said AS (
  SELECT
    CASE
      WHEN :freeze_borders THEN '移動前の時点の境界で固定'
      ELSE '時点ごとに切り直し(各グループの構成比は作り方からほぼ一定になる。移動だけを読む)'
    END AS said
)
SELECT
  p.from_group,
  p.to_group,
  COALESCE(c.customers, 0) AS customers,
  RATIO(COALESCE(c.customers, 0), SUM(c.customers) OVER (PARTITION BY p.from_group)) AS row_rate,
  COALESCE(c.amount_before, 0) AS amount_before,
  COALESCE(c.amount_after, 0) AS amount_after,
  COALESCE(c.customers, 0) - COALESCE(o.customers, 0) AS net_flow,
  CASE WHEN p.to_worth > p.from_worth THEN '上昇' WHEN p.to_worth < p.from_worth THEN '下降' ELSE '維持' END AS direction
FROM pairs AS p
LEFT JOIN counted AS c ON c.from_group = p.from_group AND c.to_group = p.to_group
LEFT JOIN counted AS o ON o.from_group = p.to_group AND o.to_group = p.from_group
ORDER BY p.from_worth DESC, p.from_group, p.to_worth DESC, p.to_group
