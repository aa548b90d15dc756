/*
id: campaign_overlap
name: {ja: 施策重複接触分析, en: Overlap of campaigns}
category: campaign
origin: extension
tier: standard
question:
  ja: 同じ時期に同じ顧客に届いた施策はどれとどれか。互いに助け合うか、打ち消し合うか。
  en: "Which campaigns hit the same customers in the same week, and do they help or hurt each other?"
method:
  ja: "「重複とみなす日数」以内に2つの施策が届いた受信者の数、後の施策の単独時の反応と先の施策のあとの反応、推奨順を示す。"
  en: "Pair counts of receivers within overlap_days, reaction of the second alone and after the first, suggested order."
parameter_groups: [period, base, msg]
parameters:
- {name: overlap_days, type: int, default: 7, label_ja: 重複とみなす日数, note: ""}
- {name: min_pairs, type: int, default: 100, label_ja: 表示する最小人数, note: ""}
- {name: min_cell, type: int, default: 30, minimum: 0, label_ja: 参考値とする母数, note: "messages under which low_n is set: those of the pair, or those of the second alone"}
columns:
- {name: first, type: string, unit: none, label_ja: 先の施策}
- {name: second, type: string, unit: none, label_ja: 後の施策}
- {name: customers, type: int, unit: people, label_ja: 重複者数}
- {name: click_alone, type: ratio, unit: ratio, label_ja: 単独クリック率}
- {name: click_after, type: ratio, unit: ratio, label_ja: 重複時クリック率}
- {name: difference, type: ratio, unit: pp, label_ja: 差}
- {name: suggested_order, type: string, unit: none, label_ja: 推奨順}
- {name: low_n, type: bool, unit: none, label_ja: 参考値}
charts:
- {kind: heatmap, x: second, y: first, color: customers}
- {kind: heatmap, x: second, y: first, color: difference}
- {kind: table}
cells:
- {name: pair, keys: [first, second, is_clicked], types: {is_clicked: bool}, customers: overlaps, becomes: {ja: "両方の施策が届いた顧客", en: "customers hit by both"}}
rules: [TZ, DEDUP, MPP, HOLD, MERGE, SMALL, SET]
notes:
- ja: "組は、同じ顧客に、先の施策の配信から「重複とみなす日数」以内に来て到達した、後の施策の配信。"
  en: "a pair is a delivered message of the second campaign that came within overlap_days after a message of the first to the same customer"
- ja: "単独クリック率は、その前の「重複とみなす日数」以内にほかの施策が来ていない配信での、後の施策のクリック率。"
  en: "click_alone is the second's click rate over messages before which no other campaign came within overlap_days"
- ja: "推奨順は2通りの順序のうち差の大きいほう。一方の順序しか観測がなければ空欄。受信者は無作為に分けられていない。"
  en: "suggested_order is the order of the two with the better difference, null where only one order was observed; the receivers are not randomised"
*/
WITH mailed AS (
  SELECT
    t.message_id,
    t.customer_id,
    t.campaign,
    t.sent_at,
    t.clicked_at IS NOT NULL AS is_clicked,
    t.sent_date >= :period_start AS in_period
  FROM touches AS t
  JOIN population AS c ON c.customer_id = t.customer_id
  WHERE
    t.sent_date BETWEEN DATE_ADD('day', -:overlap_days, :period_start) AND :period_end
    AND t.delivered_at IS NOT NULL
),
-- Each message of the period with each other campaign that came shortly before it, once a campaign.
overlaps AS (
  SELECT DISTINCT a.campaign AS first, b.campaign AS second, b.customer_id, b.message_id, b.is_clicked
  FROM mailed AS b
  JOIN mailed AS a ON a.customer_id = b.customer_id AND a.campaign <> b.campaign
  WHERE
    b.in_period
    AND a.sent_at > DATE_ADD('day', -:overlap_days, b.sent_at)
    AND (a.sent_at < b.sent_at OR (a.sent_at = b.sent_at AND a.message_id < b.message_id))
),
alone AS (
  SELECT m.campaign, COUNT(*) AS messages, RATIO(COUNT_IF(m.is_clicked), COUNT(*)) AS click_rate
  FROM mailed AS m
  LEFT JOIN (SELECT DISTINCT message_id FROM overlaps) AS o ON o.message_id = m.message_id
  WHERE m.in_period AND o.message_id IS NULL
  GROUP BY m.campaign
),
pairs AS (
  SELECT
    o.first,
    o.second,
    COUNT(DISTINCT o.customer_id) AS customers,
    MAX(a.click_rate) AS click_alone,
    RATIO(COUNT_IF(o.is_clicked), COUNT(*)) AS click_after,
    LEAST(COUNT(*), COALESCE(MAX(a.messages), COUNT(*))) AS fewest
  FROM overlaps AS o
  LEFT JOIN alone AS a ON a.campaign = o.second
  GROUP BY o.first, o.second
)
SELECT
  p.first,
  p.second,
  p.customers,
  p.click_alone,
  p.click_after,
  p.click_after - p.click_alone AS difference,
  CASE
    WHEN p.click_after - p.click_alone > r.click_after - r.click_alone THEN p.first || ' → ' || p.second
    WHEN p.click_after - p.click_alone < r.click_after - r.click_alone THEN p.second || ' → ' || p.first
  END AS suggested_order,
  p.fewest < :min_cell AS low_n
FROM pairs AS p
LEFT JOIN pairs AS r ON r.first = p.second AND r.second = p.first
WHERE p.customers >= :min_pairs
ORDER BY
  CASE WHEN p.first = :unknown OR p.second = :unknown THEN 1 ELSE 0 END,
  p.customers DESC,
  p.first,
  p.second
