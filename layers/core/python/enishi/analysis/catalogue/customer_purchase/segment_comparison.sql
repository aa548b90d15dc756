/*
id: segment_comparison
name: {ja: セグメント比較分析, en: Segment comparison}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: 保存した複数のセグメントは、おもな数字のどこがどれだけ違うか。
  en: How do two or more saved segments differ in every main figure?
method:
  ja: "セグメントごとに決まった指標（人数、属性、RFM、LTV、チャネル、カテゴリ、反応、許諾）を計算し、標準化した差を示す。"
  en: "For each segment compute a fixed profile (size, demographics, RFM, LTV, channels, categories, response, consent) and standardised differences."
parameter_groups: [period, base, pur]
parameters:
- {name: segments, type: list, default: required, label_ja: セグメント, note: "2-5 ids of saved segments; the first is the one to compare with"}
- {name: profile, type: list, default: all, label_ja: 指標, note: "names of the metrics, with commas; all = every one"}
- {name: exclude_withdrawn, type: bool, default: true, label_ja: 退会者を除く, note: they are dropped from saved segments}
columns:
- {name: metric, type: string, unit: none, label_ja: 指標}
- {name: segment, type: string, unit: none, label_ja: セグメント}
- {name: value, type: double, unit: none, label_ja: 値}
- {name: unit, type: string, unit: none, label_ja: 単位}
- {name: std_difference, type: double, unit: score, label_ja: 標準化差}
charts:
- {kind: bar, x: metric, y: std_difference, color: segment}
- {kind: table}
cells:
- {name: tail, keys: [metric, segment, value], customers: measured, becomes: {ja: "セグメントの顧客のうち、指標の値がその範囲にある顧客（例：value=3..999）", en: "members of the segment above or below the value: a range, for example value=3..999"}}
rules: [TZ, PUR, RET, MERGE, WD, MULTI, UNK, SET]
notes:
- ja: "複数のセグメントに属する会員は、それぞれに数える。重複の割合も示す。"
  en: "members in several segments count in each; overlap is printed"
- ja: "セグメントは、基準日までに最後に保存された内容で読む。名寄せで統合した会員は統合先の1人として数え、母集団の外の会員は除く。"
  en: "a segment is read as it was last saved up to as_of; members who were merged count as the survivor, those outside the base population fall away"
- ja: "標準化差は、最初のセグメントとの差を、両者の標本分散の平均の平方根で割った値。絶対値が0.2を超えれば、見る価値がある。最初のセグメント、人数、ばらつきのない指標では空欄。"
  en: "std_difference is the difference to the first segment over the root of the mean of both sample variances; beyond 0.2 in size it is worth a look; null for the first, for 人数 and where nothing varies"
- ja: "平均は値のない人を除く。生年月日のない人の年齢、購入のない人の最終購入からの日数とEC・アプリ購入比率、期間内に配信のない人のクリック率がこれにあたる。"
  en: "a mean leaves out who has no value: 年齢 without a birth date, 最終購入からの日数 and EC・アプリ購入比率 without a purchase, クリック率 without a message in the period"
- ja: "女性比率は、性別のわかる人による。累計購入金額は生涯、最終購入からの日数は基準日まで、それ以外は期間内。"
  en: "女性比率 is of those whose sex is known; 累計購入金額 is of the lifetime, 最終購入からの日数 up to as_of, the rest of the period"
- ja: "複数のセグメントに属する会員は、それぞれに数える。重複比率はその割合。"
  en: "members in several of the segments count in each; 重複比率 is their share"
standard: Standardised mean difference.
needs: [segment_members]
example: {segments: "vip,women30"}
*/
WITH members AS (
  SELECT DISTINCT m.segment_id, COALESCE(i.person_id, m.member_id) AS customer_id
  FROM segment_members AS m
  JOIN chosen_segments AS s ON s.segment_id = m.segment_id AND s.as_of_date = m.as_of_date
  LEFT JOIN v_identity AS i ON i.customer_id = m.member_id
),
people AS (
  SELECT
    m.segment_id,
    c.customer_id,
    c.gender,
    CASE WHEN c.birth_date >= DATE '1900-01-01' THEN DATE_DIFF('year', c.birth_date, :as_of) END AS age,
    COUNT(*) OVER (PARTITION BY c.customer_id) AS segments
  FROM members AS m
  JOIN population AS c ON c.customer_id = m.customer_id
),
bought AS (
  SELECT
    p.customer_id,
    MAX(p.purchase_date) AS last_date,
    SUM(p.amount) AS lifetime_amount,
    COUNT_IF(p.purchase_date BETWEEN :period_start AND :period_end) AS orders,
    SUM(CASE WHEN p.purchase_date BETWEEN :period_start AND :period_end THEN p.amount ELSE 0 END) AS amount,
    COUNT_IF(p.purchase_date BETWEEN :period_start AND :period_end AND (p.channel = 'ec' OR p.channel = 'app'))
      AS online_orders
  FROM purchases AS p
  WHERE p.customer_id IN (SELECT customer_id FROM members)
  GROUP BY p.customer_id
),
tasted AS (
  SELECT l.customer_id, COUNT(DISTINCT l.category_l1) AS categories
  FROM purchase_lines AS l
  WHERE l.purchase_date BETWEEN :period_start AND :period_end
  GROUP BY l.customer_id
),
answered AS (
  SELECT t.customer_id, COUNT(*) AS messages, COUNT(t.clicked_at) AS clicks
  FROM v_touches AS t
  WHERE NOT t.is_control AND t.sent_date BETWEEN :period_start AND :period_end
  GROUP BY t.customer_id
),
permitted AS (
  SELECT COALESCE(i.person_id, n.customer_id) AS customer_id, MAX_BY(n.state, ROW(n.changed_at, n.state)) AS state
  FROM consents AS n
  LEFT JOIN v_identity AS i ON i.customer_id = n.customer_id
  WHERE n.channel = 'mail'
  GROUP BY COALESCE(i.person_id, n.customer_id)
),
metrics AS (
  SELECT t.place, t.metric, t.unit
  FROM (
    VALUES
      (1, '年齢', '歳'),
      (2, '女性比率', '比率'),
      (3, '購入者比率', '比率'),
      (4, '最終購入からの日数', '日'),
      (5, '購入回数', '回/人'),
      (6, '購入金額', '円/人'),
      (7, '累計購入金額', '円/人'),
      (8, 'EC・アプリ購入比率', '比率'),
      (9, '購入カテゴリ数', '個/人'),
      (10, 'クリック率', '比率'),
      (11, 'メール許諾率', '比率'),
      (12, '重複比率', '比率')
  ) AS t(place, metric, unit)
),
measured AS (
  SELECT
    m.place,
    m.metric,
    m.unit,
    p.segment_id AS segment,
    p.customer_id,
    CASE m.place
      WHEN 1 THEN CAST(p.age AS DOUBLE)
      WHEN 2 THEN CASE p.gender WHEN 'female' THEN 1e0 WHEN 'male' THEN 0e0 WHEN 'other' THEN 0e0 END
      WHEN 3 THEN CASE WHEN b.orders > 0 THEN 1e0 ELSE 0e0 END
      WHEN 4 THEN CAST(DATE_DIFF('day', b.last_date, :as_of) AS DOUBLE)
      WHEN 5 THEN CAST(COALESCE(b.orders, 0) AS DOUBLE)
      WHEN 6 THEN CAST(COALESCE(b.amount, 0) AS DOUBLE)
      WHEN 7 THEN CAST(COALESCE(b.lifetime_amount, 0) AS DOUBLE)
      WHEN 8 THEN RATIO(b.online_orders, b.orders)
      WHEN 9 THEN CAST(COALESCE(t.categories, 0) AS DOUBLE)
      WHEN 10 THEN RATIO(a.clicks, a.messages)
      WHEN 11 THEN CASE WHEN n.state = 'opt_in' THEN 1e0 ELSE 0e0 END
      ELSE CASE WHEN p.segments > 1 THEN 1e0 ELSE 0e0 END
    END AS value
  FROM people AS p
  CROSS JOIN metrics AS m
  LEFT JOIN bought AS b ON b.customer_id = p.customer_id
  LEFT JOIN tasted AS t ON t.customer_id = p.customer_id
  LEFT JOIN answered AS a ON a.customer_id = p.customer_id
  LEFT JOIN permitted AS n ON n.customer_id = p.customer_id
  WHERE m.metric IN (:profile)
),
means AS (
  SELECT
    c.place AS segment_place,
    m.place,
    m.metric,
    m.unit,
    m.segment,
    AVG(m.value) AS value,
    VAR_SAMP(m.value) AS variance
  FROM measured AS m
  JOIN chosen_segments AS c ON c.segment_id = m.segment
  GROUP BY c.place, m.place, m.metric, m.unit, m.segment
),
compared AS (
  SELECT
    m.segment_place,
    m.place,
    m.metric,
    m.segment,
    m.value,
    m.unit,
    CASE WHEN m.segment_place > 1 THEN RATIO(m.value - f.value, SQRT((m.variance + f.variance) / 2)) END
      AS std_difference
  FROM means AS m
  LEFT JOIN means AS f ON f.place = m.place AND f.segment_place = 1
  UNION ALL
  SELECT c.place, 0, '人数', c.segment_id, CAST(COUNT(p.customer_id) AS DOUBLE), '人', NULL
  FROM chosen_segments AS c
  LEFT JOIN people AS p ON p.segment_id = c.segment_id
  WHERE '人数' IN (:profile)
  GROUP BY c.place, c.segment_id
)
SELECT
  c.metric,
  c.segment,
  c.value,
  c.unit,
  c.std_difference
FROM compared AS c
ORDER BY c.place, c.segment_place
