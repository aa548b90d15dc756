/*
id: segment_overlap
name: {ja: セグメント重複分析, en: Segment overlap}
category: customer_purchase
origin: extension
tier: standard
question:
  ja: 保存したセグメントはどれだけ重なっているか。どの組合せに、ちょうどだれがいるか。
  en: "How much do saved segments overlap, and who is in exactly which combination?"
method:
  ja: "選んだセグメントについて顧客ごとの所属を調べ、組合せごとの人数と、2つの組ごとのJaccard係数を示す。"
  en: "Bitmask per customer over the chosen segments; counts of every combination; Jaccard for each pair."
parameter_groups: [asof]
parameters:
- {name: segments, type: list, default: required, label_ja: セグメント, note: "2-8 ids of saved segments"}
- {name: min_members, type: int, default: 1, minimum: 1, label_ja: 表示する最小人数, note: "of a combination"}
columns:
- {name: combination, type: string, unit: none, label_ja: 組合せ}
- {name: customers, type: int, unit: people, label_ja: 人数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: pair, type: string, unit: none, label_ja: ペア}
- {name: jaccard, type: ratio, unit: ratio, label_ja: 重複率}
charts:
- {kind: upset, source: combination, y: customers, where: {pair: null}}
- {kind: table}
cells:
- {name: combination, keys: [combination], customers: combined, becomes: {ja: "ちょうどその組合せの顧客（和、積、差のどれも選べる）", en: "exactly these customers (union, intersection and difference are thus all available)"}}
- {name: pair, keys: [pair], customers: paired, becomes: {ja: "ペアの両方のセグメントに属する顧客", en: "customers in both segments of the pair"}}
rules: [MERGE, WD, MULTI, SET]
notes:
- ja: "組合せの行は、ちょうどそのセグメントだけに属する人を数える。ペアの行は、ほかの所属にかかわらず両方に属する人を数える。"
  en: "rows of a combination count who is in exactly these segments; rows of a pair count who is in both, whatever else they are in"
- ja: "構成比は、いずれか1つ以上のセグメントに属する全員に対する割合。"
  en: "share is of everybody who is in at least one of the segments"
- ja: "セグメントは、基準日までに最後に保存された内容で読む。名寄せで統合した会員は統合先の1人として数え、それまでに退会した会員は除く。"
  en: "a segment is read as it was last saved up to as_of; members who were merged count as the survivor, who has withdrawn by then is dropped"
standard: Jaccard index.
needs: [segment_members]
example: {segments: "vip,women30"}
*/
WITH members AS (
  SELECT DISTINCT c.segment_id, c.place, p.customer_id
  FROM segment_members AS m
  JOIN chosen_segments AS c ON c.segment_id = m.segment_id AND c.as_of_date = m.as_of_date
  JOIN v_identity AS i ON i.customer_id = m.member_id
  JOIN customers AS p ON p.customer_id = i.person_id
  WHERE COALESCE(p.status, 'active') <> 'withdrawn' OR COALESCE(p.withdrawn_date > :as_of, FALSE)
),
combined AS (
  SELECT customer_id, ARRAY_JOIN(ARRAY_AGG(segment_id ORDER BY place), ' + ') AS combination
  FROM members
  GROUP BY customer_id
),
combinations AS (
  SELECT combination, COUNT(*) AS customers, RATIO(COUNT(*), SUM(COUNT(*)) OVER ()) AS share
  FROM combined
  GROUP BY combination
),
sizes AS (
  SELECT c.segment_id, c.place, COUNT(m.customer_id) AS customers
  FROM chosen_segments AS c
  LEFT JOIN members AS m ON m.segment_id = c.segment_id
  GROUP BY c.segment_id, c.place
),
paired AS (
  SELECT a.place AS first_place, b.place AS second_place, a.segment_id || ' × ' || b.segment_id AS pair, a.customer_id
  FROM members AS a
  JOIN members AS b ON b.customer_id = a.customer_id AND b.place > a.place
),
shared AS (
  SELECT first_place, second_place, COUNT(*) AS customers
  FROM paired
  GROUP BY first_place, second_place
),
everybody AS (
  SELECT COUNT(*) AS customers FROM combined
),
listed AS (
  SELECT 0 AS first_place, 0 AS second_place, combination, customers, share, NULL AS pair, NULL AS jaccard
  FROM combinations
  WHERE customers >= :min_members
  UNION ALL
  SELECT
    a.place,
    b.place,
    NULL,
    COALESCE(s.customers, 0),
    RATIO(COALESCE(s.customers, 0), e.customers),
    a.segment_id || ' × ' || b.segment_id,
    RATIO(COALESCE(s.customers, 0), a.customers + b.customers - COALESCE(s.customers, 0))
  FROM sizes AS a
  JOIN sizes AS b ON b.place > a.place
  CROSS JOIN everybody AS e
  LEFT JOIN shared AS s ON s.first_place = a.place AND s.second_place = b.place
)
SELECT
  l.combination,
  l.customers,
  l.share,
  l.pair,
  l.jaccard
FROM listed AS l
ORDER BY
  l.first_place,
  l.second_place,
  CASE WHEN l.first_place = 0 THEN -l.customers ELSE 0 END,
  l.combination
