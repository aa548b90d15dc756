/*
id: engagement_tiers
name: {ja: 配信エンゲージメント階層分析, en: Message engagement tiers}
category: campaign
origin: extension
tier: standard
question:
  ja: 配信を読んでいるのは誰で、反応が途絶えたのは誰か。階層はどう動いたか。
  en: "Who reads us, who has gone silent, and how do tiers move?"
method:
  ja: "クリック（指定すれば開封も）の新しさにより、最近反応、やや前に反応、離れつつある、離れた、反応なしの階層に分け、顧客数、1年購入額、解除率、前月からの移動を示す。"
  en: "RF on clicks (and verified opens) in the last 180 days: active 30, active 90, slipping, silent, never; size, sales, risk of unsubscribe, movement against last month."
parameter_groups: [asof, base, pur, msg]
parameters:
- {name: tier_days, type: list(int), default: "30,90,180", label_ja: 階層の日数, note: "three ends: active, active, slipping; later = silent"}
- {name: use_opens, type: bool, default: false, label_ja: 開封も反応とみなす, note: ""}
columns:
- {name: tier, type: enum, unit: none, label_ja: 階層}
- {name: customers, type: int, unit: people, label_ja: 顧客数}
- {name: share, type: ratio, unit: ratio, label_ja: 構成比}
- {name: amount_12m, type: money, unit: JPY/person, label_ja: 1年購入額}
- {name: unsubscribe_rate, type: ratio, unit: ratio, label_ja: 解除率}
- {name: month_before, type: int, unit: people, label_ja: 前月の顧客数}
- {name: from_last_month, type: list, unit: people, label_ja: 前月からの移動}
charts:
- {kind: bar, x: tier, y: customers}
- {kind: bar, x: tier, y: amount_12m}
- {kind: table}
cells:
- {name: tier, keys: [tier, tier_before, buys_in_store], types: {tier_before: enum, buys_in_store: bool}, customers: members, becomes: {ja: "その階層の顧客（1か月前の階層別、直近12か月の店舗購入の有無別）。離れたが店舗では購入している顧客はtier=silent, buys_in_store=true", en: "customers of a tier, by their tier a month before and by whether they bought in a store in the last 12 months (silent but buying in stores: tier=silent, buys_in_store=true)"}}
rules: [TZ, DEDUP, MPP, MERGE, ATTR, SET]
notes:
- ja: "対象は、その時点までに一度でも配信を受けた顧客。「階層の日数」の1つ目以内に反応した顧客は最近反応（active_1）、2つ目以内はやや前に反応（active_2）、3つ目以内は離れつつある（slipping）、それより前は離れた（silent）、一度もなければ反応なし（never）。最初の配信より前は新規（new）。"
  en: "those who were ever sent a message by then: active_1 reacted within the first of tier_days, active_2 within the second, slipping within the third, silent longer ago, never not once; before the first message a customer is new"
- ja: "反応は人によるクリック。「開封も反応とみなす」では開封も含む（「機械開封を除く」を外さない限り、人による開封に限る）。"
  en: "a reaction is a human click, with use_opens also an open (of a human unless exclude_machine_opens is false)"
- ja: "前月からの移動は、この階層の顧客を1か月前の階層別に数えたもの。並びは最近反応、やや前に反応、離れつつある、離れた、反応なし、新規の順。"
  en: "from_last_month counts this tier's customers by their tier one month earlier, in the order active_1, active_2, slipping, silent, never, new"
- ja: "解除率は、「階層の日数」の最後の日数以内に離れた（解除・ブロック・苦情）顧客の割合。"
  en: "unsubscribe_rate is customers who left (unsubscribe, block, complaint) within the last of tier_days"
*/
WITH points AS (
  SELECT 'now' AS point, CAST(:as_of AS DATE) AS day
  UNION ALL
  SELECT 'before', DATE_ADD('month', -1, CAST(:as_of AS DATE))
),
receivers AS (
  SELECT p.point, p.day, t.customer_id
  FROM points AS p
  JOIN touches AS t ON t.sent_date <= p.day
  JOIN population AS c ON c.customer_id = t.customer_id
  GROUP BY p.point, p.day, t.customer_id
),
reactions AS (
  SELECT t.customer_id, e.event_date AS day
  FROM touches AS t
  JOIN message_events AS e ON e.message_id = t.message_id
  WHERE
    (e.event_type = 'click' AND NOT COALESCE(e.is_machine, FALSE))
    OR (
      :use_opens
      AND e.event_type = 'open'
      AND (NOT :exclude_machine_opens OR NOT COALESCE(e.is_machine, FALSE))
    )
),
last_reactions AS (
  SELECT p.point, r.customer_id, DATE_DIFF('day', MAX(r.day), p.day) AS days
  FROM points AS p
  JOIN reactions AS r ON r.day <= p.day
  GROUP BY p.point, p.day, r.customer_id
),
tiers AS (
  SELECT
    r.point,
    r.customer_id,
    CASE
      WHEN l.days IS NULL THEN 'never'
      WHEN l.days <= ELEMENT_AT(:tier_days, 1) THEN 'active_1'
      WHEN l.days <= ELEMENT_AT(:tier_days, 2) THEN 'active_2'
      WHEN l.days <= ELEMENT_AT(:tier_days, 3) THEN 'slipping'
      ELSE 'silent'
    END AS tier
  FROM receivers AS r
  LEFT JOIN last_reactions AS l ON l.point = r.point AND l.customer_id = r.customer_id
),
bought AS (
  SELECT customer_id, SUM(amount) AS amount, COUNT_IF(channel = 'store') > 0 AS buys_in_store
  FROM purchases
  WHERE purchase_date > DATE_ADD('month', -12, :as_of) AND purchase_date <= :as_of
  GROUP BY customer_id
),
leavers AS (
  SELECT DISTINCT t.customer_id
  FROM touches AS t
  WHERE LOCAL_DAY(t.left_at) > DATE_ADD('day', -ELEMENT_AT(:tier_days, 3), :as_of)
),
members AS (
  SELECT
    n.tier,
    COALESCE(b.tier, 'new') AS tier_before,
    n.customer_id,
    COALESCE(p.amount, 0) AS amount,
    COALESCE(p.buys_in_store, FALSE) AS buys_in_store,
    l.customer_id IS NOT NULL AS has_left
  FROM tiers AS n
  LEFT JOIN tiers AS b ON b.customer_id = n.customer_id AND b.point = 'before'
  LEFT JOIN bought AS p ON p.customer_id = n.customer_id
  LEFT JOIN leavers AS l ON l.customer_id = n.customer_id
  WHERE n.point = 'now'
),
names AS (
  SELECT place, name
  FROM UNNEST(ARRAY['active_1', 'active_2', 'slipping', 'silent', 'never', 'new']) WITH ORDINALITY AS t(name, place)
),
moves AS (
  SELECT n.name AS tier, f.place, COUNT(m.customer_id) AS customers
  FROM names AS n
  CROSS JOIN names AS f
  LEFT JOIN members AS m ON m.tier = n.name AND m.tier_before = f.name
  GROUP BY n.name, f.place
),
moved AS (
  SELECT tier, ARRAY_AGG(customers ORDER BY place) AS from_last_month
  FROM moves
  GROUP BY tier
),
counted AS (
  SELECT
    tier,
    COUNT(*) AS customers,
    RATIO(SUM(amount), COUNT(*)) AS amount_12m,
    RATIO(COUNT_IF(has_left), COUNT(*)) AS unsubscribe_rate
  FROM members
  GROUP BY tier
),
counted_before AS (
  SELECT tier, COUNT(*) AS customers FROM tiers WHERE point = 'before' GROUP BY tier
),
whole AS (
  SELECT COUNT(*) AS customers FROM members
)
SELECT
  n.name AS tier,
  COALESCE(c.customers, 0) AS customers,
  RATIO(COALESCE(c.customers, 0), w.customers) AS share,
  CAST(c.amount_12m AS DECIMAL(18, 2)) AS amount_12m,
  c.unsubscribe_rate,
  COALESCE(b.customers, 0) AS month_before,
  m.from_last_month
FROM names AS n
CROSS JOIN whole AS w
JOIN moved AS m ON m.tier = n.name
LEFT JOIN counted AS c ON c.tier = n.name
LEFT JOIN counted_before AS b ON b.tier = n.name
WHERE n.name <> 'new' AND w.customers > 0
ORDER BY n.place
